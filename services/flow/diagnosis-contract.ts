// What others may know of halts and of broken invariants: part of contract.ts, which would be too long with it.
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
