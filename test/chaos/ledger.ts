// The client's own books: every start and signal that was acknowledged, kept outside the installation under test.
// I1 A session goes on through faults with the same Idempotency-Key until it is acknowledged; only then it is written down.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Door } from './door.ts';
import { DOUBT, PARENT, SIGNAL, STEPS } from './flows.ts';

export interface Session {
  readonly flow: string;
  readonly key: string;
  readonly number: number;
  /** Acknowledged. */
  readonly run: string;
  /** Command id of the acknowledged signal. */
  readonly signal?: string;
}

export interface Load {
  /** No new sessions; resolves when those under way have ended. */
  finish(): Promise<readonly Session[]>;
  /** Sessions acknowledged so far. */
  count(): number;
}

const MIX = [STEPS, SIGNAL, DOUBT, PARENT, STEPS, SIGNAL];

export function startLoad(door: Door, round: string, clients: number, pauseMs: number): Load {
  const sessions: Session[] = [];
  const problems: unknown[] = [];
  let ending = false;
  let number = 0;
  async function client(): Promise<void> {
    while (!ending) {
      number += 1;
      const n = number;
      try {
        sessions.push(await session(door, MIX[n % MIX.length] as string, `${round}-${n}`, n));
      } catch (error) {
        problems.push(error);
        return;
      }
      await sleep(Math.random() * 2 * pauseMs);
    }
  }
  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    count: () => sessions.length,
    async finish() {
      ending = true;
      await all;
      if (problems.length > 0) throw problems[0];
      return sessions;
    },
  };
}

async function session(door: Door, flow: string, key: string, number: number): Promise<Session> {
  const started = await door.must('POST', '/v1/runs', { flow, input: { n: number } }, key);
  const run = String(started.body['id']);
  if (flow !== SIGNAL) return { flow, key, number, run };
  await sleep(Math.random() * 100);
  const sent = await door.must('POST', `/v1/runs/${run}/signals`, { name: 'go', data: { n: number } }, `${key}-go`);
  return { flow, key, number, run, signal: String(sent.body['id']) };
}
