// Pages beside the API: what reaches them, what never does, and that they take no place of the API. With a gateway of its
// own, and through the door of a console that stands before another gateway.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Pages } from './mount.ts';
import { openWebDoor } from './service.ts';
import { call, openGround, openHouse, raw, type Ground, type House } from './testing.ts';
import { headersToSend } from './web-door.ts';

const pages: Pages = (request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' });
  if (request.url !== '/slow') response.end(`page ${request.url}`);
};

let ground: Ground;
let house: House;
beforeAll(async () => {
  ground = await openGround();
  house = await openHouse(ground, { pages, settings: { maxOpenRequests: 4, maxParkedRequests: 40 } });
});
afterAll(async () => {
  await house.close();
  await ground.close();
});

describe('a gateway with pages', () => {
  test.each(['/', '/flows/orders', '/runs/run_1?tab=events', '/_next/static/a.js'])('gives %s to them', async (path) => {
    const { status, text } = await house.call('GET', path, { key: null });
    expect([status, text]).toEqual([200, `page ${path}`]);
  });

  test.each([
    ['GET', '/v1/unknown', 404],
    ['GET', '/v1', 404],
    ['POST', '/flows', 404],
    ['GET', '/healthz', 200],
    ['GET', '/v1/things', 200],
  ])('keeps %s %s', async (method, path, status) => {
    const answer = await house.call(method, path);
    expect([answer.status, answer.text.startsWith('page')]).toEqual([status, false]);
  });

  test('S15, S06: judges Host and path of a page as of everything else', async () => {
    for (const [line, status] of [
      ['GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n', 421],
      ['GET /a//b HTTP/1.1\r\nHost: localhost\r\n\r\n', 404],
      ['GET /%2e%2e/secret HTTP/1.1\r\nHost: localhost\r\n\r\n', 404],
    ] as const)
      expect((await raw(house.port, line)).status).toBe(status);
  });

  test('R8: pages that are sent slowly take no place of the API', async () => {
    const stop = new AbortController();
    const slow = Array.from({ length: 30 }, async () => fetch(`${house.url}/slow`, { signal: stop.signal }).catch(() => undefined));
    await sleep(100);
    expect((await house.call('GET', '/v1/things')).status).toBe(200);
    stop.abort();
    await Promise.all(slow);
  });
});

describe('the door of a console before a gateway', () => {
  let url = '';
  let port = 0;
  let close: () => Promise<void>;
  beforeAll(async () => {
    const door = openWebDoor({ telemetry: ground.telemetry, settings: { port: 0 }, gatewayUrl: house.url, pages });
    ({ url, port } = await door.listen());
    close = () => door.close();
  });
  afterAll(() => close());
  const ask = (method: string, path: string, options = {}) => call(url, house.keys.owner, method, path, options);

  test('gives pages itself and passes the API on, answers and refusals as they are', async () => {
    expect((await ask('GET', '/runs', { key: null })).text).toBe('page /runs');
    const made = await ask('POST', '/v1/things', { body: { name: 'through' } });
    expect([made.status, made.body['name'], made.headers['location']]).toEqual([201, 'through', expect.stringMatching(/^\/v1\/things\//)]);
    const refused = await ask('GET', '/v1/things', { key: null });
    expect([refused.status, refused.body['code']]).toEqual([401, 'auth.missing']);
    expect((await ask('GET', '/docs')).headers['content-type']).toMatch(/html/);
    expect((await ask('GET', '/readyz')).body).toMatchObject({ ready: true, parts: { gateway: true, database: true } });
  });

  test('S14, S15: Host and Origin are judged here, and an own origin is own at the gateway too', async () => {
    const body = { name: 'browser' };
    expect((await ask('POST', '/v1/things', { body, headers: { origin: url } })).status).toBe(201);
    expect((await ask('POST', '/v1/things', { body, headers: { origin: 'https://evil.test' } })).status).toBe(403);
    expect((await raw(port, 'GET /v1/things HTTP/1.1\r\nHost: evil.test\r\n\r\n')).status).toBe(421);
  });

  test('passes a stream on as it comes', async () => {
    const stop = new AbortController();
    const { body: made } = await ask('POST', '/v1/things', { body: { name: 'streams' } });
    const answer = await fetch(`${url}/v1/things/${String(made['id'])}/events`, {
      headers: { accept: 'text/event-stream', authorization: `Bearer ${house.keys.owner}` },
      signal: stop.signal,
    });
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (let part = await reader.read(); !part.done && !text.includes('id: 4'); part = await reader.read()) text += part.value;
    expect(text).toContain('id: 4');
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
    stop.abort();
  });

  test('sends the cookie and what CSRF is judged by, and no word of others about who forwards', () => {
    const headers = {
      cookie: 'a=1',
      host: 'h',
      'sec-fetch-site': 'same-origin',
      'x-forwarded-for': '9.9.9.9',
      forwarded: 'for=1',
      te: 'trailers',
      'palace-identity': 'x',
    };
    const sent = { cookie: 'a=1', host: 'h', 'sec-fetch-site': 'same-origin' };
    expect(headersToSend({ headers }, { address: '10.0.0.7', loopback: false })).toEqual({ ...sent, 'x-forwarded-for': '10.0.0.7' });
    expect(headersToSend({ headers }, { address: '127.0.0.1', loopback: true })).toEqual(sent);
  });

  test('says so when there is no gateway', async () => {
    const door = openWebDoor({ telemetry: ground.telemetry, settings: { port: 0 }, gatewayUrl: 'http://127.0.0.1:9', pages });
    const alone = await door.listen();
    const answer = await call(alone.url, house.keys.owner, 'POST', '/v1/things', { body: { name: 'x' } });
    expect([answer.status, answer.body['code']]).toEqual([503, 'unavailable.service']);
    expect((await call(alone.url, '', 'GET', '/readyz', { key: null })).status).toBe(503);
    expect((await call(alone.url, '', 'GET', '/', { key: null })).text).toBe('page /');
    await door.close();
  });
});
