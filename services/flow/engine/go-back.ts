// A run goes back: a failed one to the steps that were open, any one to a step, a quarantined one to work.
// I1 It goes back with the ledger as it is at that moment: an act missing from it would be performed again (R3).
// I2 A run under a concurrency limit gave its place back when it ended; it waits for one like a start.
import { parseJsonText } from '@palace/platform/json.ts';
import type { InboxRow } from '@palace/platform/durable/contract.ts';
import { ENDED } from '../contract.ts';
import type { Linked } from '../core/link.ts';
import type { Command, Rewound, RunEvent } from '../core/model.ts';
import { rewound, type Run } from '../core/run.ts';
import { rebase } from '../core/upgrade.ts';
import type { RunRow, StoredRun } from '../store/port.ts';
import { ledgerAnswers } from './ledger.ts';
import { fold } from './loading.ts';
import { release, type EngineParts } from './parts.ts';
import type { PermitClaim, Permits } from './permits.ts';
import { addState, draftWrite, newDraft } from './rows.ts';
import type { Settlement } from './slot.ts';
import { traceIdOf } from './tracing.ts';

const TRIES = 20;
const PAUSE_MS = 250;
/** No seq is higher. */
const LAST_SEQ = 2 ** 31 - 1;
/** A step that was entered longer ago is not looked for. */
const MAX_SEGMENTS = 1_000;

interface RetryBody {
  readonly by: string;
  /** Pointer; without one, the steps that were open when the run failed. */
  readonly step?: string;
  readonly effects?: 'keep' | 'again';
}

/** A row of the inbox that asks for it, while its shard is held. */
interface Wish {
  readonly parts: EngineParts;
  readonly permits: Permits;
  readonly shard: number;
  readonly row: InboxRow;
  held(): boolean;
}

export async function goBack(parts: EngineParts, permits: Permits, shard: number, row: InboxRow): Promise<void> {
  const wish: Wish = { parts, permits, shard, row, held: parts.tenure(shard) };
  try {
    const [stored] = await parts.store.load([shard], [row.key]);
    const permit = stored === undefined ? undefined : await permitOf(parts, stored.row);
    if (!wish.held()) return;
    if (stored === undefined) refuse(wish, 'there is no such run');
    else wake(wish, stored.row, permit);
  } catch (error) {
    if (wish.held()) fail(wish, error);
  }
}

async function permitOf(parts: EngineParts, { tenant, hash, permit: key }: RunRow): Promise<PermitClaim | undefined> {
  if (key === undefined) return undefined;
  const limit = (await parts.programs.readable(tenant, hash))?.program.concurrency?.limit;
  return limit === undefined ? undefined : { key, limit };
}

/** Takes the run's place under its limit first, when it has none. */
function wake(wish: Wish, run: RunRow, permit: PermitClaim | undefined): void {
  const { parts, permits, shard, row } = wish;
  async function prepare(): Promise<Command | undefined> {
    const hasPlace = permit === undefined || !ENDED.has(parts.slots.get(run.id)?.status ?? 'running') || permits.holds(shard, permit.key, run.id);
    if (hasPlace) return commandFor(wish);
    // It was at work when this was asked for, has ended since, and gave its place away.
    wake(wish, run, permit);
    return undefined;
  }
  const settle = ({ kind }: Settlement): void => (kind === 'kept' ? undefined : givePlaceBack(wish));
  async function begin(): Promise<void> {
    if (run.status === 'quarantined') return revive(wish);
    parts.give(shard, run.id, { command: { type: 'continue' }, prepare, commandId: row.commandId, tenant: row.tenant, settle });
  }
  permits.arrive(shard, { from: { commandId: row.commandId }, tenant: row.tenant, run: run.id, permit, begin });
}

/** I1: read while the run stands still. A store that is away for a moment is no reason to refuse what a person asked for. */
async function commandFor(wish: Wish, tries = TRIES): Promise<Command | undefined> {
  const { parts, shard, row } = wish;
  const { by, effects = 'keep', step } = parseJsonText(row.body) as RetryBody;
  try {
    const ledger = ledgerAnswers(await parts.store.ledger(shard, row.key), 'of this run');
    if (step === undefined) return { type: 'retry', by, effects, ledger };
    const event = await rewindToStep(wish, step, { by, effects, ledger });
    if (typeof event !== 'string') return { type: 'rewind', event };
    if (wish.held()) refuse(wish, event);
  } catch (error) {
    if (!wish.held()) return undefined;
    if (tries > 1) {
      await new Promise<void>((resolve) => parts.scheduler.after(PAUSE_MS, resolve));
      return commandFor(wish, tries - 1);
    }
    fail(wish, error);
  }
  return undefined;
}

interface How {
  readonly by: string;
  readonly effects: 'keep' | 'again';
  readonly ledger: ReturnType<typeof ledgerAnswers>;
}

/** The state just before the step was last entered, as the event that takes the run back there: looked for segment by segment. Or why there is none. */
async function rewindToStep({ parts, shard, row: { key: id, tenant } }: Wish, step: string, how: How): Promise<Rewound | string> {
  let now: StoredRun | undefined;
  for (let looked = 0, upTo = LAST_SEQ; looked < MAX_SEGMENTS; looked++) {
    const [stored] = await parts.store.load([shard], [id], upTo);
    const linked = stored === undefined ? undefined : await parts.programs.byHash(tenant, stored.row.hash);
    if (stored === undefined || linked === undefined) break;
    if (stored.unread !== undefined) throw stored.unread;
    now ??= stored;
    const entered = lastEntered(stored, linked, step);
    if (entered !== undefined) return rewindTo(parts, now.row, fold(stored, linked, { upTo: entered - 1 }).run, how);
    upTo = stored.row.segmentSeq - 1;
    if (upTo < stored.row.firstSeq) break;
  }
  return now === undefined || now.row.segment === 1 ? `the run never entered the step ${step}` : `the history that is kept has no entry into the step ${step}`;
}

/** The seq of the event by which the step was entered. */
function lastEntered({ entries }: StoredRun, { program }: Linked, step: string): number | undefined {
  for (const entry of entries.toReversed()) {
    const at = (parseJsonText(entry.body) as RunEvent[]).findLastIndex((e) => e.type === 'step.entered' && program.steps[e.pc]?.pointer === step);
    if (at >= 0) return entry.seq + at;
  }
  return undefined;
}

/** A run that has moved to another version since then goes on with that one, when the state of then has a place in it. */
async function rewindTo(parts: EngineParts, row: RunRow, past: Run, how: How): Promise<Rewound | string> {
  const event = rewound(past, { from: row.id, toSeq: past.seq, ...how, atMs: parts.node().timeMs() });
  if (past.linked.hash === row.hash) return event;
  const now = await parts.programs.byHash(row.tenant, row.hash);
  const state = now === undefined ? undefined : rebase(event.state, past.linked.program, now.program);
  if (state !== undefined) return { ...event, state };
  return `the run was on version ${past.linked.program.version} then and cannot go on from there on ${row.version}; fork it at event ${past.seq}`;
}

/** A quarantined run is given another chance: its journal is read again and its open work goes on. */
async function revive({ parts, shard, row }: Wish): Promise<void> {
  const fence = parts.node().fence(shard);
  if (fence === undefined) return;
  const draft = newDraft();
  addState(draft, { id: row.key, tenant: row.tenant }, 'running', null);
  await parts.node().submit(draftWrite(draft, { fence, key: row.key, tenant: row.tenant, consumes: [{ commandId: row.commandId, outcome: 'done' }] }));
  release(parts, shard, row.tenant, { command: { type: 'continue' }, commandId: row.commandId });
  parts.give(shard, row.key, { command: { type: 'continue' }, tenant: row.tenant });
}

function refuse(wish: Wish, why: string): void {
  const { parts, shard, row } = wish;
  const envelope = { command: { type: 'continue' } as Command, commandId: row.commandId };
  parts.consume(shard, row.tenant, row.key, [envelope], why);
  release(parts, shard, row.tenant, envelope);
  givePlaceBack(wish);
}

function fail(wish: Wish, error: unknown): void {
  const { row } = wish;
  wish.parts.log.error('a retry could not be prepared', { error, runId: row.key, tenant: row.tenant, traceId: traceIdOf(row.key) });
  refuse(wish, error instanceof Error ? error.message : String(error));
}

/** It did not go back: an ended run keeps no place under a limit. */
function givePlaceBack({ parts, row }: Wish): void {
  const slot = parts.slots.get(row.key);
  if (slot !== undefined && ENDED.has(slot.status)) parts.freePermit(slot);
}
