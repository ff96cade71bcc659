// Control verbs as they come through the inbox: most are one command; retry first looks at the ledger, and at history when a step is named.
// I1 The verbs were authorized at the door; here the run's own state decides whether they apply.
// I2 A run goes back with the ledger as it is at that moment: an act missing from it would be performed again (R3).
import { parseJsonText } from '@palace/platform/json.ts';
import type { InboxRow } from '@palace/platform/durable/contract.ts';
import type { Json } from '@palace/jq/jq.ts';
import type { Command, Rewound, RunEvent } from '../core/model.ts';
import { ENDED } from '../contract.ts';
import { evolve } from '../core/evolve.ts';
import { newRun, rewound } from '../core/run.ts';
import type { RunRow } from '../store/port.ts';
import { release, type EngineParts } from './parts.ts';
import type { PermitClaim, Permits } from './permits.ts';
import type { Settlement } from './slot.ts';
import { ledgerAnswers } from './ledger.ts';
import { traceIdOf } from './tracing.ts';
import { addState, newDraft, draftWrite } from './rows.ts';

const GO_BACK_TRIES = 20;
const GO_BACK_PAUSE_MS = 250;

interface ControlBody {
  readonly by: string;
  readonly reason?: string;
  readonly name?: string;
  readonly data?: Json;
  readonly key?: string;
  readonly outcome?: 'done' | 'absent';
  readonly result?: Json;
  readonly context?: Json;
  readonly step?: string;
  readonly effects?: 'keep' | 'again';
}

/** The command that an inbox row stands for. */
export function commandOf(row: InboxRow): Command {
  const body = parseJsonText(row.body) as ControlBody;
  const why = body.reason === undefined ? {} : { reason: body.reason };
  switch (row.kind) {
    case 'signal':
      return { type: 'signal', id: row.commandId, name: body.name ?? '', data: body.data ?? null };
    case 'pause':
      return { type: 'pause', by: body.by, ...why };
    case 'resume':
      return { type: 'resume', by: body.by };
    case 'cancel':
      return { type: 'cancel', by: body.by, ...why };
    case 'resolve':
      return {
        type: 'effect-resolved',
        key: body.key ?? '',
        outcome: body.outcome ?? 'absent',
        by: body.by,
        ...(body.result !== undefined && { result: body.result }),
      };
    case 'context':
      return { type: 'set-context', context: body.context ?? null, by: body.by };
    default:
      throw new Error(`an inbox row of kind "${row.kind}" is unknown`);
  }
}

export interface Control {
  retry(shard: number, row: InboxRow): Promise<void>;
}

export function createControl(parts: EngineParts, permits: Permits): Control {
  async function retry(shard: number, row: InboxRow): Promise<void> {
    const held = parts.tenure(shard);
    try {
      const [stored] = await parts.store.load([shard], [row.key]);
      if (!held()) return;
      if (stored === undefined) return refuse(shard, row, 'there is no such run');
      const permit = await permitOf(parts, stored.row);
      if (held()) permits.arrive(shard, { commandId: row.commandId, run: row.key, permit, begin: () => begin(shard, row, stored.row, held) });
    } catch (error) {
      if (held()) failed(shard, row, error);
    }
  }

  async function begin(shard: number, row: InboxRow, { status }: RunRow, held: () => boolean): Promise<void> {
    if (status === 'quarantined') return revive(parts, shard, row);
    const prepare = (): Promise<Command | undefined> => goBack(shard, row, held);
    const settle = ({ kind }: Settlement): void => (kind === 'kept' ? undefined : givePlaceBack(row.key));
    parts.give(shard, row.key, { command: { type: 'continue' }, prepare, commandId: row.commandId, settle });
  }

  /** It did not go back: an ended run keeps no place under a limit. */
  function givePlaceBack(run: string): void {
    const slot = parts.slots.get(run);
    if (slot !== undefined && ENDED.has(slot.status)) parts.freePermit(slot);
  }

  /** I2: read while the run stands still, so that no act is missing from the ledger that goes with the command. */
  async function goBack(shard: number, row: InboxRow, held: () => boolean, tries = GO_BACK_TRIES): Promise<Command | undefined> {
    const { by, effects = 'keep', step } = parseJsonText(row.body) as ControlBody;
    try {
      const ledger = ledgerAnswers(await parts.store.ledger(shard, row.key), 'of this run');
      if (step === undefined) return { type: 'retry', by, effects, ledger };
      const event = await rewindToStep(parts, shard, row, step, { by, effects, ledger });
      if (event !== undefined) return { type: 'rewind', event };
      if (held()) refuse(shard, row, `the run never entered the step ${step}`);
    } catch (error) {
      // A store that is away for a moment is no reason to refuse what a person asked for.
      if (!held()) return undefined;
      if (tries > 1) {
        await new Promise<void>((resolve) => parts.scheduler.after(GO_BACK_PAUSE_MS, resolve));
        return goBack(shard, row, held, tries - 1);
      }
      failed(shard, row, error);
    }
    return undefined;
  }

  function failed(shard: number, row: InboxRow, error: unknown): void {
    parts.log.error('a retry could not be prepared', { error, runId: row.key, tenant: row.tenant, traceId: traceIdOf(row.key) });
    refuse(shard, row, error instanceof Error ? error.message : String(error));
  }

  function refuse(shard: number, row: InboxRow, why: string): void {
    const envelope = { command: { type: 'continue' } as Command, commandId: row.commandId };
    parts.consume(shard, row.tenant, row.key, [envelope], why);
    release(parts, shard, envelope);
    givePlaceBack(row.key);
  }

  return { retry };
}

/** A quarantined run is given another chance: its journal is read again and its open work goes on. */
async function revive(parts: EngineParts, shard: number, row: InboxRow): Promise<void> {
  const fence = parts.node().fence(shard);
  if (fence === undefined) return;
  const draft = newDraft();
  addState(draft, { id: row.key, tenant: row.tenant }, 'running', null);
  await parts.node().submit(draftWrite(draft, { fence, key: row.key, tenant: row.tenant, consumes: [{ commandId: row.commandId, outcome: 'done' }] }));
  release(parts, shard, { command: { type: 'continue' }, commandId: row.commandId });
  parts.give(shard, row.key, { command: { type: 'continue' } });
}

/** An ended run gave its place back when it ended; whoever wakes it waits for one like a start. */
async function permitOf(parts: EngineParts, { tenant, hash, permit: key }: RunRow): Promise<PermitClaim | undefined> {
  if (key === undefined) return undefined;
  const limit = (await parts.programs.readable(tenant, hash))?.program.concurrency?.limit;
  return limit === undefined ? undefined : { key, limit };
}

/** The state just before the step was last entered, as the event that takes the run back there. */
async function rewindToStep(
  parts: EngineParts,
  shard: number,
  { key: id, tenant }: InboxRow,
  step: string,
  how: { by: string; effects: 'keep' | 'again'; ledger: ReturnType<typeof ledgerAnswers> },
): Promise<Rewound | undefined> {
  const [whole] = await parts.store.load([shard], [id], 2 ** 31 - 1);
  const linked = whole === undefined ? undefined : await parts.programs.byHash(tenant, whole.row.hash);
  if (whole === undefined || linked === undefined) return undefined;
  if (whole.unread !== undefined) throw whole.unread;
  const events = whole.entries.flatMap((e) => parseJsonText(e.body) as RunEvent[]);
  const at = events.findLastIndex((e) => e.type === 'step.entered' && linked.program.steps[e.pc]?.pointer === step);
  if (at < 0) return undefined;
  const run = newRun(linked, { id, startedMs: whole.row.startedMs });
  for (const event of events.slice(0, at)) evolve(run, event);
  return rewound(run, { from: id, toSeq: at, ...how, atMs: parts.node().timeMs() });
}
