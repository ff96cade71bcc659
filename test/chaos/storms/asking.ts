// Clients that ask through a storm at a steady pace, by the clock, and write down each answer: what it was, when, and how long it took.
// I1 A question is asked when its time has come, whether the ones before it were answered or not.
// I2 What was acknowledged stands in the books; what nobody knows the outcome of is asked again after the storm, under the same key.
import { setTimeout as sleep } from 'node:timers/promises';
import { openDoor, type Answer, type Door } from '../door.ts';
import { HOLD, STEPS } from '../flows.ts';
import type { OneProcess } from '../houses.ts';
import type { Session } from '../ledger.ts';

type Kind = 'start' | 'read' | 'signal' | 'ready';

export interface Asked {
  readonly kind: Kind;
  /** Monotonic. */
  readonly sentMs: number;
  readonly tookMs: number;
  /** Undefined: the connection ended, or no answer came within ANSWER_LIMIT_MS. */
  readonly answer: Answer | undefined;
}

export interface Asking {
  readonly asked: readonly Asked[];
  /** Asks nothing more; resolves when everything is answered, and what was unknown is known. */
  finish(): Promise<readonly Session[]>;
}

const TICK_MS = 50;
/** Longer than any answer may take, so that what hangs is seen to. */
const ANSWER_LIMIT_MS = 45_000;
const SOCKETS = 2_000;
/** One start a tick; the others more rarely. */
const EVERY: readonly (readonly [Kind, number])[] = [
  ['start', 1],
  ['read', 4],
  ['signal', 5],
  ['ready', 10],
];

export async function startAsking({ door, credentials }: OneProcess, series: string): Promise<Asking> {
  const patient = openDoor(credentials, { answerMs: ANSWER_LIMIT_MS, sockets: SOCKETS });
  const held = String((await door.must('POST', '/v1/runs', { flow: HOLD, input: { n: 0 } })).body['id']);
  const asked: Asked[] = [];
  const sessions: Session[] = [];
  const unknown: number[] = [];
  const open = new Set<Promise<void>>();
  let ending = false;

  async function ask(kind: Kind, n: number): Promise<void> {
    const sentMs = performance.now();
    const answer = await question(patient, kind, held, series, n);
    asked.push({ kind, sentMs, tookMs: performance.now() - sentMs, answer });
    if (kind !== 'start') return;
    if (answer !== undefined && answer.status < 300) sessions.push(sessionOf(answer, series, n));
    else if (answer === undefined || answer.body['code'] === 'outcome.unknown') unknown.push(n);
  }

  async function run(): Promise<void> {
    const beginMs = performance.now();
    for (let n = 1; !ending; n++) {
      await sleep(Math.max(0, beginMs + n * TICK_MS - performance.now()));
      for (const [kind, every] of EVERY) {
        if (n % every !== 0) continue;
        const one = ask(kind, n).finally(() => open.delete(one));
        open.add(one);
      }
    }
  }

  const running = run();
  return {
    asked,
    async finish() {
      ending = true;
      await running;
      await Promise.all(open);
      patient.close();
      for (const n of unknown) sessions.push(sessionOf(await door.must('POST', '/v1/runs', startOf(n), `${series}-${n}`), series, n));
      return sessions;
    },
  };
}

const startOf = (n: number): unknown => ({ flow: STEPS, input: { n } });

function question(door: Door, kind: Kind, held: string, series: string, n: number): Promise<Answer | undefined> {
  switch (kind) {
    case 'start':
      return door.ask('POST', '/v1/runs', startOf(n), `${series}-${n}`);
    case 'read':
      return door.ask('GET', `/v1/runs/${held}`);
    case 'signal':
      return door.ask('POST', `/v1/runs/${held}/signals`, { name: 'other', data: { n } }, `${series}-${n}-signal`);
    case 'ready':
      return door.ask('GET', '/readyz');
  }
}

const sessionOf = ({ body }: Answer, series: string, n: number): Session => ({ flow: STEPS, key: `${series}-${n}`, number: n, run: String(body['id']) });
