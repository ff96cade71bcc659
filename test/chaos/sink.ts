// The world outside: it acts, counts what it did by key and by run, and says afterwards whether it did.
// I1 An act counts when the request has arrived whole, whatever becomes of the answer.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Sink {
  readonly url: string;
  readonly address: string;
  /** Requests of any kind. */
  calls(): number;
  /** Acts under one effect key. */
  acts(key: string): number;
  /** Keys of acts by run and path: `run /path`. */
  readonly byStep: ReadonlyMap<string, readonly string[]>;
  close(): Promise<void>;
}

export async function openSink(): Promise<Sink> {
  let calls = 0;
  const acts = new Map<string, number>();
  const byStep = new Map<string, string[]>();
  const server = createServer((request, response) => void answer(request, response));
  server.keepAliveTimeout = 60_000;
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      for await (const _ of request);
    } catch {
      return;
    }
    calls += 1;
    const path = request.url ?? '';
    if (path.startsWith('/by-key/')) return say(response, acts.has(path.slice(8)) ? 200 : 404, {});
    const key = String(request.headers['idempotency-key']);
    acts.set(key, (acts.get(key) ?? 0) + 1);
    const step = `${String(request.headers['palace-run'])} ${path}`;
    const keys = byStep.get(step);
    if (keys === undefined) byStep.set(step, [key]);
    else if (!keys.includes(key)) keys.push(key);
    // A little slow, so that a fault often finds an act under way.
    setTimeout(() => say(response, 200, { key }), Math.random() * 25);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    address: `127.0.0.1:${port}`,
    byStep,
    calls: () => calls,
    acts: (key) => acts.get(key) ?? 0,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function say(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
