// A service outside of the house, on loopback: it answers what a walk wants of it and counts who came.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { House } from './house.ts';

export interface Outside {
  readonly url: string;
  /** How it answers from now on. */
  answers(status: number): void;
  /** The paths that were asked for. */
  asked(): readonly string[];
  close(): void;
}

export async function openOutside(status = 200): Promise<Outside> {
  const asked: string[] = [];
  let now = status;
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(now, { 'content-type': 'application/json', 'access-control-allow-origin': '*' });
    response.end(JSON.stringify(now < 400 ? { label: 'TR-1042' } : { message: 'The printer is out of paper.' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers: (next) => (now = next),
    asked: () => asked,
    close: () => server.close().closeAllConnections(),
  };
}

/** Flows of this house may call it. */
export async function allow(house: House, { url }: Outside): Promise<void> {
  await house.ask('PUT', `/v1/egress/${new URL(url).host}`, { action: 'allow', reason: 'what the walks call' });
}
