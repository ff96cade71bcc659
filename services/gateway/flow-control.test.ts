// Streams, limits and the drain: what happens when there is too much, when a key dies, when the server goes.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openGround, openHouse, prototypes, raw } from './testing.ts';
import type { Ground, House } from './testing.ts';

let ground: Ground;
const untouched = prototypes();

beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground?.close());
afterEach(() => expect(prototypes(), 'S26').toBe(untouched));

const within = async <T>(settings: object, work: (house: House) => Promise<T>): Promise<T> => {
  const house = await openHouse(ground, { settings });
  try {
    return await work(house);
  } finally {
    await house.close();
  }
};

async function watch(
  house: House,
  key: string,
  headers: Record<string, string> = {},
): Promise<{ response: Response; text: () => string; ended: Promise<void>; stop(): void }> {
  house.toy.things.set('a', new Map([['thing-1', { id: 'thing-1', name: 'watched' }]]));
  const aborter = new AbortController();
  const response = await fetch(`${house.url}/v1/things/thing-1/events`, {
    headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream', ...headers },
    signal: aborter.signal,
  });
  let text = '';
  const ended = (async () => {
    const decoder = new TextDecoder();
    for await (const part of response.body!) text += decoder.decode(part as Uint8Array);
  })().catch(() => undefined);
  return { response, text: () => text, ended, stop: () => aborter.abort() };
}

test('events arrive framed, resume after Last-Event-ID, and heartbeats keep the line', () =>
  within({ heartbeatMs: 60 }, async (house) => {
    const stream = await watch(house, house.keys.viewer, { 'last-event-id': '2' });
    for (let look = 0; look < 100 && !/id: 4\n[^]*\n\n: heartbeat\n\n/.test(stream.text()); look++) await sleep(50);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(stream.response.headers.get('x-accel-buffering')).toBe('no');
    // On a busy machine one comes before the first event, too.
    expect(stream.text().replaceAll(': heartbeat\n\n', '')).toMatch(/^retry: 1000\n\nid: 3\nevent: tick\ndata: \{"at":3,"text":"line\\nbreak"\}\n\nid: 4\n/);
    expect(stream.text()).toContain('\n\n: heartbeat\n\n');
    expect(house.toy.streams.open).toBe(1);
    stream.stop();
    await stream.ended;
    await sleep(100);
    expect(house.toy.streams.open).toBe(0);
    expect((await house.call('GET', '/v1/things/thing-1/events')).body).toEqual({ items: [] });
    expect((await house.call('GET', '/v1/things/thing-1/events', { headers: { 'last-event-id': 'a b' } })).status).toBe(400);
  }));

test('S18: an open stream ends when its key is revoked in another process', () =>
  within({ streamCheckMs: 200, credentialCacheMs: 300 }, async (house) => {
    const key = await house.gateway.keys.create('a', { name: 'watcher', role: 'viewer' });
    const stream = await watch(house, key.secret);
    await sleep(100);
    await ground.database.asTenant('a', (sql) => sql.query('update gateway.api_key set revoked_at = now() where id = $1', [key.id]));
    const revokedAt = performance.now();
    await stream.ended;
    expect(performance.now() - revokedAt).toBeLessThan(2_000);
    expect(stream.text()).toContain('id: 3');
  }));

test('a stream that ends at once is whole, and its connection goes on: every event, then the end', () =>
  within({}, async (house) => {
    const ticks = house.toy.routes.find((entry) => entry.path === '/v1/things/{id}/events')!;
    const burst = {
      ...ticks,
      path: '/v1/burst/{count}',
      loader: 'collection' as const,
      params: z.strictObject({ count: z.coerce.number() }),
      handle: async ({ params }: { params: { count: number } }) => ({
        events: (async function* () {
          for (let at = 1; at <= params.count; at += 1) {
            if (at % 7 === 0) await sleep(at % 2);
            yield { id: String(at), event: 'tick', data: 'x'.repeat(at % 50) };
          }
        })(),
      }),
    };
    const other = await openHouse(ground, { doors: [{ name: 'burst', routes: [burst as never], ready: () => ({}) }] });
    for (let round = 0; round < 3; round += 1) {
      const answers = await Promise.all(
        [0, 1, 6, 7, 100, 2_000].map(async (count) => {
          const response = await fetch(`${other.url}/v1/burst/${count}`, {
            headers: { authorization: `Bearer ${other.keys.viewer}`, accept: 'text/event-stream' },
          });
          return { count, ids: [...(await response.text()).matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)) };
        }),
      );
      for (const { count, ids } of answers) expect(ids).toEqual(Array.from({ length: count }, (_, n) => n + 1));
    }
    await other.close();
  }));

test('a client that reads nothing does not make the service produce on', () =>
  within({}, async (house) => {
    house.toy.things.set('a', new Map([['thing-1', { id: 'thing-1', name: 'x' }]]));
    const { connect } = await import('node:net');
    const pulled = { count: 0 };
    const events = house.toy.routes.find((entry) => entry.path === '/v1/things/{id}/events')!;
    const flood = {
      ...events,
      path: '/v1/flood/{id}',
      handle: async () => ({
        events: (async function* () {
          for (;;) {
            pulled.count += 1;
            yield { event: 'big', data: 'x'.repeat(100_000) };
          }
        })(),
      }),
    };
    const other = await openHouse(ground, { doors: [{ name: 'flood', routes: [flood], ready: () => ({}) }] });
    house.toy.things.set('a', new Map([['thing-1', { id: 'thing-1', name: 'x' }]]));
    const socket = connect(other.port, '127.0.0.1', () =>
      socket
        .pause()
        .write(`GET /v1/flood/thing-1 HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nAuthorization: Bearer ${other.keys.viewer}\r\n\r\n`),
    );
    await sleep(300);
    const early = pulled.count;
    await sleep(300);
    expect(early).toBeGreaterThan(0);
    expect(pulled.count).toBe(early);
    socket.destroy();
    await other.close();
  }));

test('R8: beyond the bound on open requests the answer is 503 with Retry-After, before the body is read', () =>
  within({ maxOpenRequests: 3 }, async (house) => {
    const waits = [1, 2, 3].map(() => house.call('POST', '/v1/waits', { body: { waitMs: 400 } }));
    await sleep(100);
    const refused = await house.call('POST', '/v1/things', { text: 'not even JSON' });
    expect([refused.status, refused.body['code'], refused.headers['retry-after']]).toEqual([503, 'overload.busy', '1']);
    expect((await house.call('GET', '/healthz')).status).toBe(200);
    for (const answer of await Promise.all(waits)) expect(answer.status).toBe(200);
    expect((await house.call('POST', '/v1/things', { body: { name: 'x' } })).status).toBe(201);
  }));

test('R8: under a flood every refusal comes, a moment late and on the connection that goes on; who sends without end is answered, and cut', () =>
  within({ maxOpenRequests: 1 }, async (house) => {
    const waiting = house.call('POST', '/v1/waits', { body: { waitMs: 900 } });
    await sleep(100);
    const began = performance.now();
    const flood = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const { status, headers, body } = await house.call('POST', '/v1/things', { body: { name: 'x' } });
        return { refusal: [status, headers['retry-after'], body['code'], headers['cache-control']], tookMs: performance.now() - began };
      }),
    );
    for (const { refusal } of flood) expect(refusal).toEqual([503, '1', 'overload.busy', 'no-store']);
    expect(flood.filter(({ tookMs }) => tookMs > 80).length).toBeGreaterThan(40);
    const cut = await raw(house.port, `POST /v1/things HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n`);
    expect([cut.status, cut.headers['connection']]).toEqual([503, 'close']);
    expect((await waiting).status).toBe(200);
    const metrics = await house.call('GET', '/metrics');
    expect(metrics.text).toMatch(/palace_refused_total\{reason="overload.busy"\} \d/);
    expect(metrics.text).toMatch(/palace_requests_total\{route="unmatched",status="503"\} \d/);
  }));

test('R9: a caller whose requests fill the server leaves places for another', () =>
  within({ maxOpenRequests: 8 }, async (house) => {
    const waits = Array.from({ length: 12 }, () => house.call('POST', '/v1/waits', { body: { waitMs: 500 } }));
    await sleep(150);
    expect((await house.call('GET', '/v1/me')).body['code']).toBe('overload.busy');
    expect((await house.call('GET', '/v1/me', { key: house.keys.viewer })).status).toBe(200);
    const statuses = (await Promise.all(waits)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBe(8);
  }));

test('R8: a server that is full because the database keeps nothing says that', () =>
  within({}, async (house) => {
    let reason: string | undefined = 'The database has kept nothing for 4 s; it may be locked.';
    const locked = { name: 'locked', routes: house.toy.routes, ready: () => ({}), silence: () => reason };
    const other = await openHouse(ground, { settings: { maxOpenRequests: 1 }, doors: [locked] });
    const open = other.call('POST', '/v1/waits', { body: { waitMs: 800 } });
    await sleep(100);
    const refused = await other.call('GET', '/v1/me');
    expect([refused.status, refused.headers['retry-after'], refused.body['code']]).toEqual([503, '1', 'unavailable.database']);
    expect(refused.body['detail']).toBe(reason);
    reason = undefined;
    expect((await other.call('GET', '/v1/me')).body['code']).toBe('overload.busy');
    await open;
    await other.close();
  }));

test('R8: requests that park give their place back, up to their own bound', () =>
  within({ maxOpenRequests: 2, maxParkedRequests: 2 }, async (house) => {
    const parked = [1, 2].map(() => house.call('POST', '/v1/waits', { body: { waitMs: 400, park: true } }));
    await sleep(100);
    const third = await house.call('POST', '/v1/waits', { body: { waitMs: 1, park: true } });
    expect(third.body).toEqual({ parked: false, drained: false });
    for (const answer of await Promise.all(parked)) expect(answer.body).toEqual({ parked: true, drained: false });
  }));

test('R8: a key over its rate gets 429 with the RateLimit fields, others go on, and the window ends', () =>
  within({ ratePerKey: { quota: 5, windowMs: 1_000 } }, async (house) => {
    const statuses: number[] = [];
    for (let at = 0; at < 8; at += 1) statuses.push((await house.call('GET', '/v1/me')).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
    const refused = await house.call('GET', '/v1/me');
    expect(refused.headers).toMatchObject({ 'retry-after': '1', 'ratelimit-policy': '"key";q=5;w=1', ratelimit: '"key";r=0;t=1' });
    expect((await house.call('GET', '/v1/me', { key: house.keys.viewer })).status).toBe(200);
    await sleep(1_050);
    expect((await house.call('GET', '/v1/me')).headers['ratelimit']).toBe('"key";r=4;t=1');
  }));

test('S11: refused credentials are limited by address and lock out nobody whose key works', () =>
  within({ rateRefused: { quota: 5, windowMs: 60_000 } }, async (house) => {
    await house.call('GET', '/v1/me', { key: house.keys.viewer });
    const statuses: number[] = [];
    for (let at = 0; at < 7; at += 1) statuses.push((await house.call('GET', '/v1/me', { key: 'wrong' })).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
    expect((await house.call('GET', '/v1/me', { key: house.keys.viewer })).status).toBe(200);
  }));

test('R10: closing answers what is open, ends streams cleanly, and refuses what comes after', async () => {
  const house = await openHouse(ground, { settings: { drainMs: 5_000 } });
  const stream = await watch(house, house.keys.viewer);
  const open = house.call('POST', '/v1/waits', { body: { waitMs: 60_000 } });
  await sleep(100);
  const startedMs = performance.now();
  const closing = house.close();
  expect((await open).body).toEqual({ parked: false, drained: true });
  await stream.ended;
  await closing;
  expect(performance.now() - startedMs).toBeLessThan(2_000);
  expect(stream.text().endsWith('\n\n')).toBe(true);
  await expect(fetch(`${house.url}/healthz`)).rejects.toThrow();
});

test('a busy port is named at start', () =>
  within({}, async (house) => {
    await expect(openHouse(ground, { settings: { port: house.port } })).rejects.toMatchObject({ code: 'boot.port-busy' });
  }));

test('unreachable database: 503 with Retry-After, health still answers, nothing leaks', async () => {
  const house = await openHouse(ground);
  await house.close();
  const { openGateway } = await import('./service.ts');
  const broken = {
    ...ground.database,
    migrate: async () => undefined,
    api: { query: () => Promise.reject(Object.assign(new Error('connect ECONNREFUSED /run/secret'), { code: 'ECONNREFUSED' })) },
  };
  const gateway = await openGateway(
    { telemetry: ground.telemetry, cache: house.cache, vault: ground.vault, audit: ground.audit, database: broken as never },
    { settings: { port: 0 } },
  );
  const { url } = await gateway.listen();
  const answer = await fetch(`${url}/v1/me`, { headers: { authorization: `Bearer ${house.keys.viewer}` } });
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await answer.text()).not.toContain('secret');
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ ready: false, parts: { accepting: true, database: false } });
  await gateway.close();
});
