// Starts and forks that came by a row, in their home shard: each becomes a run, at work or queued.
// I1 A run takes its place, or its place in line, in the moment in which its row arrives; its program is read after that.
// I2 The row is consumed in the commit that writes the run, whether it begins or waits for its place.
// I3 What is for a run that is on its way waits for it.
// I4 What starts by itself may come twice, also long after: there is one slot of a run, and its name begins one run, wherever that lives.
import type { Json } from '@palace/jq/jq.ts';
import type { Linked } from '../core/link.ts';
import type { Command, Queued, Rewound, Surroundings } from '../core/model.ts';
import { newRun } from '../core/run.ts';
import { FIRST_SEGMENT, type RunRow } from '../store/port.ts';
import { again } from './again.ts';
import { permitInKey } from './placement.ts';
import { release, type EngineParts } from './parts.ts';
import type { PermitClaim, Permits } from './permits.ts';
import { ownSurroundings } from './surroundings.ts';
import { newSlot, type Arrival, type Envelope, type Settlement, type Slot } from './slot.ts';

/** The body of a row of kind `start`. */
export interface StartBody extends Surroundings {
  readonly run: string;
  /** namespace/name@version */
  readonly flow: string;
  readonly hash: string;
  readonly permit?: PermitClaim;
  readonly input: Json;
  /** Of a run that something started by itself: what, and the name under which it starts once. */
  readonly trigger?: string;
  readonly once?: string;
  /** Who asked for it. */
  readonly by?: string;
}

/** The body of a row of kind `fork`: the row of the new run and its first event. */
export interface ForkBody {
  readonly run: string;
  readonly flow: string;
  readonly version: string;
  readonly hash: string;
  readonly forkOf: string;
  readonly environment?: string;
  readonly permit?: PermitClaim;
  readonly begin: Rewound;
}

/** What is to begin, and the row that it came by. */
export interface Coming {
  readonly tenant: string;
  readonly from: Arrival;
  readonly body: StartBody | ForkBody;
}

export interface Arrivals {
  arrive(shard: number, coming: Coming): void;
  /** Keeps what is for a run that is on its way; false when there is none. */
  keep(runId: string, envelope: Envelope): boolean;
  /** Forgets what is on its way to a shard; what was kept for it. */
  drop(shard: number): readonly Envelope[];
}

interface OnItsWay {
  readonly shard: number;
  readonly envelopes: Envelope[];
}

export function createArrivals(parts: EngineParts, permits: Permits): Arrivals {
  const onTheirWay = new Map<string, OnItsWay>();

  function arrive(shard: number, coming: Coming): void {
    const { run, hash, permit } = coming.body;
    if (keep(run, { command: { type: 'continue' }, tenant: coming.tenant, ...coming.from })) return;
    onTheirWay.set(run, { shard, envelopes: [] });
    const enters = permit !== undefined && !permits.knows(shard, permit.key, run);
    if (enters) permits.enter(shard, coming.tenant, permit, run);
    again(parts, shard, 'a run could not be read on its way in', run, async (held) => {
      const linked = await parts.programs.byHash(coming.tenant, hash);
      const body = linked === undefined ? coming.body : await withSurroundings(parts, coming, linked);
      if (!held()) return;
      if (linked === undefined) refuse(shard, coming);
      else begin(shard, { ...coming, body }, linked, enters);
    });
  }

  function begin(shard: number, { tenant, from, body }: Coming, linked: Linked, entered: boolean): void {
    const { run: id, permit } = body;
    const queued = permit === undefined || permits.holds(shard, permit.key, id) ? undefined : { permit: permitInKey(permit.key) };
    /** The run has begun before: what was entered for it just now is not its place. */
    const leave = (): void => (permit !== undefined && entered ? permits.left(shard, permit.key, id) : undefined);
    const settle = ({ kind }: Settlement): void => (kind === 'key-taken' ? leave() : undefined);
    const known = parts.slots.get(id);
    const slot = known ?? newcomerOf(shard, tenant, body, linked, parts.node().timeMs());
    parts.slots.set(id, slot);
    parts.push(slot, known === undefined ? { command: firstCommand(body, queued), ...from, settle } : { command: { type: 'continue' }, ...from });
    for (const envelope of arrived(id)) parts.push(slot, envelope);
    if (known !== undefined) leave();
  }

  function keep(runId: string, envelope: Envelope): boolean {
    const one = onTheirWay.get(runId);
    one?.envelopes.push(envelope);
    return one !== undefined;
  }

  /** Kept before its flow was deleted: it will never begin, and its row must not come back for ever. */
  function refuse(shard: number, { tenant, from, body: { run, hash, permit } }: Coming): void {
    const envelope = { command: { type: 'continue' } as const, ...from };
    parts.consume(shard, tenant, run, [envelope], `its flow version ${hash} is gone`);
    release(parts, shard, tenant, envelope);
    for (const kept of arrived(run)) parts.give(shard, run, kept);
    if (permit !== undefined) permits.left(shard, permit.key, run);
  }

  function arrived(run: string): readonly Envelope[] {
    const envelopes = onTheirWay.get(run)?.envelopes ?? [];
    onTheirWay.delete(run);
    return envelopes;
  }

  return {
    arrive,
    keep,
    drop(shard) {
      const lost = [...onTheirWay].filter(([, one]) => one.shard === shard);
      for (const [run] of lost) onTheirWay.delete(run);
      return lost.flatMap(([, { envelopes }]) => envelopes);
    },
  };
}

/** What something started by itself comes without: its flow says in which environment, which says its variables. */
async function withSurroundings(parts: EngineParts, { tenant, body }: Coming, linked: Linked): Promise<Coming['body']> {
  if ('begin' in body || body.trigger === undefined) return body;
  const [flow = ''] = body.flow.split('@');
  const environment = body.environment ?? (await parts.store.triggerEnvironment(tenant, flow));
  return { ...body, ...(await ownSurroundings(parts, tenant, linked, environment)) };
}

function firstCommand(body: Coming['body'], queued: Queued | undefined): Command {
  const waits = queued === undefined ? {} : { queued };
  if ('begin' in body) return { type: 'rewind', event: { ...body.begin, ...waits } };
  const { input, environment, variables, by } = body;
  const around = { ...(environment !== undefined && { environment }), ...(variables !== undefined && { variables }) };
  return { type: 'start', input, ...waits, ...around, ...(by !== undefined && { by }) };
}

function newcomerOf(shard: number, tenant: string, body: Coming['body'], linked: Linked, startedMs: number): Slot {
  const { run: id, hash } = body;
  const common = { ...(body.permit !== undefined && { permit: body.permit.key }), ...(body.environment !== undefined && { environment: body.environment }) };
  if ('forkOf' in body) {
    const { flow, version, forkOf } = body;
    return newcomer({ id, shard, tenant, flow, version, hash, forkOf, ...common }, linked, startedMs);
  }
  const [flow = '', version = ''] = body.flow.split('@');
  const { trigger, once } = body;
  const slot = newcomer({ id, shard, tenant, flow, version, hash, ...common, ...(trigger !== undefined && { trigger }) }, linked, startedMs);
  if (once !== undefined) slot.claims = [{ scope: 'trigger', key: once, fingerprint: '', answer: JSON.stringify({ id }) }];
  return slot;
}

/** A run that has not been written yet. */
export function newcomer(row: Omit<RunRow, 'status' | 'startedMs' | keyof typeof FIRST_SEGMENT>, linked: Linked, startedMs: number): Slot {
  const run = newRun(linked, { id: row.id, startedMs });
  return newSlot({ ...row, ...FIRST_SEGMENT, status: 'running', startedMs }, run, { lastSeq: 0, snapshotSeq: 0, fresh: true });
}
