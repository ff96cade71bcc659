// Starts and forks that came through the inbox, in their home shard: each becomes a run, at work or queued.
// I1 A run takes its place, or its place in line, in the moment in which its row arrives; its program is read after that.
// I2 The row is consumed in the commit that writes the run, whether it begins or waits for its place.
// I3 What is for a run that is on its way waits for it.
import { parseJsonText } from '@palace/platform/json.ts';
import type { InboxRow } from '@palace/platform/durable/contract.ts';
import type { Json } from '@palace/jq/jq.ts';
import type { Linked } from '../core/link.ts';
import type { Command, Queued, Rewound } from '../core/model.ts';
import { newRun } from '../core/run.ts';
import { FIRST_SEGMENT, type RunRow } from '../store/port.ts';
import { again } from './again.ts';
import { permitInKey } from './placement.ts';
import { release, type EngineParts } from './parts.ts';
import type { PermitClaim, Permits } from './permits.ts';
import { newSlot, type Envelope, type Slot } from './slot.ts';

/** The body of a row of kind `start`. */
export interface StartBody {
  readonly run: string;
  /** namespace/name@version */
  readonly flow: string;
  readonly hash: string;
  readonly permit?: PermitClaim;
  readonly input: Json;
}

/** The body of a row of kind `fork`: the row of the new run and its first event. */
export interface ForkBody {
  readonly run: string;
  readonly flow: string;
  readonly version: string;
  readonly hash: string;
  readonly forkOf: string;
  readonly permit?: PermitClaim;
  readonly begin: Rewound;
}

type Body = StartBody | ForkBody;

export interface Arrivals {
  arrive(shard: number, row: InboxRow): void;
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

  function arrive(shard: number, row: InboxRow): void {
    const body = parseJsonText(row.body) as Body;
    onTheirWay.set(body.run, { shard, envelopes: [] });
    if (body.permit !== undefined) permits.enter(shard, row.tenant, body.permit, body.run);
    again(parts, shard, 'a run could not be read on its way in', body.run, async (held) => {
      const linked = await parts.programs.byHash(row.tenant, body.hash);
      if (!held()) return;
      if (linked === undefined) refuse(shard, row, body);
      else begin(shard, row, body, linked);
    });
  }

  function begin(shard: number, row: InboxRow, body: Body, linked: Linked): void {
    const { tenant, commandId } = row;
    const { run: id, permit } = body;
    const queued = permit === undefined || permits.holds(shard, permit.key, id) ? undefined : { permit: permitInKey(permit.key) };
    const known = parts.slots.get(id);
    const slot = known ?? newcomerOf(shard, tenant, body, linked, parts.node().timeMs());
    parts.slots.set(id, slot);
    parts.push(slot, { command: known === undefined ? firstCommand(body, queued) : { type: 'continue' }, commandId });
    for (const envelope of arrived(id)) parts.push(slot, envelope);
  }

  /** Kept before its flow was deleted: it will never begin, and its row must not come back for ever. */
  function refuse(shard: number, { tenant, commandId }: InboxRow, { run, hash, permit }: Body): void {
    const envelope = { command: { type: 'continue' } as const, commandId };
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
    keep(runId, envelope) {
      const one = onTheirWay.get(runId);
      one?.envelopes.push(envelope);
      return one !== undefined;
    },
    drop(shard) {
      const lost = [...onTheirWay].filter(([, one]) => one.shard === shard);
      for (const [run] of lost) onTheirWay.delete(run);
      return lost.flatMap(([, { envelopes }]) => envelopes);
    },
  };
}

function firstCommand(body: Body, queued: Queued | undefined): Command {
  const waits = queued === undefined ? {} : { queued };
  return 'begin' in body ? { type: 'rewind', event: { ...body.begin, ...waits } } : { type: 'start', input: body.input, ...waits };
}

function newcomerOf(shard: number, tenant: string, body: Body, linked: Linked, startedMs: number): Slot {
  const { run: id, hash, permit } = body;
  const [flow = '', version = ''] = 'forkOf' in body ? [body.flow, body.version] : body.flow.split('@');
  const rest = { ...('forkOf' in body && { forkOf: body.forkOf }), ...(permit !== undefined && { permit: permit.key }) };
  return newcomer({ id, shard, tenant, flow, version, hash, ...rest }, linked, startedMs);
}

/** A run that has not been written yet. */
export function newcomer(row: Omit<RunRow, 'status' | 'startedMs' | keyof typeof FIRST_SEGMENT>, linked: Linked, startedMs: number): Slot {
  const run = newRun(linked, { id: row.id, startedMs });
  return newSlot({ ...row, ...FIRST_SEGMENT, status: 'running', startedMs }, run, { lastSeq: 0, snapshotSeq: 0, fresh: true });
}
