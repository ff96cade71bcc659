// When schedules start runs: down times, publications, pauses, ends of runs, clocks that go back.
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { Schedule } from './program.ts';
import { adopt, ended, fire, pause, resume, type InForce, type ScheduleEnv, type ScheduleState } from './schedule.ts';

const T0 = Date.parse('2026-03-01T00:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const every = (everyMs: number, terms: Partial<Schedule> = {}): Schedule => ({ kind: 'every', everyMs, catchUp: 'all', ...terms }) as Schedule;
const cron = (text: string, terms: Partial<Schedule> = {}): Schedule => ({ kind: 'cron', cron: text, zone: 'UTC', catchUp: 'all', ...terms }) as Schedule;
const inForce = (schedule: Schedule, version = '1.0.0'): InForce => ({ version, hash: `hash ${version} ${JSON.stringify(schedule)}`, schedule });
const env = (nowMs: number, mostCaughtUp = 1_000): ScheduleEnv => ({ nowMs, mostCaughtUp, runOf: (atMs) => `run at ${atMs}` });
const published = (schedule: Schedule, atMs = T0): ScheduleState =>
  adopt(undefined, { ...inForce(schedule), publishedMs: atMs }, atMs, env(atMs)).state as ScheduleState;
const times = ({ firings }: { firings: readonly { atMs: number }[] }): number[] => firings.map(({ atMs }) => (atMs - T0) / MINUTE);

describe('intervals', () => {
  it('are counted from the publication and do not drift', () => {
    let state = published(every(10 * MINUTE));
    const fired: number[] = [];
    for (const late of [3, 0, 7_000, 12, 59_000]) {
      const decision = fire(state, every(10 * MINUTE), env((state.nextMs ?? 0) + late));
      fired.push(...times(decision));
      state = decision.state as ScheduleState;
    }
    expect(fired).toEqual([10, 20, 30, 40, 50]);
    expect(state.nextMs).toBe(T0 + 60 * MINUTE);
  });

  it('start nothing before their time, and nothing twice when the clock goes back', () => {
    const schedule = every(10 * MINUTE);
    const state = published(schedule);
    expect(fire(state, schedule, env(T0 + 9 * MINUTE)).firings).toEqual([]);
    const once = fire(state, schedule, env(T0 + 10 * MINUTE)).state as ScheduleState;
    for (const backMs of [0, 1, 5 * MINUTE, 20 * MINUTE]) expect(fire(once, schedule, env(T0 + 10 * MINUTE - backMs)).firings).toEqual([]);
  });
});

describe('what fell into a down time', () => {
  it('is started, all of it and oldest first', () => {
    const schedule = every(10 * MINUTE);
    expect(times(fire(published(schedule), schedule, env(T0 + 45 * MINUTE)))).toEqual([10, 20, 30, 40]);
  });

  it('is bounded: of more than the bound the newest are started and the others counted', () => {
    const schedule = every(MINUTE);
    const { state, firings } = fire(published(schedule), schedule, env(T0 + DAY, 100));
    expect(firings).toHaveLength(100);
    expect(firings.at(-1)?.atMs).toBe(T0 + DAY);
    expect(state?.missed).toBe(1_440 - 100);
  });

  it('is only the newest one when the flow says last', () => {
    const schedule = every(10 * MINUTE, { catchUp: 'last' });
    const { state, firings } = fire(published(schedule), schedule, env(T0 + 45 * MINUTE));
    expect(times({ firings })).toEqual([40]);
    expect(state?.missed).toBe(3);
  });

  it('is nothing when the flow says skip, but what is hardly late is not missed', () => {
    const schedule = every(10 * MINUTE, { catchUp: 'skip' });
    const late = fire(published(schedule), schedule, env(T0 + 45 * MINUTE));
    expect([times(late), late.state?.missed]).toEqual([[], 4]);
    const hardly = fire(published(schedule), schedule, env(T0 + 40 * MINUTE + 30_000));
    expect([times(hardly), hardly.state?.missed]).toEqual([[40], 3]);
  });

  it('is found in bounded work after years of a cron that fires every second', () => {
    const schedule = cron('* * * * * *');
    const { firings, state } = fire(published(schedule), schedule, env(T0 + 1_000 * DAY, 50));
    expect(firings).toHaveLength(50);
    expect(firings.at(-1)?.atMs).toBe(T0 + 1_000 * DAY);
    expect(state?.nextMs).toBe(T0 + 1_000 * DAY + 1_000);
  });

  it('is found also where the times lie close together and long ago', () => {
    const schedule = cron('* * * 3 *');
    const { firings } = fire(published(schedule), schedule, env(T0 + 200 * DAY, 3));
    expect(firings.map(({ atMs }) => new Date(atMs).toISOString())).toEqual([
      '2026-03-31T23:57:00.000Z',
      '2026-03-31T23:58:00.000Z',
      '2026-03-31T23:59:00.000Z',
    ]);
  });
});

describe('a publication', () => {
  it('lets the version before have its times up to then, and no others', () => {
    const one = every(10 * MINUTE);
    const two = inForce(cron('5 * * * *'), '2.0.0');
    const atMs = T0 + 35 * MINUTE;
    const { state, firings } = adopt({ state: published(one), schedule: one }, { ...two, publishedMs: atMs }, atMs, env(atMs + HOUR));
    expect(times({ firings })).toEqual([10, 20, 30]);
    expect(new Set(firings.map(({ version }) => version))).toEqual(new Set(['1.0.0']));
    expect(state?.nextMs).toBe(T0 + 65 * MINUTE);
    expect(times(fire(state as ScheduleState, two.schedule, env(atMs + HOUR)))).toEqual([65]);
  });

  it('that its owner has not heard of yet keeps its times from the version before', () => {
    const one = every(10 * MINUTE);
    const unheard = { ...env(T0 + DAY), untilMs: T0 + 35 * MINUTE };
    expect(times(fire(published(one), one, unheard))).toEqual([10, 20, 30]);
    expect(times(pause(published(one), one, unheard))).toEqual([10, 20, 30]);
  });

  it('by somebody whose clock is ahead decides no time before it comes', () => {
    const one = every(10 * MINUTE);
    const two = inForce(every(MINUTE), '2.0.0');
    const atMs = T0 + 25 * MINUTE;
    const { state, firings } = adopt({ state: published(one), schedule: one }, { ...two, publishedMs: atMs }, atMs, env(atMs - 10 * MINUTE));
    expect(times({ firings })).toEqual([10]);
    expect([state?.decidedMs, state?.nextMs]).toEqual([T0 + 15 * MINUTE, T0 + 26 * MINUTE]);
  });

  it('without a schedule ends it', () => {
    const schedule = every(10 * MINUTE);
    const { state, firings } = adopt({ state: published(schedule), schedule }, undefined, T0 + 25 * MINUTE, env(T0 + DAY));
    expect(state).toBeUndefined();
    expect(times({ firings })).toEqual([10, 20]);
  });

  it('of the same content changes nothing', () => {
    const schedule = every(10 * MINUTE);
    const state = published(schedule);
    expect(adopt({ state, schedule }, { ...inForce(schedule), publishedMs: T0 }, T0 + HOUR, env(T0 + HOUR)).state).toBe(state);
  });

  it('keeps a pause that a person made, unless the document says otherwise', () => {
    const schedule = every(10 * MINUTE);
    const paused = pause(published(schedule), schedule, env(T0)).state as ScheduleState;
    const next = (said: Partial<Schedule>): boolean | undefined =>
      adopt({ state: paused, schedule }, { ...inForce(every(HOUR, said), '2.0.0'), publishedMs: T0 }, T0, env(T0)).state?.paused;
    expect([next({}), next({ paused: false }), next({ paused: true })]).toEqual([true, false, true]);
  });
});

describe('a pause', () => {
  it('starts nothing, and what fell into it is nobody’s', () => {
    const schedule = every(10 * MINUTE);
    const { state: paused, firings } = pause(published(schedule), schedule, env(T0 + 15 * MINUTE));
    expect(times({ firings })).toEqual([10]);
    expect(fire(paused as ScheduleState, schedule, env(T0 + HOUR)).firings).toEqual([]);
    const { state } = resume(paused as ScheduleState, schedule, env(T0 + 65 * MINUTE));
    expect([state?.nextMs, state?.missed]).toEqual([T0 + 70 * MINUTE, 0]);
  });
});

describe('after', () => {
  const schedule: Schedule = { kind: 'after', afterMs: 10 * MINUTE, catchUp: 'all' };

  it('starts the given time after the publication, then after the end of each run', () => {
    const first = fire(published(schedule), schedule, env(T0 + 10 * MINUTE));
    expect(times(first)).toEqual([10]);
    expect(first.state?.nextMs).toBeUndefined();
    expect(fire(first.state as ScheduleState, schedule, env(T0 + DAY)).firings).toEqual([]);
    const over = ended(first.state as ScheduleState, schedule, first.state?.awaits ?? '', T0 + 45 * MINUTE);
    expect(over.state?.nextMs).toBe(T0 + 55 * MINUTE);
    expect(times(fire(over.state as ScheduleState, schedule, env(T0 + 56 * MINUTE)))).toEqual([55]);
  });

  it('waits for no run but its own', () => {
    const { state } = fire(published(schedule), schedule, env(T0 + 10 * MINUTE));
    expect(ended(state as ScheduleState, schedule, 'another run', T0 + 45 * MINUTE).state).toBe(state);
  });

  it('goes on after a pause', () => {
    const { state } = fire(published(schedule), schedule, env(T0 + 10 * MINUTE));
    const paused = pause(state as ScheduleState, schedule, env(T0 + 11 * MINUTE)).state as ScheduleState;
    const over = ended(paused, schedule, paused.awaits ?? '', T0 + 20 * MINUTE).state as ScheduleState;
    expect(fire(over, schedule, env(T0 + HOUR)).firings).toEqual([]);
    expect(resume(over, schedule, env(T0 + HOUR)).state?.nextMs).toBe(T0 + HOUR);
  });
});

describe('a line that is full', () => {
  const full = (nowMs: number, room = 0): ScheduleEnv => ({ ...env(nowMs), room });

  it('decides nothing: all of it is started once there is room, oldest first', () => {
    const schedule = every(10 * MINUTE);
    const first = fire(published(schedule), schedule, full(T0 + 25 * MINUTE));
    expect([times(first), first.state?.waiting, first.state?.missed]).toEqual([[], 2, 0]);
    const some = fire(first.state as ScheduleState, schedule, full(T0 + 45 * MINUTE, 3));
    expect([times(some), some.state?.waiting, some.state?.nextMs]).toEqual([[10, 20, 30], 1, T0 + 40 * MINUTE]);
    const rest = fire(some.state as ScheduleState, schedule, env(T0 + 50 * MINUTE));
    expect([times(rest), rest.state?.waiting, rest.state?.missed]).toEqual([[40, 50], 0, 0]);
  });

  it('leaves only the newest time waiting when the flow says last, and counts the others', () => {
    const schedule = every(10 * MINUTE, { catchUp: 'last' });
    const first = fire(published(schedule), schedule, full(T0 + 45 * MINUTE));
    expect([times(first), first.state?.waiting, first.state?.missed]).toEqual([[], 1, 3]);
    const then = fire(first.state as ScheduleState, schedule, env(T0 + 75 * MINUTE));
    expect([times(then), then.state?.missed]).toEqual([[70], 6]);
  });

  it('is waited for by no time that is late when the flow says skip', () => {
    const schedule = every(10 * MINUTE, { catchUp: 'skip' });
    const first = fire(published(schedule), schedule, full(T0 + 10 * MINUTE + 5_000));
    expect([times(first), first.state?.waiting, first.state?.missed]).toEqual([[], 1, 0]);
    const soon = fire(first.state as ScheduleState, schedule, env(T0 + 10 * MINUTE + 50_000));
    expect([times(soon), soon.state?.missed]).toEqual([[10], 0]);
    const late = fire(first.state as ScheduleState, schedule, env(T0 + 12 * MINUTE));
    expect([times(late), late.state?.waiting, late.state?.missed, late.state?.nextMs]).toEqual([[], 0, 1, T0 + 20 * MINUTE]);
  });

  it('keeps no more times than are caught up at once', () => {
    const schedule = every(MINUTE);
    const { state } = fire(published(schedule), schedule, { ...env(T0 + DAY, 100), room: 0 });
    expect([state?.waiting, state?.missed, state?.nextMs]).toEqual([100, 1_340, T0 + DAY - 99 * MINUTE]);
  });

  it('stops no publication and no pause: what waited is counted as missed', () => {
    const schedule = every(10 * MINUTE);
    const { state } = fire(published(schedule), schedule, full(T0 + 25 * MINUTE));
    const before = { state: state as ScheduleState, schedule };
    const two = { ...inForce(every(HOUR), '2.0.0'), publishedMs: T0 + 35 * MINUTE };
    const adopted = adopt(before, two, T0 + 35 * MINUTE, full(T0 + 35 * MINUTE, 1));
    expect([times(adopted), adopted.state?.missed, adopted.state?.waiting, adopted.state?.decidedMs]).toEqual([[10], 2, 0, T0 + 35 * MINUTE]);
    const held = pause(before.state, schedule, full(T0 + 35 * MINUTE));
    expect([times(held), held.state?.missed, held.state?.waiting]).toEqual([[], 3, 0]);
  });

  it('holds a time after the run before back, also over a pause', () => {
    const schedule: Schedule = { kind: 'after', afterMs: 10 * MINUTE, catchUp: 'all' };
    const { state } = fire(published(schedule), schedule, full(T0 + 10 * MINUTE));
    expect([state?.waiting, state?.awaits, state?.nextMs]).toEqual([1, undefined, T0 + 10 * MINUTE]);
    const paused = pause(state as ScheduleState, schedule, full(T0 + 11 * MINUTE)).state as ScheduleState;
    const resumed = resume(paused, schedule, env(T0 + 12 * MINUTE)).state as ScheduleState;
    expect([times(fire(resumed, schedule, env(T0 + 12 * MINUTE + 1))), paused.missed]).toEqual([[12], 0]);
    expect(adopt({ state: state as ScheduleState, schedule }, undefined, T0 + HOUR, full(T0 + HOUR)).firings).toEqual([]);
  });
});

describe('whenever anybody looks', () => {
  it('each time is started exactly once, whatever room there is', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(every(7 * MINUTE), cron('*/7 * * * *')),
        fc.array(fc.record({ step: fc.integer({ min: -HOUR, max: 2 * HOUR }), room: fc.integer({ min: 0, max: 6 }) }), { minLength: 1, maxLength: 20 }),
        (schedule, looks) => {
          let state = published(schedule);
          let nowMs = T0;
          let furthestMs = T0;
          const fired: number[] = [];
          const look = (room?: number): void => {
            const decision = fire(state, schedule, { ...env(nowMs, 100_000), ...(room !== undefined && { room }) });
            fired.push(...decision.firings.map(({ atMs }) => atMs));
            state = decision.state as ScheduleState;
          };
          for (const { step, room } of looks) {
            nowMs += step;
            furthestMs = Math.max(furthestMs, nowMs);
            look(room);
          }
          nowMs = furthestMs;
          look();
          const wanted = fire(published(schedule), schedule, env(furthestMs, 100_000)).firings.map(({ atMs }) => atMs);
          expect(fired).toEqual(wanted);
          expect([state.missed, state.waiting]).toEqual([0, 0]);
        },
      ),
    );
  });

  it('each time is started exactly once', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(every(7 * MINUTE), cron('*/7 * * * *'), cron('13 */2 * * *')),
        fc.array(fc.integer({ min: -2 * HOUR, max: 5 * HOUR }), { minLength: 1, maxLength: 20 }),
        (schedule, steps) => {
          let state = published(schedule);
          let nowMs = T0;
          let furthestMs = T0;
          const fired: number[] = [];
          for (const step of steps) {
            nowMs += step;
            furthestMs = Math.max(furthestMs, nowMs);
            const decision = fire(state, schedule, env(nowMs, 100_000));
            fired.push(...decision.firings.map(({ atMs }) => atMs));
            state = decision.state as ScheduleState;
          }
          const wanted = fire(published(schedule), schedule, env(furthestMs, 100_000)).firings.map(({ atMs }) => atMs);
          expect(fired).toEqual(wanted);
        },
      ),
    );
  });
});
