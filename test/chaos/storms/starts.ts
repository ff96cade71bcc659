// New starts at a steady pace, by the clock: how long each took, and which were not accepted.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Door } from '../door.ts';
import { PLAIN } from '../flows.ts';
import type { Host, Timed } from './host.ts';

interface Pace {
  readonly seconds: number;
  /** Of its keys. */
  readonly series: string;
}

export interface Refused extends Timed {
  /** Its status and code, or that there was no answer. */
  readonly why: string;
}

export interface Starts {
  readonly accepted: readonly Timed[];
  readonly refused: readonly Refused[];
}

const NO_ANSWER = 'no answer';
const PACE_MS = 25;
/** Of the starts of so long a time that are to be judged. */
const ENOUGH = 0.9;
export const enoughIn = (seconds: number): number => (ENOUGH * seconds * 1_000) / PACE_MS;

export async function steadyStarts(door: Door, { seconds, series }: Pace): Promise<Starts> {
  const accepted: Timed[] = [];
  const refused: Refused[] = [];
  const open: Promise<void>[] = [];
  const beginMs = performance.now();
  for (let n = 1; n * PACE_MS < seconds * 1_000; n++) {
    const dueMs = beginMs + n * PACE_MS;
    await sleep(Math.max(0, dueMs - performance.now()));
    open.push(
      door.ask('POST', '/v1/runs', { flow: PLAIN, input: { n } }, `${series}-${n}`).then((answer) => {
        const timed = { dueMs, tookMs: performance.now() - dueMs };
        if (answer?.status === 201) accepted.push(timed);
        else refused.push({ ...timed, why: answer === undefined ? NO_ANSWER : `${answer.status} ${String(answer.body['code'])}` });
      }),
    );
  }
  await Promise.all(open);
  return { accepted, refused };
}

export function together(parts: readonly Starts[]): Starts {
  return { accepted: parts.flatMap(({ accepted }) => accepted), refused: parts.flatMap(({ refused }) => refused) };
}

/** A server without processors may refuse, and says so; in undisturbed moments nobody is refused, and everybody is answered always. */
export function refusalsIn({ refused }: Starts, host: Host): string[] {
  const undisturbed = new Set(host.undisturbed(refused));
  const reasons = refused.filter((one) => one.why === NO_ANSWER || undisturbed.has(one)).map(({ why }) => why);
  return [...new Set(reasons)].map((why) => `${reasons.filter((one) => one === why).length} starts were refused: ${why}`);
}
