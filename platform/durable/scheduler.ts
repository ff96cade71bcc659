// Real time and scheduling for the durable component; the simulator brings its own.
// I1 nowMs never goes back and counts time in which the machine slept: a lease must not outlive a closed laptop lid.
// I2 A delay longer than setTimeout can hold is split, never cut.
import { uptime } from 'node:os';
import type { Scheduler } from './contract.ts';

const LONGEST_TIMEOUT_MS = 2_147_483_647;
const SLEEP_CHECK_EVERY_MS = 500;
const SLEEP_NOTICED_MS = 1_000;

export function realScheduler(): Scheduler {
  const nowMs = countingSleep();
  return {
    nowMs,
    after: (delayMs, task) => after(delayMs, task),
    soon: (task) => void setImmediate(task),
    wallMs: () => Date.now(),
  };
}

/** The monotonic clock stops while the machine sleeps; its uptime does not. What they differ by is added. */
function countingSleep(): () => number {
  let sleptMs = 0;
  let checkedAtMs = performance.now();
  let uptimeMs = uptime() * 1_000;
  return () => {
    const now = performance.now();
    if (now - checkedAtMs >= SLEEP_CHECK_EVERY_MS) {
      const up = uptime() * 1_000;
      const missingMs = up - uptimeMs - (now - checkedAtMs);
      if (missingMs > SLEEP_NOTICED_MS) sleptMs += missingMs;
      checkedAtMs = now;
      uptimeMs = up;
    }
    return now + sleptMs;
  };
}

function after(delayMs: number, task: () => void): () => void {
  let remainingMs = Math.max(0, delayMs);
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const stepMs = Math.min(remainingMs, LONGEST_TIMEOUT_MS);
    remainingMs -= stepMs;
    timer = setTimeout(remainingMs > 0 ? arm : task, stepMs);
  };
  arm();
  return () => clearTimeout(timer);
}
