// Following a run against a server that misbehaves as real ones do: restarts, cut streams, repeated events.
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Api, type HistoryEvent, type RunDetail } from './api.ts';
import { Client } from './client.ts';
import { followRun, type Following } from './follow-run.ts';

const ID = 'run_00000000000000000000000000';
let server: HttpServer | undefined;
afterEach(() => new Promise<void>((resolve) => (server === undefined ? resolve() : (server.closeAllConnections(), server.close(() => resolve())))));

interface Plan {
  /** How many events exist at the nth look at the run. */
  readonly eventsAt: (look: number) => number;
  readonly total: number;
  /** True: cut the nth stream after its first event. */
  readonly cut?: (stream: number) => boolean;
  /** True: drop the connection of the nth look. */
  readonly gone?: (look: number) => boolean;
  readonly status?: string;
}

const eventOf = (seq: number): HistoryEvent => ({ seq, at: '2026-01-01T00:00:00.000Z', type: 'step.completed', data: null });

async function serve(plan: Plan): Promise<Api> {
  let looks = 0;
  let streams = 0;
  const events = (after: number): HistoryEvent[] => Array.from({ length: Math.max(0, plan.eventsAt(looks) - after) }, (_, at) => eventOf(after + at + 1));
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    if (!url.pathname.endsWith('/events')) {
      looks += 1;
      if (plan.gone?.(looks) === true) return void request.socket.destroy();
      const over = plan.eventsAt(looks) >= plan.total;
      const run = {
        id: ID,
        flow: 'a/b',
        version: '1.0.0',
        status: over ? (plan.status ?? 'completed') : 'running',
        startedAt: '',
        waitingFor: [],
        lastSeq: plan.eventsAt(looks),
      };
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(run));
    }
    const after = Number(request.headers['last-event-id'] ?? url.searchParams.get('after'));
    if (request.headers.accept !== 'text/event-stream')
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ items: events(after) }));
    streams += 1;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const items = events(Math.max(0, after - 1));
    const cut = plan.cut?.(streams) === true;
    for (const event of cut ? items.slice(0, 1) : items) response.write(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    if (cut) request.socket.destroySoon();
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return new Api(new Client({ url, apiKey: 'pk', flags: '', startCommand: 'palace up' }));
}

const following = (more: Partial<Following> = {}): Following => ({ after: 0, deadlineAt: undefined, signal: new AbortController().signal, ...more });

describe('following a run', () => {
  it('tells every event once and in order, though streams are cut and repeat themselves', async () => {
    const api = await serve({ eventsAt: (look) => look * 3, total: 12, cut: (stream) => stream % 2 === 1 });
    const seen: number[] = [];
    const followed = await followRun(api, ID, following({ onEvent: (event) => seen.push(event.seq) }));
    expect(followed.end).toBe('ended');
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });
  it('begins after the event that is given', async () => {
    const api = await serve({ eventsAt: () => 9, total: 9 });
    const seen: number[] = [];
    await followRun(api, ID, following({ after: 7, onEvent: (event) => seen.push(event.seq) }));
    expect(seen).toEqual([8, 9]);
  });
  it('waits for a server that is away for a moment and says so once', async () => {
    const api = await serve({ eventsAt: (look) => look, total: 12, gone: (look) => look >= 2 && look <= 6 });
    const said: boolean[] = [];
    const followed = await followRun(api, ID, following({ onGone: (gone) => said.push(gone) }));
    expect([followed.end, said]).toEqual(['ended', [true, false]]);
  });
  it('ends at its deadline while the run goes on', async () => {
    const api = await serve({ eventsAt: () => 1, total: 2 });
    const begin = Date.now();
    expect(await followRun(api, ID, following({ deadlineAt: begin + 700 }))).toEqual({ end: 'time-over' });
    expect(Date.now() - begin).toBeLessThan(2_500);
  });
  it('ends by its signal', async () => {
    const api = await serve({ eventsAt: () => 1, total: 2 });
    expect(await followRun(api, ID, following({ signal: AbortSignal.timeout(300) }))).toEqual({ end: 'interrupted' });
  });
  it('is over when the run was set aside', async () => {
    const api = await serve({ eventsAt: () => 1, total: 1, status: 'quarantined' });
    const followed = await followRun(api, ID, following());
    expect((followed as { run?: RunDetail }).run?.status).toBe('quarantined');
  });
});
