// When a schedule starts runs, and what it remembers: decided from its state, its terms and the time alone. Pure.
// I1 Every time that a schedule names is decided once: `decidedMs` only rises, and what lies behind it is started or counted as missed.
// I2 What is started follows from (state, schedule, now): the shell writes it together with the new state, or neither.
// I3 Intervals are counted from the publication: they do not drift. `after` counts from the end of the run before.
// I4 Work is bounded, however long nobody looked.
// I5 A time that finds no room in the line of its flow's limit is not decided: it is looked at again, as if nobody had looked before. So the
//    schedule's own `catchUp` says what becomes of it. A publication and a pause end that: what had no room by then is counted as missed.
// Called by triggers/schedules.ts; times of cron expressions come from cron.ts.
import type { Json } from '@palace/jq/json.ts';
import { parseCron } from './cron.ts';
import type { Group } from './event-trigger.ts';
import type { Schedule } from './program.ts';

/** A version of a flow that was published, and the schedule in it. */
export interface InForce {
  readonly version: string;
  readonly hash: string;
  readonly schedule: Schedule;
}

export interface ScheduleState {
  readonly version: string;
  readonly hash: string;
  readonly kind: Schedule['kind'];
  readonly paused: boolean;
  /** When its version was published. */
  readonly anchorMs: number;
  readonly decidedMs: number;
  readonly nextMs: number | undefined;
  /** `after`: the run whose end is waited for. */
  readonly awaits: string | undefined;
  readonly lastMs: number | undefined;
  readonly lastRun: string | undefined;
  /** Times that passed, or events that were given up, without a run. */
  readonly missed: number;
  /** Times that have come and wait for room in the line (I5). */
  readonly waiting: number;
  /** `on` with `all`: events that wait for the others. */
  readonly gathered: readonly Group[];
}

/** One run to start, of the version that was in force at its time. */
export interface Firing {
  readonly atMs: number;
  readonly version: string;
  readonly hash: string;
}

export interface ScheduleDecision {
  /** Undefined: there is no schedule any more. */
  readonly state: ScheduleState | undefined;
  readonly firings: readonly Firing[];
}

export interface ScheduleEnv {
  readonly nowMs: number;
  /** Another version was published then, and is not adopted yet: times after it are not this one's. */
  readonly untilMs?: number;
  /** Runs that may be caught up at once; of more, the newest. */
  readonly mostCaughtUp: number;
  /** So many of the firings, the oldest, find room in the line of the flow's limit; absent: all. */
  readonly room?: number;
  /** The id of the run that a firing starts. */
  runOf(atMs: number): string;
}

/** What is at most so late was not missed: it is started whatever `catchUp` says. */
const ON_TIME_MS = 60_000;
/** Times looked at in one search for the newest ones. */
const MOST_LOOKED_AT = 20_000;
const FIRST_WINDOW_MS = 3_600_000;

export const scheduledInput = (atMs: number): Json => ({ scheduledAt: new Date(atMs).toISOString() });

/** The times that follow, as far as they follow from the clock: none after a run that has not ended, none of what waits for events. */
export function upcoming(state: ScheduleState, schedule: Schedule, afterMs: number, most: number): number[] {
  if (state.paused) return [];
  if (schedule.kind === 'after') return state.nextMs === undefined ? [] : [state.nextMs];
  const times = timesOf(schedule, state.anchorMs);
  const found: number[] = [];
  for (let at = times?.next(afterMs); at !== undefined && found.length < most; at = times?.next(at)) found.push(at);
  return found;
}

/** A version was published, or the newest one withdrawn: `newest` is what is in force from `atMs` on. */
export function adopt(
  before: { readonly state: ScheduleState; readonly schedule: Schedule } | undefined,
  newest: (InForce & { readonly publishedMs: number }) | undefined,
  atMs: number,
  env: ScheduleEnv,
): ScheduleDecision {
  if (before !== undefined && newest?.hash === before.state.hash) return { state: before.state, firings: [] };
  // Its times up to then are still its own. Whoever published may be a moment ahead of whoever decides: no time is decided before it comes.
  const fromMs = Math.min(atMs, env.nowMs);
  const last = before === undefined ? undefined : settle(before.state, before.schedule, fromMs, env, 'missed');
  const firings = last?.firings ?? [];
  if (newest === undefined) return { state: undefined, firings };
  const { version, hash, schedule, publishedMs } = newest;
  const decidedMs = Math.max(fromMs, last?.state.decidedMs ?? 0);
  const state: ScheduleState = {
    version,
    hash,
    kind: schedule.kind,
    paused: schedule.paused ?? before?.state.paused ?? false,
    anchorMs: publishedMs,
    decidedMs,
    nextMs: undefined,
    awaits: undefined,
    lastMs: last?.state.lastMs,
    lastRun: last?.state.lastRun,
    missed: last?.state.missed ?? 0,
    waiting: 0,
    gathered: [],
  };
  return { state: { ...state, nextMs: firstAfter(state, schedule, decidedMs) }, firings };
}

/** Its next time may have come. */
export function fire(state: ScheduleState, schedule: Schedule, env: ScheduleEnv): ScheduleDecision {
  return settle(state, schedule, ownUntil(env), env, 'wait');
}

const ownUntil = ({ nowMs, untilMs = nowMs }: ScheduleEnv): number => Math.min(nowMs, untilMs);

/** A run that it started has ended. */
export function ended(state: ScheduleState, schedule: Schedule, run: string, endedMs: number): ScheduleDecision {
  if (schedule.kind !== 'after' || state.awaits !== run) return { state, firings: [] };
  return { state: { ...state, awaits: undefined, nextMs: endedMs + schedule.afterMs }, firings: [] };
}

export function pause(state: ScheduleState, schedule: Schedule, env: ScheduleEnv): ScheduleDecision {
  const { state: settled, firings } = settle(state, schedule, ownUntil(env), env, schedule.kind === 'after' ? 'wait' : 'missed');
  return { state: { ...settled, waiting: 0, paused: true }, firings };
}

/** Times of the pause are nobody's. */
export function resume(state: ScheduleState, schedule: Schedule, { nowMs }: ScheduleEnv): ScheduleDecision {
  if (!state.paused) return { state, firings: [] };
  const decidedMs = Math.max(state.decidedMs, nowMs);
  const nextMs = schedule.kind !== 'after' ? firstAfter(state, schedule, decidedMs) : state.nextMs === undefined ? undefined : Math.max(state.nextMs, nowMs);
  return { state: { ...state, paused: false, decidedMs, nextMs }, firings: [] };
}

function firstAfter(state: ScheduleState, schedule: Schedule, afterMs: number): number | undefined {
  if (schedule.kind === 'after') return afterMs + schedule.afterMs;
  return timesOf(schedule, state.anchorMs)?.next(afterMs);
}

interface Settled {
  readonly state: ScheduleState;
  readonly firings: readonly Firing[];
}

/** Decides every time up to `upToMs`, those without room alone excepted: they `wait`, or are `missed` (I5). */
function settle(state: ScheduleState, schedule: Schedule, upToMs: number, env: ScheduleEnv, without: 'wait' | 'missed'): Settled {
  if (state.paused || upToMs <= state.decidedMs) return { state, firings: [] };
  if (state.nextMs === undefined || state.nextMs > upToMs) return { state, firings: [] };
  if (schedule.kind === 'after') return settleAfter(state, state.nextMs, upToMs, env, without);
  const times = timesOf(schedule, state.anchorMs);
  if (times === undefined) return { state, firings: [] };
  const { version, hash } = state;
  const { kept, missed } = chosen(times, schedule.catchUp, state.decidedMs, upToMs, env);
  const started = kept.slice(0, env.room);
  const left = kept.slice(started.length);
  const [waits] = without === 'wait' ? left : [];
  const last = started.at(-1);
  return {
    state: {
      ...state,
      decidedMs: waits === undefined ? upToMs : Math.max(state.decidedMs, waits - 1),
      nextMs: waits ?? times.next(upToMs),
      ...(last !== undefined && { lastMs: last, lastRun: env.runOf(last) }),
      missed: state.missed + missed + (waits === undefined ? left.length : 0),
      waiting: waits === undefined ? 0 : left.length,
    },
    firings: started.map((atMs) => ({ atMs, version, hash })),
  };
}

function settleAfter(state: ScheduleState, atMs: number, upToMs: number, { room, runOf }: ScheduleEnv, without: 'wait' | 'missed'): Settled {
  if (room === 0) return { state: without === 'wait' ? { ...state, waiting: 1 } : { ...state, missed: state.missed + 1, waiting: 0 }, firings: [] };
  const { version, hash } = state;
  const run = runOf(atMs);
  const next = { ...state, decidedMs: upToMs, nextMs: undefined, awaits: run, lastMs: atMs, lastRun: run, waiting: 0 };
  return { state: next, firings: [{ atMs, version, hash }] };
}

interface Times {
  next(afterMs: number): number | undefined;
  /** The newest in (after, upTo], at most `most` of them and oldest first; and how many there are beside, as far as they were counted. */
  newest(afterMs: number, upToMs: number, most: number): { readonly kept: readonly number[]; readonly older: number };
}

function timesOf(schedule: Schedule, anchorMs: number): Times | undefined {
  if (schedule.kind === 'cron') return cronTimes(parseCron(schedule.cron, schedule.zone).next);
  return schedule.kind === 'every' ? intervalTimes(anchorMs, schedule.everyMs) : undefined;
}

function chosen(times: Times, catchUp: Schedule['catchUp'], afterMs: number, upToMs: number, env: ScheduleEnv): { kept: readonly number[]; missed: number } {
  const { kept, older } = times.newest(afterMs, upToMs, env.mostCaughtUp);
  if (catchUp === 'all') return { kept, missed: older };
  const onTime = kept.filter((atMs) => atMs >= env.nowMs - ON_TIME_MS);
  const started = onTime.length === 0 && catchUp === 'last' ? kept.slice(-1) : onTime;
  return { kept: started, missed: older + kept.length - started.length };
}

function intervalTimes(anchorMs: number, everyMs: number): Times {
  const countAt = (ms: number): number => Math.max(0, Math.floor((ms - anchorMs) / everyMs));
  const at = (count: number): number => anchorMs + count * everyMs;
  return {
    next: (afterMs) => at(countAt(afterMs) + 1),
    newest(afterMs, upToMs, most) {
      const first = countAt(afterMs) + 1;
      const last = countAt(upToMs);
      const count = Math.max(0, last - first + 1);
      const kept = Math.min(count, most);
      return { kept: Array.from({ length: kept }, (_, i) => at(last - kept + 1 + i)), older: count - kept };
    },
  };
}

function cronTimes(next: (afterMs: number) => number | undefined): Times {
  return {
    next,
    newest(afterMs, upToMs, most) {
      // From near the end back: what lies years behind is not counted one by one.
      for (let windowMs = FIRST_WINDOW_MS; ; windowMs *= 4) {
        const fromMs = Math.max(afterMs, upToMs - windowMs);
        const found = within(next, fromMs, upToMs, most);
        if (found.kept.length < most && fromMs > afterMs) continue;
        return found;
      }
    },
  };
}

/** I4: with more in the window than it looks at, it goes on with the newer half. */
function within(next: (afterMs: number) => number | undefined, fromMs: number, upToMs: number, most: number): { kept: number[]; older: number } {
  const found: number[] = [];
  for (let at = next(fromMs); at !== undefined && at <= upToMs; at = next(at)) {
    if (found.length >= Math.max(MOST_LOOKED_AT, most)) return within(next, Math.floor((at + upToMs) / 2), upToMs, most);
    found.push(at);
  }
  return { kept: found.slice(-most), older: Math.max(0, found.length - most) };
}
