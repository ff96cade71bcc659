// New starts at a steady pace, by the clock: how long each took, and which were not accepted.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Door } from '../door.ts';
import { PLAIN } from '../flows.ts';

interface Pace {
  readonly seconds: number;
  /** Of its keys. */
  readonly series: string;
}

export interface Starts {
  readonly tookMs: number[];
  readonly problems: readonly string[];
}

const PACE_MS = 25;

export async function p99OfStarts(door: Door, { seconds, series }: Pace): Promise<Starts> {
  const tookMs: number[] = [];
  const refusals: Record<string, number> = {};
  const open: Promise<void>[] = [];
  const beginMs = performance.now();
  for (let n = 1; n * PACE_MS < seconds * 1_000; n++) {
    const dueMs = beginMs + n * PACE_MS;
    await sleep(Math.max(0, dueMs - performance.now()));
    open.push(
      door.ask('POST', '/v1/runs', { flow: PLAIN, input: { n } }, `${series}-${n}`).then((answer) => {
        if (answer?.status === 201) return void tookMs.push(performance.now() - dueMs);
        const name = answer === undefined ? 'no answer' : `${answer.status} ${String(answer.body['code'])}`;
        refusals[name] = (refusals[name] ?? 0) + 1;
      }),
    );
  }
  await Promise.all(open);
  return { tookMs, problems: Object.entries(refusals).map(([name, count]) => `${count} starts of ${series}: ${name}`) };
}
