// Fires the due timers of the shards owned here. The table holds them all; memory holds a bounded window of the next ones.
// I1 A timer is handed over when engine time has reached its due time, never before (R6, E12).
// I2 The window follows the committed writes of its only owner, so a million waiting timers are neither polled nor held; a slow
//    rereading stands behind it all the same.
// I3 Where more is due than the host takes, what is due is read tenant by tenant: the timers of one wait for no other's (R9).
// I4 What is long overdue goes oldest first at a bounded rate (core/late-pace.ts), so that an outage is not followed by a flood. A process that
//    has just come up begins slowly: its code and caches are cold, and who asks now comes before what has waited for hours.
// Called by shards.ts (open, close), node.ts (after each commit, and every poll).
import { SHARD_COUNT, type Appetite, type DueRead, type Page, type Scheduler, type TimerRow, type Write } from './contract.ts';
import { LatePace } from './core/late-pace.ts';
import { TimerWindow } from './core/timer-window.ts';

const READ_RETRY_MS = 200;
const REREAD_MS = 60_000;
/** A shard that is behind looks again for what has become due since. */
const BEHIND_LOOK_MS = 100;
const DUE_AT_ONCE = 200;
/** While late ones are held back. */
const LATE_AT_ONCE = 32;
/** From LEAST_RATE to the whole rate. Without it new starts took 400 ms at p99 in the first five seconds after an outage. */
const WARM_UP_MS = 10_000;
const LEAST_RATE = 0.1;

export interface TimerPorts {
  readonly scheduler: Scheduler;
  /** Overdue timers handed over in a second by all shards together. */
  readonly overduePerSecond: number;
  timeMs(): number;
  read(shard: number, limit: number): Promise<readonly TimerRow[]>;
  readDue(read: DueRead): Promise<Page<TimerRow>>;
  fire(shard: number, timers: readonly TimerRow[]): void;
  appetite(shard: number): Appetite;
  late(seconds: number): void;
}

interface Open {
  readonly shard: number;
  readonly window: TimerWindow;
  readonly pace: LatePace;
  closed: boolean;
  readAtMs: number;
  /** The due time that the wake-up is set for; undefined when none is. */
  wakesForMs: number | undefined;
  cancel: () => void;
  /** While it is behind: there may be something to read that the last reading did not bring. */
  looks: boolean;
  /** Where the next reading goes on among the tenants. */
  since: string;
  /** Tenants whose timers the last reading left in the table. */
  passedOver: readonly string[];
}

export interface Timers {
  open(shard: number): void;
  close(shard: number): void;
  submitted(write: Write): void;
  committed(write: Write): void;
  /** The host may want more now. */
  wake(shard: number): void;
  poll(): void;
}

export function createTimers(ports: TimerPorts): Timers {
  const opened = new Map<number, Open>();
  const stamps = new WeakMap<Write, number>();
  let stamp = 0;
  /** When the first shard was opened. */
  let beganMs: number | undefined;

  function open(shard: number): void {
    beganMs ??= ports.scheduler.nowMs();
    const state: Open = {
      shard,
      window: new TimerWindow(),
      pace: new LatePace(shard, SHARD_COUNT),
      closed: false,
      readAtMs: 0,
      wakesForMs: undefined,
      cancel: () => undefined,
      looks: true,
      since: '',
      passedOver: [],
    };
    opened.set(shard, state);
    void read(state);
  }

  function close(shard: number): void {
    const state = opened.get(shard);
    if (state === undefined) return;
    opened.delete(shard);
    state.closed = true;
    state.cancel();
  }

  async function read(state: Open): Promise<void> {
    if (state.window.reading) return;
    try {
      await (state.window.behind ? readInTurn(state) : readNext(state));
      if (!state.closed) pump(state);
    } catch {
      state.window.abandonReading();
      ports.scheduler.after(READ_RETRY_MS, () => {
        state.looks = true;
        if (!state.closed) void read(state);
      });
    }
  }

  async function readNext(state: Open): Promise<void> {
    const { shard, window } = state;
    const limit = window.beginReading();
    const rows = await ports.read(shard, limit);
    state.readAtMs = ports.scheduler.nowMs();
    window.endReading(rows, limit, ports.timeMs());
  }

  async function readInTurn(state: Open): Promise<void> {
    const { shard, window, since, pace } = state;
    const { sated } = appetite(state);
    state.looks = false;
    state.passedOver = sated;
    const inHand = window.beginReadingInTurn();
    const page = await ports.readDue({
      shard,
      limit: pace.holdsBack(ports.timeMs()) ? Math.min(DUE_AT_ONCE, Math.max(LATE_AT_ONCE, mostLate(ports.timeMs()))) : DUE_AT_ONCE,
      dueMs: ports.timeMs(),
      inHand,
      sated,
      since,
    });
    state.since = page.since;
    // A reading that went on in the middle has the first tenants before it.
    const more = page.more || since !== '';
    window.endReadingInTurn(page.rows, more || sated.length > 0);
    state.looks ||= more && page.rows.length > 0;
  }

  function submitted(write: Write): void {
    if (write.timersSet !== undefined) stamps.set(write, ++stamp);
  }

  function committed(write: Write): void {
    if (write.timersSet === undefined && write.timersClear === undefined) return;
    const state = opened.get(write.fence.shard);
    if (state === undefined) return;
    for (const timer of write.timersClear ?? []) state.window.clear(timer);
    for (const timer of write.timersSet ?? []) state.window.set(timer, stamps.get(write) ?? stamp);
    pump(state);
  }

  /** Of one shard in a second: those that are late share what the process does. */
  function mostLate(nowMs: number): number {
    let late = 0;
    for (const { pace } of opened.values()) if (pace.holdsBack(nowMs)) late += 1;
    const warm = Math.min(1, LEAST_RATE + (ports.scheduler.nowMs() - (beganMs ?? 0)) / WARM_UP_MS);
    return Math.max(1, Math.round((ports.overduePerSecond * warm) / Math.max(1, late)));
  }

  /** Late tenants that have had their part are passed over like those that have their share in hand. */
  function appetite({ shard, pace }: Open): Appetite {
    const { rows, sated } = ports.appetite(shard);
    const nowMs = ports.timeMs();
    return pace.holdsBack(nowMs) ? { rows, sated: [...new Set([...sated, ...pace.sated(nowMs, mostLate(nowMs))])] } : { rows, sated };
  }

  /** Hands over what is due and wants no more than the host does; then sleeps until the next is due. */
  function pump(state: Open): void {
    const now = ports.timeMs();
    const next = state.window.first();
    if (next !== undefined && next.dueMs <= now) {
      const { rows, sated } = ports.appetite(state.shard);
      const most = mostLate(now);
      const due = state.window.takeDue(now, rows, stamp, (timer) => !sated.includes(timer.tenant) && state.pace.admits(timer, now, most));
      for (const timer of due) ports.late((now - timer.dueMs) / 1_000);
      if (due.length > 0) ports.fire(state.shard, due);
      if (state.closed) return;
    }
    if (wantsReading(state, now)) void read(state);
    sleep(state, now);
  }

  function wantsReading({ shard, window, looks }: Open, nowMs: number): boolean {
    if (!window.behind) return window.runsOut;
    const next = window.first();
    const hasDue = next !== undefined && next.dueMs <= nowMs;
    return looks && (window.runsOut || !hasDue) && ports.appetite(shard).rows > 0;
  }

  function sleep(state: Open, nowMs: number): void {
    const next = state.window.first();
    // Due but not wanted: the host is full, and a commit of the shard wakes us.
    const nextMs = next === undefined || next.dueMs <= nowMs ? undefined : next.dueMs;
    const forMs = state.window.behind ? Math.min(state.wakesForMs ?? Infinity, nowMs + BEHIND_LOOK_MS) : nextMs;
    if (forMs === state.wakesForMs) return;
    state.cancel();
    state.wakesForMs = forMs;
    state.cancel =
      forMs === undefined
        ? () => undefined
        : ports.scheduler.after(Math.max(1, forMs - nowMs), () => {
            state.wakesForMs = undefined;
            state.looks = true;
            pump(state);
          });
  }

  function poll(): void {
    for (const state of opened.values()) {
      state.looks = true;
      pump(state);
      if (ports.scheduler.nowMs() - state.readAtMs >= REREAD_MS) void read(state);
    }
  }

  function wake(shard: number): void {
    const state = opened.get(shard);
    if (state === undefined) return;
    const { window } = state;
    if (window.behind && state.passedOver.length > 0) {
      const { sated } = appetite(state);
      if (state.passedOver.some((tenant) => !sated.includes(tenant))) state.looks = true;
    }
    const next = window.first();
    if ((window.behind && state.looks) || (next !== undefined && next.dueMs <= ports.timeMs())) pump(state);
  }

  return { open, close, submitted, committed, wake, poll };
}
