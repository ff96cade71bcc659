// What the results of canary runs say about this process. Pure: times come in, monotonic, in milliseconds.
// I1 Nothing is wrong before the first failure: a fresh start is ready without a canary.
// I2 One success ends every doubt.

export type CanaryResult = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export interface CanaryHealth {
  /** Of the first failure since the last success. */
  readonly failingSinceMs?: number;
  /** Of the newest failure, one sentence. */
  readonly reason?: string;
}

export const NO_DOUBT: CanaryHealth = {};

export function afterResult(before: CanaryHealth, result: CanaryResult, nowMs: number): CanaryHealth {
  return result.ok ? NO_DOUBT : { failingSinceMs: before.failingSinceMs ?? nowMs, reason: result.reason };
}

/** One sentence once it has failed for so long; `limitMs` 0 never says so. */
export function whyNotReady({ failingSinceMs, reason }: CanaryHealth, nowMs: number, limitMs: number): string | undefined {
  if (failingSinceMs === undefined || limitMs === 0 || nowMs - failingSinceMs < limitMs) return undefined;
  const minutes = Math.floor((nowMs - failingSinceMs) / 60_000);
  return `canary runs fail since ${minutes === 0 ? 'less than a minute' : `${minutes} min`}: ${reason ?? 'no reason is known'}`;
}
