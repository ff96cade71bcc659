// The owner's side of schedules: publications, due times, ends of runs, pauses and gathered events, decided one after the other per flow.
// I1 Each decision reads the row as it is committed, and writes the new state, its timer and its starts in one fenced commit: an owner that
//    has lost the shard writes nothing.
// I2 What came by a row is consumed in that commit. What fails for a while is tried again while the shard is held; then the next owner has it.
// I3 A timer says only that it is time to look; the engine time of the look decides.
// I4 How many of the starts find room in the line of the flow's limit is looked up before the decision that is kept.
// I5 A time that comes while its flow is held back is looked at when that is over: what has passed by then is caught up as the schedule says.
// Called by engine/engine.ts. What a decision is: core/schedule.ts.
import { parseJsonText } from '@palace/platform/json.ts';
import type { InboxRow, KeyClaim, StreamRow, TimerRow, Write } from '@palace/platform/durable/contract.ts';
import type { Linked } from '../core/link.ts';
import type { CloudEvent } from '../core/model.ts';
import type { Schedule } from '../core/program.ts';
import {
  adopt,
  ended,
  fire,
  pause,
  resume,
  scheduledInput,
  type InForce,
  type ScheduleDecision,
  type ScheduleEnv,
  type ScheduleState,
} from '../core/schedule.ts';
import { eventsInput, gather } from '../core/event-trigger.ts';
import { hold, release, type EngineParts } from '../engine/parts.ts';
import { scheduleShard } from '../engine/placement.ts';
import { UnreadableProgram } from '../engine/programs.ts';
import type { Arrival } from '../engine/slot.ts';
import { flowOfKey, isScheduleKey, scheduleKey, scheduleRow } from '../store/schedules.ts';
import { triggerEnv } from './event-starts.ts';
import type { HeldStarts } from './held-starts.ts';
import { scheduleText } from './schedule-text.ts';
import { streamOf, triggeredStart, type TriggeredStart } from './starts.ts';
import { hasRoom, type Sorted } from './waiting-starts.ts';

const RETRY_MS = 500;
/** Times that wait for room are looked at again so late. */
const WAITING_MS = 1_000;
const TIMER = 'fire';

export const isScheduleTimer = ({ key }: TimerRow): boolean => isScheduleKey(key);

/** Of an inbox row `schedule-published`: what is in force from `atMs` on. */
export interface Publication {
  readonly flow: string;
  readonly atMs: number;
  readonly newest?: { readonly version: string; readonly hash: string; readonly publishedMs: number };
}

export interface Schedules {
  /** Inbox rows `schedule-published`, `schedule-pause`, `schedule-resume`. */
  command(shard: number, row: InboxRow): void;
  fire(shard: number, timer: TimerRow): void;
  ended(shard: number, row: StreamRow, from: Arrival): void;
  gather(shard: number, row: StreamRow, from: Arrival): void;
  /** Events for which there was no room, not even to wait. */
  missed(shard: number, row: StreamRow, from: Arrival): void;
}

interface Before {
  readonly untilMs: number | undefined;
  readonly state: ScheduleState;
  readonly schedule: Schedule;
  readonly linked: Linked;
}

/** One thing to decide, and the row that it came by. */
interface Job {
  readonly shard: number;
  readonly tenant: string;
  readonly flow: string;
  readonly from: Arrival & { readonly timerId?: string };
  readonly held: () => boolean;
  readonly sort: HeldStarts['sort'];
  readonly claim?: KeyClaim;
  /** Undefined: it found nothing to do. */
  decide(before: Before | undefined, env: ScheduleEnv): Promise<Decided | undefined> | Decided | undefined;
}

interface Decided extends ScheduleDecision {
  /** A run that gathered events start. */
  readonly events?: readonly CloudEvent[];
}

export function createSchedules(parts: EngineParts, { sort }: Pick<HeldStarts, 'sort'>): Schedules {
  /** The last job of each flow. */
  const lines = new Map<string, Promise<void>>();

  function add(job: Omit<Job, 'held' | 'sort'>): void {
    const key = scheduleKey(job.tenant, job.flow);
    const held = parts.tenure(job.shard);
    const line = (lines.get(key) ?? Promise.resolve()).then(() => work(parts, { ...job, held, sort }));
    lines.set(key, line);
    void line.finally(() => {
      if (lines.get(key) === line) lines.delete(key);
    });
  }

  return {
    command(shard, row) {
      const { tenant, commandId } = row;
      const from = { commandId };
      const said = parseJsonText(row.body) as Publication;
      if (row.kind === 'schedule-published')
        return add({ shard, tenant, flow: said.flow, from, decide: (before, env) => published(parts, tenant, said, before, env) });
      const change = row.kind === 'schedule-pause' ? pause : resume;
      add({ shard, tenant, flow: said.flow, from, decide: (before, env) => before && change(before.state, before.schedule, env) });
    },
    fire(shard, { tenant, key, id }) {
      const flow = flowOfKey(key, tenant);
      const go = (): void => add({ shard, tenant, flow, from: { timerId: id }, decide: (before, env) => before && fire(before.state, before.schedule, env) });
      if (parts.halts.over({ tenant, flow }) === undefined) go();
      else void whenFree(parts, { shard, tenant, flow, timerId: id }, go);
    },
    ended(shard, { tenant, body }, from) {
      const { flow, run, endedMs } = parseJsonText(body) as { flow: string; run: string; endedMs: number };
      add({ shard, tenant, flow, from, decide: (before) => before && ended(before.state, before.schedule, run, endedMs) });
    },
    gather(shard, { tenant, body }, from) {
      const { flow, hash, event } = parseJsonText(body) as { flow: string; hash: string; event: CloudEvent };
      // Matched twice, it is gathered once.
      const claim = { scope: 'gather', key: [hash, event.source, event.id].join('\n'), fingerprint: '', answer: '{}' };
      add({ shard, tenant, flow, from, claim, decide: (before, env) => gathered(parts, before, hash, event, env.nowMs) });
    },
    missed(shard, { tenant, body }, from) {
      const { flow, count } = parseJsonText(body) as { flow: string; count: number };
      add({ shard, tenant, flow, from, decide: (before) => before && { state: { ...before.state, missed: before.state.missed + count }, firings: [] } });
    },
  };
}

/** I5: while it waits it keeps no place among the rows in hand, so that it holds up nothing else of its tenant. */
async function whenFree(
  parts: EngineParts,
  { shard, tenant, flow, timerId }: { shard: number; tenant: string; flow: string; timerId: string },
  go: () => void,
): Promise<void> {
  const held = parts.tenure(shard);
  release(parts, shard, tenant, { command: { type: 'continue' }, tenant, timerId });
  while (held() && parts.halts.over({ tenant, flow }) !== undefined) await parts.halts.changed();
  if (!held()) return;
  hold(parts, shard, tenant);
  go();
}

async function published(
  parts: EngineParts,
  tenant: string,
  { newest, atMs }: Publication,
  before: Before | undefined,
  env: ScheduleEnv,
): Promise<ScheduleDecision | undefined> {
  let inForce: (InForce & { publishedMs: number }) | undefined;
  if (newest !== undefined) {
    const linked = await parts.programs.byHash(tenant, newest.hash);
    const schedule = linked?.program.schedule;
    if (schedule !== undefined) inForce = { ...newest, schedule };
  }
  return before === undefined && inForce === undefined ? undefined : adopt(before, inForce, atMs, env);
}

function gathered(parts: EngineParts, before: Before | undefined, hash: string, event: CloudEvent, nowMs: number): Decided | undefined {
  if (before?.schedule.kind !== 'on' || before.state.hash !== hash || before.state.paused) return undefined;
  const { state, schedule, linked } = before;
  const most = { events: parts.settings.maxGathered, bytes: parts.settings.decide.payloadBytes };
  const { groups, complete, dropped } = gather(linked, schedule, state.gathered, event, most, triggerEnv(parts, nowMs));
  if (dropped > 0) parts.log.warn('events that waited for others were given up: too many wait', { flow: linked.program.name, dropped });
  const next = { ...state, gathered: groups, missed: state.missed + dropped };
  return complete === undefined ? { state: next, firings: [] } : { state: { ...next, lastMs: nowMs }, firings: [], events: complete };
}

async function work(parts: EngineParts, job: Job): Promise<void> {
  while (job.held()) {
    try {
      if (await decideAndWrite(parts, job)) return;
    } catch (error) {
      parts.log.warn('a schedule could not be looked at; trying again', { error, flow: job.flow, tenant: job.tenant });
    }
    await new Promise<void>((resolve) => parts.scheduler.after(RETRY_MS, resolve));
  }
}

/** True when there is nothing more to do for this process. */
async function decideAndWrite(parts: EngineParts, job: Job): Promise<boolean> {
  const { shard, tenant, flow } = job;
  const before = await read(parts, job);
  const env: ScheduleEnv = {
    nowMs: parts.node().timeMs(),
    ...(before?.untilMs !== undefined && { untilMs: before.untilMs }),
    mostCaughtUp: parts.settings.maxCaughtUp,
    runOf: (atMs) => (before === undefined ? '' : startOf(job, before, atMs).body.run),
  };
  const decided = await decideWithRoom(parts, job, before, env);
  const fence = parts.node().fence(shard);
  // Past our own deadline: the lease is renewed in a moment, or the shard is lost.
  if (fence === undefined || !job.held()) return false;
  const write = { ...(decided === undefined ? NOTHING : await writeOf(parts, job, before, decided)), ...consumption(job) };
  const sorted = await eventStarts(job, before, decided);
  const outcome = await parts
    .node()
    .submit({ fence, key: scheduleKey(tenant, flow), tenant, ...withStarts(write, sorted), ...timers(job, before, decided, env) });
  sorted?.settle(outcome.kind === 'committed');
  if (outcome.kind === 'fenced' || outcome.kind === 'unknown') return false;
  if (outcome.kind === 'committed') tell(parts, job, before, decided);
  else await giveUp(parts, job, outcome.kind === 'bad-row' ? outcome.message : 'it was decided already');
  release(parts, shard, tenant, { command: { type: 'continue' }, tenant, ...job.from });
  return true;
}

/** I4: decided once for all that are due, and again when some of them find no room. */
async function decideWithRoom(parts: EngineParts, job: Job, before: Before | undefined, env: ScheduleEnv): Promise<Decided | undefined> {
  const decided = await job.decide(before, env);
  const { firings = [] } = decided ?? {};
  if (before?.linked.program.concurrency === undefined) return decided;
  for (const [room, { atMs }] of firings.entries()) if (!(await hasRoom(parts, startOf(job, before, atMs)))) return job.decide(before, { ...env, room });
  return decided;
}

const NOTHING: Pick<Write, 'rows'> = { rows: {} };

async function read(parts: EngineParts, { shard, tenant, flow }: Job): Promise<Before | undefined> {
  const stored = await parts.store.schedule(shard, tenant, flow);
  if (stored === undefined) return undefined;
  const { state, untilMs } = stored;
  try {
    const linked = await parts.programs.byHash(tenant, state.hash);
    const schedule = linked?.program.schedule;
    return linked === undefined || schedule === undefined ? undefined : { state, schedule, linked, untilMs };
  } catch (error) {
    if (!(error instanceof UnreadableProgram)) throw error;
    parts.log.error('a schedule starts nothing: its flow cannot be read', { flow, tenant, error });
    return undefined;
  }
}

/** Of a time. */
function startOf({ tenant, flow }: Pick<Job, 'tenant' | 'flow'>, { schedule, linked }: Before, atMs: number): TriggeredStart {
  const trigger = `${schedule.kind === 'after' ? 'after' : 'schedule'}/${new Date(atMs).toISOString()}`;
  return triggeredStart({ tenant, flow, trigger, atMs }, linked, scheduledInput(atMs));
}

const withStarts = <W extends Pick<Write, 'rows' | 'streams'>>(write: W, sorted: Sorted | undefined): W =>
  sorted === undefined ? write : { ...write, rows: { ...write.rows, ...sorted.rows }, streams: [...(write.streams ?? []), ...sorted.streams] };

/** The run that gathered events start. */
async function eventStarts({ shard, tenant, flow, sort }: Job, before: Before | undefined, decided: Decided | undefined) {
  const { events, state } = decided ?? {};
  if (events === undefined || before?.schedule.kind !== 'on') return undefined;
  const last = events.map(({ source, id }) => `${source}\n${id}`).join('\n');
  const cause = { tenant, flow, trigger: `event/${events.at(-1)?.id ?? ''}`, id: last, atMs: state?.lastMs ?? 0 };
  return sort(shard, [triggeredStart(cause, before.linked, eventsInput(before.schedule, events))]);
}

async function writeOf(parts: EngineParts, job: Job, before: Before | undefined, { state, firings }: Decided): Promise<Pick<Write, 'rows' | 'streams'>> {
  const { shard, tenant, flow } = job;
  const streams = before === undefined ? [] : firings.map(({ atMs }) => streamOf(startOf(job, before, atMs)));
  if (state === undefined) return { rows: { schedule_gone: [{ shard, tenant, flow }] }, streams };
  const linked = state.hash === before?.linked.hash ? before.linked : await parts.programs.byHash(tenant, state.hash);
  const text = linked?.program.schedule === undefined ? '' : scheduleText(linked.program.schedule);
  return { rows: { schedule: [scheduleRow({ shard, tenant, flow }, text, state)] }, streams };
}

function consumption({ from, claim }: Job): Pick<Write, 'consumes' | 'cursors' | 'claims'> {
  return {
    ...(from.commandId !== undefined && { consumes: [{ commandId: from.commandId, outcome: 'done' as const }] }),
    ...(from.cursor !== undefined && { cursors: [from.cursor] }),
    ...(claim !== undefined && { claims: [claim] }),
  };
}

/** The one timer of a schedule: moved to its next time, or cleared. One that fired is set again in any case, or it would not come again. */
function timers(
  { tenant, flow, from }: Job,
  before: Before | undefined,
  decided: Decided | undefined,
  { nowMs }: ScheduleEnv,
): Pick<Write, 'timersSet' | 'timersClear'> {
  const key = scheduleKey(tenant, flow);
  const state = decided === undefined ? before?.state : decided.state;
  const nextMs = state?.paused === true ? undefined : state?.nextMs;
  // Past and not decided: it waits for room, or is for the version whose publication comes in a moment, and moves the timer.
  const againMs = nowMs + (state?.waiting === 0 ? RETRY_MS : WAITING_MS);
  if (nextMs !== undefined) return { timersSet: [{ key, id: TIMER, tenant, dueMs: nextMs > nowMs ? nextMs : againMs }] };
  const set = before?.state.nextMs !== undefined || from.timerId !== undefined;
  return set ? { timersClear: [{ key, id: TIMER }] } : {};
}

function tell(parts: EngineParts, { tenant, flow }: Job, before: Before | undefined, decided: Decided | undefined): void {
  const starts = (decided?.firings.length ?? 0) + (decided?.events === undefined ? 0 : 1);
  if (starts > 0) parts.metrics.started.add(starts);
  const missed = (decided?.state?.missed ?? 0) - (before?.state.missed ?? 0);
  const waiting = decided?.state?.waiting ?? 0;
  if (waiting > 0 && before?.state.waiting === 0)
    parts.log.warn('times of a schedule wait: too many runs of its flow wait for a place', { tenant, flow, waiting });
  if (decided?.state !== undefined && missed > 0) parts.log.warn('a schedule started no run for times or events of its own', { tenant, flow, missed });
}

/** The row alone is taken off the table: it must not come back for ever. */
async function giveUp(parts: EngineParts, job: Job, why: string): Promise<void> {
  const { shard, tenant, flow, from } = job;
  if (job.claim === undefined) parts.log.error('a schedule could not be written', { tenant, flow, why });
  const fence = parts.node().fence(shard);
  if (fence === undefined) return;
  const { claims: _claims, ...consumed } = consumption(job);
  const cleared = from.timerId === undefined ? {} : { timersClear: [{ key: scheduleKey(tenant, flow), id: from.timerId }] };
  await parts.node().submit({ fence, key: `${scheduleKey(tenant, flow)}/given-up`, tenant, rows: {}, ...consumed, ...cleared });
}

/** Where the commands of a flow's schedule go. */
export const scheduleCommand = (tenant: string, flow: string): { shard: number; tenant: string; key: string } => ({
  shard: scheduleShard(tenant, flow),
  tenant,
  key: scheduleKey(tenant, flow),
});
