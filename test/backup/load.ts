// A load of starts and signals that writes down what was acknowledged, and when.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Door } from '../chaos/door.ts';
import { DOUBT, PARENT, PLAIN, SIGNAL, STEPS } from '../chaos/flows.ts';

export interface Acknowledged {
  readonly what: 'run' | 'signal';
  readonly id: string;
  /** This machine's clock, which is the database's too. */
  readonly atMs: number;
}

const MIX = [PLAIN, SIGNAL, PLAIN, STEPS, SIGNAL, DOUBT, PLAIN, PARENT];

/** `stop` resolves when what was under way is answered, or never will be. */
export function startBackupLoad(door: Door, clients: number): { readonly acknowledged: Acknowledged[]; stop(): Promise<void> } {
  const acknowledged: Acknowledged[] = [];
  let ending = false;
  let number = 0;
  async function client(): Promise<void> {
    while (!ending) {
      number += 1;
      const flow = MIX[number % MIX.length] ?? PLAIN;
      const started = await door.ask('POST', '/v1/runs', { flow, input: { n: number } }, `backup-${number}`);
      if (started?.status !== 201) {
        await sleep(20);
        continue;
      }
      const run = String(started.body['id']);
      acknowledged.push({ what: 'run', id: run, atMs: Date.now() });
      // Some wait for their signal for a while, some for ever.
      if (flow !== SIGNAL || Math.random() < 0.3) continue;
      await sleep(Math.random() * 30);
      const sent = await door.ask('POST', `/v1/runs/${run}/signals`, { name: 'go', data: { n: number } });
      if (sent?.status === 202) acknowledged.push({ what: 'signal', id: String(sent.body['id']), atMs: Date.now() });
    }
  }
  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    acknowledged,
    async stop() {
      ending = true;
      await all;
    },
  };
}
