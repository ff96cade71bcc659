// What can be done to a run. A verb is accepted (202) and decided by the run's owner: `settled` waits for what became of it.
import type { accepted, bulkResult, bulkRuns, commandState, forked, forkRun, resolveEffect, retryRun, sendSignal } from '@palace/flow/contract.ts';
import type { z } from 'zod';
import { ask, get } from './client.ts';

type Accepted = z.infer<typeof accepted>;
export type CommandState = z.infer<typeof commandState>;
export type Forked = z.infer<typeof forked>;
export type ForkWish = z.input<typeof forkRun>;
export type BulkWish = z.input<typeof bulkRuns>;
export type BulkResult = z.infer<typeof bulkResult>;

const verb = (id: string, path: string, body: unknown): Promise<Accepted> => ask('POST', `/v1/runs/${id}/${path}`, { body });

export const pauseRun = (id: string): Promise<Accepted> => verb(id, 'pause', {});
export const resumeRun = (id: string): Promise<Accepted> => verb(id, 'resume', {});
export const cancelRun = (id: string, reason?: string): Promise<Accepted> => verb(id, 'cancel', reason === undefined ? {} : { reason });
export const retryFrom = (id: string, wish: z.input<typeof retryRun>): Promise<Accepted> => verb(id, 'retry', wish);
export const signalRun = (id: string, signal: z.input<typeof sendSignal>): Promise<Accepted> => verb(id, 'signals', signal);
export const resolveAct = (id: string, key: string, body: z.input<typeof resolveEffect>): Promise<Accepted> =>
  verb(id, `effects/${encodeURIComponent(key)}`, body);

/** With `preview`, only what it would do again. The key makes a fork that is sent twice one run. */
export const forkFrom = (id: string, wish: ForkWish, key?: string): Promise<Forked> =>
  ask('POST', `/v1/runs/${id}/fork`, { body: wish, ...(key !== undefined && { idempotencyKey: key }) });

export const bulkVerb = (wish: BulkWish): Promise<BulkResult> => ask('POST', '/v1/runs/bulk', { body: wish });

const LOOK_MS = 150;
const LOOKS = 40;

/** What became of a command; `open` when it is not decided within some seconds. */
export async function settled({ id }: Accepted): Promise<CommandState> {
  for (let look = 1; ; look++) {
    const state = await get<CommandState>(`/v1/commands/${id}`);
    if (state.state !== 'open' || look === LOOKS) return state;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
