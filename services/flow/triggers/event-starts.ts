// From an event in its home shard to the runs that it starts (ENGINE E14): looked up when it is matched, started in that commit.
// I1 A flow that cannot be read, or whose filter fails, starts nothing and stops nobody else.
// I2 A flow is not started by lifecycle events of its own runs: each run would start the next.
import { parseJsonText } from '@palace/platform/json.ts';
import type { StreamAppend } from '@palace/platform/durable/contract.ts';
import { eventsInput, isTaken, type TriggerEnv } from '../core/event-trigger.ts';
import { lifecycleSource } from '../core/lifecycle.ts';
import type { Linked } from '../core/link.ts';
import type { CloudEvent } from '../core/model.ts';
import { isLifecycle } from '../core/program.ts';
import { runtimeOf } from '../core/variables.ts';
import type { EngineParts } from '../engine/parts.ts';
import { scheduleShard } from '../engine/placement.ts';
import { UnreadableProgram } from '../engine/programs.ts';
import type { EventTrigger, StoredEvent } from '../store/port.ts';
import { triggeredStart, type TriggeredStart } from './starts.ts';

export const triggerEnv = ({ settings }: EngineParts, nowMs: number): TriggerEnv => ({
  nowMs,
  fuel: settings.decide.expressionFuel,
  runtime: runtimeOf(settings),
});

/** What an event starts, and the schedules that gather it with others. */
export interface Started {
  readonly starts: TriggeredStart[];
  readonly gathered: StreamAppend[];
}

/** `triggers`: what the store knows of the type of the event. */
export async function startsOf(parts: EngineParts, stored: StoredEvent, triggers: readonly EventTrigger[]): Promise<Started> {
  const { tenant } = stored;
  const started: Started = { starts: [], gathered: [] };
  for (const { type, flow, hash } of triggers) {
    if (type !== stored.type || isOwnLifecycle(stored, flow)) continue;
    const linked = await programOf(parts, tenant, hash, flow);
    if (linked !== undefined) addFlow(parts, stored, { flow, linked }, started);
  }
  return started;
}

/** I2 */
const isOwnLifecycle = ({ type, source }: StoredEvent, flow: string): boolean => isLifecycle(type) && source === lifecycleSource(flow);

async function programOf(parts: EngineParts, tenant: string, hash: string, flow: string): Promise<Linked | undefined> {
  try {
    return await parts.programs.byHash(tenant, hash);
  } catch (error) {
    if (!(error instanceof UnreadableProgram)) throw error;
    parts.log.error('an event starts nothing: the flow cannot be read', { tenant, flow, error });
    return undefined;
  }
}

function addFlow(
  parts: EngineParts,
  { tenant, body, atMs, source, id }: StoredEvent,
  { flow, linked }: { readonly flow: string; readonly linked: Linked },
  started: Started,
): void {
  const { schedule } = linked.program;
  if (schedule?.kind !== 'on') return;
  const event = parseJsonText(body) as CloudEvent;
  if (!isTaken(linked, schedule, event, triggerEnv(parts, atMs))) return;
  if (schedule.mode === 'all' || schedule.until !== undefined) {
    const waiting = JSON.stringify({ flow, hash: linked.hash, event });
    started.gathered.push({ consumer: 'flow', consumerShard: scheduleShard(tenant, flow), tenant, kind: 'schedule-event', body: waiting });
  } else started.starts.push(triggeredStart({ tenant, flow, trigger: `event/${id}`, id: source, atMs }, linked, eventsInput(schedule, [event])));
}
