// What others may know of halts, of broken invariants and of how the installation does: part of contract.ts, which would be too long with it.
import { z } from 'zod';

// ---- halts ----
const flowName = z
  .string()
  .max(150)
  .regex(/^[a-z0-9-]{1,63}\/[a-z0-9-]{1,63}$/, 'Write NAMESPACE/NAME.');
export const haltScope = z.strictObject({ flow: flowName.optional(), tenant: z.string().min(1).max(63).optional(), all: z.literal(true).optional() });
const ONE_SCOPE = { message: 'Name one of flow, tenant, all.' };
const isOneScope = (wish: z.output<typeof haltScope>): boolean => [wish.flow, wish.tenant, wish.all].filter((one) => one !== undefined).length === 1;
export const setHalt = haltScope.extend({ reason: z.string().trim().min(1).max(500).optional() }).refine(isOneScope, ONE_SCOPE);
export const liftHalt = haltScope.refine(isOneScope, ONE_SCOPE);
export const haltView = z.object({
  scope: z.enum(['all', 'tenant', 'flow']),
  tenant: z.string().optional(),
  flow: z.string().optional(),
  /** `effects`: no new act begins and nothing starts by itself. `everything`: nothing is decided either, as after a restore. */
  level: z.enum(['effects', 'everything']),
  reason: z.string().optional(),
  by: z.string(),
  since: z.string(),
});
export const haltList = z.object({ items: z.array(haltView) });
export const liftedHalt = z.object({
  /** Absent when it was not held back. */
  lifted: haltView.optional(),
  /** What is held back all the same. */
  still: z.array(haltView),
});

// ---- breaches ----
export const listBreaches = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) });
export const breachList = z.object({
  items: z.array(
    z.object({
      /** As `palace_invariant_breaches_total` and the log call it, and its number. */
      invariant: z.string(),
      number: z.number().int(),
      tenant: z.string(),
      /** The run, or what else it is about. */
      subject: z.string(),
      outcome: z.enum(['repaired', 'reported']),
      text: z.string(),
      firstAt: z.string(),
      lastAt: z.string(),
      times: z.number().int(),
    }),
  ),
});

// ---- how the installation does ----
const seconds = z.number();
export const health = z.object({
  release: z.string(),
  /** The process that answers; `figures` are its own. */
  node: z.string(),
  /** Processes that work on runs, as the database knows them. */
  nodes: z.array(
    z.object({
      id: z.string(),
      /** Absent: before 0.2.0. */
      release: z.string().optional(),
      shards: z.number().int(),
      /** Hands its shards over. */
      leaving: z.boolean(),
      /** Its last proof of life. */
      seenAt: z.string(),
    }),
  ),
  shards: z.object({ total: z.number().int(), /** Nobody alive has them. */ ownerless: z.number().int() }),
  figures: z.object({
    /** Of the last minutes; absent while none was measured. */
    commit: z.object({ p50Ms: z.number(), p95Ms: z.number(), count: z.number().int(), windowSeconds: seconds }).optional(),
    /** The oldest command that is not consumed. */
    inboxAgeSeconds: seconds,
    /** The oldest row of a stream that is not taken. */
    outboxAgeSeconds: seconds,
    /** For how long the oldest timer has been due. */
    timerOverdueSeconds: seconds,
    runsInMemory: z.number().int(),
    /** How far the clock of the database left engine time, while it is in doubt. */
    clockJumpSeconds: seconds,
  }),
  /** Absent where this process runs none. */
  canary: z.object({ lastSuccessAt: z.string().optional(), runs: z.number().int(), failed: z.number().int() }).optional(),
  /** Why nothing is kept now, one sentence. */
  silence: z.string().optional(),
  /** The last one that was taken of this database. */
  backup: z.object({ at: z.string(), bytes: z.number().int() }).optional(),
  upgrade: z.object({
    /** `under-way`: older processes are alive. `to-finish`: `palace upgrade finish` ends it. */
    state: z.enum(['none', 'under-way', 'to-finish']),
    readsFormat: z.number().int(),
    writesUpTo: z.number().int(),
  }),
});
