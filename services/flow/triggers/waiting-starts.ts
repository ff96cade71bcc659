// Starts by events whose line is full: rows of their own, in the shard that matched the event, until there is room.
// I1 The row is written in the commit that marks the event as matched, and goes in the commit that sends the start on: none is lost or sent
//    twice (R1, R2). Nobody else who hears of the event waits: a run that holds the place may need it to come to its end.
// I2 The oldest of a tenant for a shard goes first; what comes while some wait stands behind them. Each tenant has room of its own (R9).
// I3 How many of a tenant wait in a shard is bounded; an event beyond that is counted as missed by its schedule, and logged.
// I4 Of a flow that is paused or held back nothing is sent on.
// Called by engine/correlation.ts and schedules.ts.
import { parseJsonText } from '@palace/platform/json.ts';
import type { StreamAppend } from '@palace/platform/durable/contract.ts';
import type { FairShare } from '@palace/platform/durable/core/fair-share.ts';
import type { StartBody } from '../engine/arrivals.ts';
import type { EngineParts } from '../engine/parts.ts';
import { scheduleShard } from '../engine/placement.ts';
import { streamOf, type TriggeredStart } from './starts.ts';
import { WaitingGroups, type Group } from './waiting-groups.ts';

/** Starts that one write sends on. */
const BATCH = 100;
const LOOK_MS = 1_000;

type Row = Readonly<Record<string, unknown>>;

/** What of the starts leaves with a write, and what is kept in it. */
export interface Sorted {
  readonly streams: readonly StreamAppend[];
  readonly rows: { readonly waiting_start?: readonly Row[] };
  /** The write is over. */
  settle(kept: boolean): void;
}

export interface WaitingStarts {
  open(shard: number): Promise<void>;
  /** Once the shard may be written: sends on what the owner before left. */
  goOn(shard: number): void;
  drop(shard: number): void;
  /** Finds room for each, or its place among those that wait. */
  sort(shard: number, starts: readonly TriggeredStart[]): Promise<Sorted>;
}

interface Waiting {
  readonly groups: WaitingGroups;
  isLooking: boolean;
}

export function createWaitingStarts(parts: EngineParts): WaitingStarts {
  const shards = new Map<number, Waiting>();

  async function open(shard: number): Promise<void> {
    shards.set(shard, { groups: new WaitingGroups(await parts.store.countWaitingStarts(shard)), isLooking: false });
  }

  async function sort(shard: number, starts: readonly TriggeredStart[]): Promise<Sorted> {
    const own = shards.get(shard);
    const sorted = await sortInto(parts, shard, own?.groups, starts);
    function settle(kept: boolean): void {
      sorted.settle(kept);
      look(shard);
    }
    return { ...sorted, settle };
  }

  /** Looks again and again while something waits; one look of a shard is under way. */
  function look(shard: number): void {
    const own = shards.get(shard);
    if (own === undefined || own.isLooking || own.groups.isEmpty) return;
    own.isLooking = true;
    const held = parts.tenure(shard);
    parts.scheduler.after(LOOK_MS, () => {
      void sendOn(parts, shard, own.groups, held)
        .catch((error: unknown) => parts.log.warn('starts that wait for room could not be looked at; trying again', { error, shard }))
        .finally(() => {
          own.isLooking = false;
          if (shards.get(shard) === own) look(shard);
        });
    });
  }

  return { open, sort, goOn: look, drop: (shard) => void shards.delete(shard) };
}

/** Room in the line that the start would stand in; it is taken at once. */
export async function hasRoom({ lines }: EngineParts, { tenant, shard, body }: TriggeredStart): Promise<boolean> {
  if (body.permit === undefined) return true;
  const line = await lines(shard);
  if (!line.admits(tenant)) return false;
  line.take(tenant);
  return true;
}

async function sortInto(parts: EngineParts, shard: number, groups: WaitingGroups | undefined, starts: readonly TriggeredStart[]): Promise<Sorted> {
  const streams: StreamAppend[] = [];
  const rows: Row[] = [];
  const coming: Group[] = [];
  const settle = (kept: boolean): void => coming.splice(0).forEach((group) => groups?.came(group, kept));
  const missed = new Map<string, { readonly start: TriggeredStart; count: number }>();
  try {
    for (const start of starts) {
      const { tenant, flow, body, shard: toShard } = start;
      const waits = groups?.has(tenant, toShard) === true;
      if (!waits && (await hasRoom(parts, start))) streams.push(streamOf(start));
      else if ((groups?.ofTenant(tenant) ?? 0) < parts.settings.maxWaitingStarts) {
        if (!waits) parts.log.warn('events wait to start their flow: too many of its runs wait for a place', { tenant, flow });
        if (groups !== undefined) coming.push(groups.comes(tenant, toShard));
        rows.push({ shard, tenant, run: body.run, flow, to_shard: toShard, body: JSON.stringify(body) });
      } else missed.set(flow, { start, count: (missed.get(flow)?.count ?? 0) + 1 });
    }
  } catch (error) {
    // The line could not be read: nothing of this is written.
    settle(false);
    throw error;
  }
  for (const { start, count } of missed.values()) streams.push(tellMissed(parts, start, count));
  return { streams, rows: rows.length === 0 ? {} : { waiting_start: rows }, settle };
}

/** I3 */
function tellMissed(parts: EngineParts, { tenant, flow }: TriggeredStart, count: number): StreamAppend {
  parts.metrics.refused.add(count, { reason: 'events-that-wait-to-start-runs' });
  return { consumer: 'flow', consumerShard: scheduleShard(tenant, flow), tenant, kind: 'schedule-missed', body: JSON.stringify({ flow, count }) };
}

async function sendOn(parts: EngineParts, shard: number, groups: WaitingGroups, held: () => boolean): Promise<void> {
  let isHigh = false;
  for (const group of groups.all()) {
    if (parts.draining.has(shard)) return;
    if (parts.halts.over({ tenant: group.tenant, flow: '' }) !== undefined) continue;
    const line = await parts.lines(group.toShard);
    const most = takeRoom(line, group);
    const sent = most === 0 ? 0 : await send(parts, shard, group, most, held);
    for (let n = sent; n < most; n++) line.give(group.tenant);
    groups.left(group, sent);
    isHigh ||= sent < most;
  }
  // Some are of a paused flow, too large for one write, or not there at all.
  if (isHigh && held()) await groups.correct(() => parts.store.countWaitingStarts(shard));
}

function takeRoom(line: FairShare, { tenant, count }: Group): number {
  let taken = 0;
  for (; taken < Math.min(count, BATCH) && line.admits(tenant); taken++) line.take(tenant);
  return taken;
}

/** How many were sent on. */
async function send(parts: EngineParts, shard: number, { tenant, toShard }: Group, most: number, held: () => boolean): Promise<number> {
  const waiting = await parts.store.waitingStarts(shard, tenant, toShard, most);
  const starts = waiting.filter(({ body }) => parts.halts.over({ tenant, flow: flowOf(body) }) === undefined);
  const fence = parts.node().fence(shard);
  if (starts.length === 0 || fence === undefined || !held()) return 0;
  const outcome = await parts.node().submit({
    fence,
    key: `waiting-starts/${toShard}/${tenant}`,
    tenant,
    rows: { waiting_start_gone: starts.map(({ run }) => ({ tenant, run })) },
    streams: starts.map(({ body }) => streamOf({ tenant, shard: toShard, body })),
  });
  return outcome.kind === 'committed' ? starts.length : 0;
}

const flowOf = (body: string): string => (parseJsonText(body) as StartBody).flow.split('@')[0] ?? '';
