// Runs that something starts by itself: a time, an event, the end of the run before. The name of the cause makes it one run.
// I1 A start leaves as a stream row in the commit that decides it, and begins under a claim of its name: a crash, a second owner and a
//    cause that comes twice give neither a second run nor none.
// I2 Where a limit holds the flow, the start goes by the inbox like any other, under the run's own command id, and stands in line by the time
//    of its cause.
import { createHash } from 'node:crypto';
import type { Json } from '@palace/jq/jq.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { parseJsonText } from '@palace/platform/json.ts';
import type { StreamAppend, StreamRow } from '@palace/platform/durable/contract.ts';
import type { Linked } from '../core/link.ts';
import { makeRunId } from '../core/run-id.ts';
import { placeOf, placeOfNoKey, type Place } from '../engine/accept.ts';
import { again } from '../engine/again.ts';
import type { Arrivals, StartBody } from '../engine/arrivals.ts';
import { scheduleShard, triggerShard } from '../engine/placement.ts';
import { release, type EngineParts } from '../engine/parts.ts';
import type { Arrival } from '../engine/slot.ts';
import { LIMITED_START, type RunRow } from '../store/port.ts';

export interface Cause {
  readonly tenant: string;
  /** namespace/name */
  readonly flow: string;
  /** What it was: `schedule/TIME`, `after/TIME`, `event/ID`, ... Short, for people, and unique for the flow together with `id`. */
  readonly trigger: string;
  /** What tells causes of one name apart, e.g. the source of an event. */
  readonly id?: string;
  readonly atMs: number;
}

/** Under which the cause starts one run, wherever that lives. */
const onceOf = ({ tenant, flow, trigger, id = '' }: Cause): Buffer => createHash('sha256').update(['trigger', tenant, flow, trigger, id].join('\0')).digest();

/** The run that a cause starts, and the shard where it begins. */
export interface TriggeredStart {
  readonly tenant: string;
  readonly flow: string;
  readonly shard: number;
  readonly body: StartBody;
}

export function triggeredStart(cause: Cause, linked: Linked, input: Json): TriggeredStart {
  const { tenant, flow, trigger, atMs } = cause;
  const hash = onceOf(cause);
  const once = hash.toString('base64url');
  const place = placeFor(cause, linked, input);
  const shard = place?.shard ?? triggerShard(tenant, once);
  return {
    tenant,
    flow,
    shard,
    body: {
      run: makeRunId(shard, atMs, hash),
      flow: `${flow}@${linked.program.version}`,
      hash: linked.hash,
      input,
      trigger: trigger.slice(0, MOST_LETTERS),
      once,
      ...(place !== undefined && { permit: place.permit }),
    },
  };
}

const MOST_LETTERS = 300;

/** Starts that go on to a line have a kind of their own: they are counted while they are on their way (store/waiting-starts.ts). */
export function streamOf({ tenant, shard, body }: { readonly tenant: string; readonly shard: number; readonly body: StartBody | string }): StreamAppend {
  // As text it has waited for room in a line.
  const limited = typeof body === 'string' || body.permit !== undefined;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { consumer: 'flow', consumerShard: shard, tenant, kind: limited ? LIMITED_START : 'start', body: text };
}

/** Nobody is there to be told of a key that cannot be computed: such runs share the one of no key. */
function placeFor({ tenant, flow, atMs }: Cause, linked: Linked, input: Json): Place | undefined {
  try {
    return placeOf(tenant, flow, linked, input, atMs);
  } catch (error) {
    if (!(error instanceof PalaceError)) throw error;
    return placeOfNoKey(tenant, flow, linked);
  }
}

export function startFromStream(parts: EngineParts, arrivals: Arrivals, shard: number, row: StreamRow, from: Arrival): void {
  const { tenant } = row;
  const body = parseJsonText(row.body) as StartBody;
  if (body.permit === undefined) arrivals.arrive(shard, { tenant, from, body });
  else again(parts, shard, 'a start could not be kept', body.run, (held) => toInbox(parts, shard, row, body.run, from, held));
}

/** I2 */
async function toInbox(parts: EngineParts, shard: number, { tenant, body }: StreamRow, run: string, from: Arrival, held: () => boolean): Promise<void> {
  await parts.node().send([{ shard, tenant, key: run, commandId: `start/${run}`, kind: 'start', body }]);
  if (!held()) return;
  const envelope = { command: { type: 'continue' } as const, tenant, ...from };
  parts.consume(shard, tenant, run, [envelope], '');
  release(parts, shard, tenant, envelope);
}

/** A schedule that counts from the end of its run hears of it in the commit of that end. */
export function endOfTriggered({ id, tenant, flow, trigger }: RunRow, endedMs: number): StreamAppend[] {
  if (trigger?.startsWith('after/') !== true) return [];
  const body = JSON.stringify({ flow, run: id, endedMs });
  return [{ consumer: 'flow', consumerShard: scheduleShard(tenant, flow), tenant, kind: 'schedule-ended', body }];
}
