// The load client against servers whose behaviour is known: what it counts must be what happened.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { offer, type Plan, type Tally } from './load/offer.ts';

async function offered(plan: Partial<Plan>, listener: RequestListener): Promise<{ tally: Tally; keys: (string | undefined)[] }> {
  const keys: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers['idempotency-key'] as string | undefined);
    request.resume();
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const request: Plan['request'] = ['POST / HTTP/1.1\r\nhost: localhost\r\nidempotency-key: ', '\r\ncontent-length: 2\r\n\r\n{}'];
  try {
    return { tally: await offer({ port, request, keyPrefix: 'k-', connections: 20, seconds: 1, rate: 300, ...plan }), keys };
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const accept: RequestListener = (_request, response) => {
  response.writeHead(201, { location: `/v1/runs/run_${'0'.repeat(26)}` }).end('{}');
};

test('each arrival is counted once: accepted, refused with and without Retry-After, or anything else', async () => {
  let n = 0;
  const { tally, keys } = await offered({}, (request, response) => {
    const kind = n++ % 4;
    if (kind === 0) accept(request, response);
    else if (kind === 3) response.writeHead(500).end('{}');
    else response.writeHead(503, kind === 1 ? { 'retry-after': '1' } : {}).end('{}');
  });
  expect(tally.offered).toBeGreaterThan(100);
  expect(tally.offered).toBeLessThanOrEqual(301);
  expect([tally.sent, tally.neverSent, tally.unanswered, tally.cut]).toEqual([tally.offered, 0, 0, 0]);
  expect(tally.accepted + tally.refused + (tally.other['500'] ?? 0)).toBe(tally.sent);
  expect(Math.abs(tally.refusedWithoutRetryAfter - tally.refused / 2)).toBeLessThanOrEqual(1);
  expect(new Set(keys).size).toBe(tally.sent);
  expect(tally.runs).toHaveLength(tally.accepted);
});

test('a slow server is not spared: latencies count from when a request was due, and what found no connection was never sent', async () => {
  const { tally } = await offered({ connections: 10, seconds: 2 }, (request, response) => void sleep(200).then(() => accept(request, response)));
  // Ten connections answer fifty a second; three hundred a second are due.
  expect(tally.accepted).toBeLessThan(200);
  expect(tally.neverSent).toBeGreaterThan(200);
  expect(tally.sent + tally.neverSent).toBe(tally.offered);
  expect(tally.acceptedMs.filter((ms) => ms > 900).length).toBeGreaterThan(tally.accepted / 3);
});

test('a connection that ends under a request is counted, and another takes its place', async () => {
  let n = 0;
  const { tally } = await offered({}, (request, response) => {
    if (n++ % 10 === 0) request.socket.destroy();
    else if (n % 10 === 5) response.writeHead(503, { connection: 'close', 'retry-after': '1' }).end('{}');
    else accept(request, response);
  });
  expect(tally.cut).toBeGreaterThan(20);
  expect(tally.accepted + tally.refused + tally.cut).toBe(tally.sent);
});

test('closed loop sends as soon as it was answered', async () => {
  const { tally } = await offered({ rate: undefined, connections: 4 }, (request, response) => void sleep(20).then(() => accept(request, response)));
  expect(tally.accepted).toBeGreaterThan(10);
  expect(tally.accepted).toBeLessThan(201);
  expect(tally.offered).toBe(tally.sent);
});
