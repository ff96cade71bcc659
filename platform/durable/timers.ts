// Fires the due timers of the shards owned here. The table holds them all; memory holds a bounded window of the next ones.
// I1 A timer is handed over when engine time has reached its due time, never before (R6, E12).
// I2 The window follows the committed writes of its only owner, so a million waiting timers are neither polled nor held; a slow
//    rereading stands behind it all the same.
// Called by shards.ts (open, close), node.ts (after each commit, and every poll).
import type { Scheduler, TimerRow, Write } from './contract.ts';
import { TimerWindow } from './core/timer-window.ts';

const READ_RETRY_MS = 200;
const REREAD_MS = 60_000;

export interface TimerPorts {
  readonly scheduler: Scheduler;
  timeMs(): number;
  read(shard: number, limit: number): Promise<readonly TimerRow[]>;
  fire(shard: number, timers: readonly TimerRow[]): void;
  appetite(shard: number): number;
  late(seconds: number): void;
}

interface Open {
  readonly shard: number;
  readonly window: TimerWindow;
  closed: boolean;
  readAtMs: number;
  /** The due time that the wake-up is set for; undefined when none is. */
  wakesForMs: number | undefined;
  cancel: () => void;
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

  function open(shard: number): void {
    const state: Open = { shard, window: new TimerWindow(), closed: false, readAtMs: 0, wakesForMs: undefined, cancel: () => undefined };
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
    const limit = state.window.beginReading();
    try {
      const rows = await ports.read(state.shard, limit);
      if (state.closed) return;
      state.readAtMs = ports.scheduler.nowMs();
      state.window.endReading(rows, limit);
      pump(state);
    } catch {
      state.window.abandonReading();
      ports.scheduler.after(READ_RETRY_MS, () => {
        if (!state.closed) void read(state);
      });
    }
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

  /** Hands over what is due and wants no more than the host does; then sleeps until the next is due. */
  function pump(state: Open): void {
    const now = ports.timeMs();
    const next = state.window.first();
    if (next !== undefined && next.dueMs <= now) {
      const due = state.window.takeDue(now, Math.max(0, ports.appetite(state.shard)), stamp);
      for (const timer of due) ports.late((now - timer.dueMs) / 1_000);
      if (due.length > 0) ports.fire(state.shard, due);
      if (state.closed) return;
    }
    if (state.window.runsOut) void read(state);
    sleep(state, now);
  }

  function sleep(state: Open, nowMs: number): void {
    const next = state.window.first();
    // Due but not wanted: the host is full, and a commit of the shard wakes us.
    const forMs = next === undefined || next.dueMs <= nowMs ? undefined : next.dueMs;
    if (forMs === state.wakesForMs) return;
    state.cancel();
    state.wakesForMs = forMs;
    state.cancel =
      forMs === undefined
        ? () => undefined
        : ports.scheduler.after(Math.max(1, forMs - nowMs), () => {
            state.wakesForMs = undefined;
            pump(state);
          });
  }

  function poll(): void {
    for (const state of opened.values()) {
      pump(state);
      if (ports.scheduler.nowMs() - state.readAtMs >= REREAD_MS) void read(state);
    }
  }

  function wake(shard: number): void {
    const state = opened.get(shard);
    const next = state?.window.first();
    if (state !== undefined && next !== undefined && next.dueMs <= ports.timeMs()) pump(state);
  }

  return { open, close, submitted, committed, wake, poll };
}
