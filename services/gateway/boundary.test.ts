// Attacks on the boundary that need no account: hosts, origins, paths, forwarding headers, methods, what answers give away.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openGround, openHouse, prototypes, raw } from './testing.ts';
import type { Answer, Ground, House } from './testing.ts';

let ground: Ground;
let house: House;
const untouched = prototypes();

beforeAll(async () => {
  ground = await openGround();
  house = await openHouse(ground, { settings: { allowedOrigins: ['https://console.example'] } });
});
afterAll(async () => {
  await house?.close();
  await ground?.close();
});
afterEach(() => expect(prototypes(), 'S26').toBe(untouched));

const get = (path: string, ...headers: string[]): Promise<Answer> =>
  raw(house.port, [`GET ${path} HTTP/1.1`, ...(headers.some((line) => /^host/i.test(line)) ? [] : ['Host: localhost']), ...headers, '', ''].join('\r\n'));

const VARIANTS = [
  '/v1//api-keys',
  '//v1/api-keys',
  '/v1/./api-keys',
  '/v1/x/../api-keys',
  '/./v1/api-keys',
  '/v1/api-keys/',
  '/V1/API-KEYS',
  '/v1/api-keys;a=b',
  '/v1;x/api-keys',
  '/v1%2fapi-keys',
  '/v1%2Fapi-keys',
  '/v1/%61pi-keys',
  '/v1/api-keys%00',
  '/v1/api-keys%20',
  '/v1\\api-keys',
  '/v1/%2e%2e/v1/api-keys',
  '/v1/api-keys%3b',
  '/v1/api-keys/..',
  '/v1/api-keys%252f',
  '/v1/%ff',
  '/healthz/../v1/api-keys',
  '/healthz/..;/v1/api-keys',
  '/docs/%2e%2e/v1/api-keys',
  '/v1/api-keys.json',
];

test('S06: no spelling of a path lets anybody in without a credential, or a viewer past a permission', async () => {
  for (const variant of VARIANTS) {
    expect([401, 404], variant).toContain((await get(variant)).status);
    const viewer = await get(variant, `Authorization: Bearer ${house.keys.viewer}`);
    expect([403, 404], variant).toContain(viewer.status);
    expect((await get(variant, `Authorization: Bearer ${house.keys.owner}`)).status, variant).toBe(404);
  }
});

test('S15: only names of this server are answered, on loopback too', async () => {
  for (const host of [
    'evil.test',
    'evil.test:80',
    'localhost.evil.test',
    '127.0.0.1.evil.test',
    'localhost@evil.test',
    '2130706433',
    '0x7f.1',
    '127.1',
    'localhost.',
    '',
    ' ',
    '[::1',
    'a,b',
    '10.0.0.1',
    '169.254.169.254',
  ]) {
    for (const path of ['/healthz', '/v1/me', '/docs', '/metrics']) {
      const answer = await get(path, `Host: ${host}`);
      expect([host, path, answer.status]).toEqual([host, path, host === '' || host === ' ' ? expect.toBeOneOf([400, 421]) : 421]);
    }
  }
  expect((await raw(house.port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.test\r\n\r\n')).status).toBeOneOf([400, 421]);
  expect((await raw(house.port, 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n')).status).toBeOneOf([400, 421]);
  for (const host of ['localhost', 'LOCALHOST:1234', `127.0.0.1:${house.port}`, '[::1]:9'])
    expect([host, (await get('/healthz', `Host: ${host}`)).status]).toEqual([host, 200]);
});

test('S15: a default gateway listens on 127.0.0.1 alone', () => {
  expect(new URL(house.url).hostname).toBe('127.0.0.1');
});

test('S14: a foreign origin is refused on every method and on streams; CORS headers go to configured origins alone', async () => {
  await house.call('POST', '/v1/things', { body: { name: 'watched' } });
  for (const origin of ['https://evil.test', 'null', 'http://localhost.evil.test', 'http://127.0.0.1:1', 'https://console.example.evil.test', 'file://']) {
    for (const [method, path] of [
      ['GET', '/v1/me'],
      ['POST', '/v1/things'],
      ['GET', '/v1/things/thing-1/events'],
      ['OPTIONS', '/v1/things'],
      ['GET', '/healthz'],
    ] as const) {
      const answer = await house.call(method, path, {
        headers: { origin, accept: 'text/event-stream' },
        ...(method === 'POST' && { body: { name: 'x' } }),
      });
      expect([origin, path, answer.status, answer.headers['access-control-allow-origin']]).toEqual([origin, path, 403, undefined]);
    }
  }
  expect((await raw(house.port, `POST /v1/things HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\nContent-Length: 0\r\n\r\n`)).status).toBe(403);
  expect((await house.call('GET', '/v1/me', { headers: { origin: house.url } })).status).toBe(200);
  const allowed = await house.call('OPTIONS', '/v1/things', {
    key: null,
    headers: { origin: 'https://console.example', 'access-control-request-method': 'POST' },
  });
  expect([allowed.status, allowed.headers['access-control-allow-origin'], allowed.headers['vary']]).toEqual([204, 'https://console.example', 'origin']);
  expect(allowed.headers['access-control-allow-credentials']).toBeUndefined();
});

test('S05: forwarding and internal headers of a client change nothing', async () => {
  const made = await house.call('POST', '/v1/things', {
    body: { name: 'x' },
    headers: { 'x-forwarded-for': '203.0.113.7', forwarded: 'for=203.0.113.7' },
  });
  expect([made.status, house.toy.seen.at(-1)!.clientAddress]).toEqual([201, '127.0.0.1']);
  for (const header of [
    'palace-identity',
    'x-palace-tenant',
    'x-tenant',
    'x-user',
    'x-forwarded-user',
    'x-real-ip',
    'x-original-url',
    'x-rewrite-url',
    'x-http-method-override',
  ]) {
    const value = header === 'palace-identity' ? `v1.${Buffer.from('{"tenant":"b"}').toString('base64url')}.AAAA` : '/v1/api-keys';
    expect([header, (await get('/v1/me', `${header}: ${value}`)).status]).toEqual([header, 401]);
    expect((await get('/v1/me', `${header}: ${value}`, `Authorization: Bearer ${house.keys.viewer}`)).body).toMatchObject({
      tenant: 'a',
      role: 'viewer',
    });
  }
  expect((await get('/metrics')).status).toBe(200);
  for (const header of ['X-Forwarded-For: 127.0.0.1', 'Forwarded: for=127.0.0.1', 'Via: 1.1 proxy'])
    expect([header, (await get('/metrics', header)).status]).toEqual([header, 401]);
});

test('S05: behind a configured proxy the client is the last address that is no proxy', async () => {
  const proxied = await openHouse(ground, { settings: { trustedProxies: ['127.0.0.0/8', '10.0.0.0/8'] } });
  const cases = [
    ['203.0.113.7', '203.0.113.7'],
    ['1.1.1.1, 203.0.113.7', '203.0.113.7'],
    ['203.0.113.7, 10.1.1.1', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['nonsense', '127.0.0.1'],
    ['2001:DB8:0::1', '2001:db8::1'],
  ];
  for (const [header, address] of cases) {
    await proxied.call('POST', '/v1/things', { body: { name: 'x' }, headers: { 'x-forwarded-for': header! } });
    expect([header, proxied.toy.seen.at(-1)!.clientAddress]).toEqual([header, address]);
  }
  expect((await proxied.call('GET', '/metrics', { key: null })).status).toBe(401);
  await proxied.close();
});

test('S17: no answer repeats a host that the client sent, and no path redirects', async () => {
  for (const path of [
    '//evil.test',
    '//evil.test/%2f..',
    '/\\evil.test',
    '/v1/api-keys?next=//evil.test',
    'http://evil.test/v1/me',
    '/docs',
    '/v1/openapi.json',
    '/nope',
  ]) {
    const answer = await get(path, 'X-Forwarded-Host: evil.test', 'Referer: http://evil.test/');
    expect([path, answer.status >= 300 && answer.status < 400]).toEqual([path, false]);
    expect([path, answer.headers['location'], JSON.stringify(answer.headers).includes('evil.test')]).toEqual([path, undefined, false]);
    if (answer.status < 400) expect(answer.text).not.toContain('evil.test');
  }
});

test('S63: answers carry the security headers, and a bug shows a trace id and nothing else', async () => {
  for (const answer of [
    await house.call('GET', '/v1/me'),
    await house.call('GET', '/nope'),
    await house.call('GET', '/v1/bugs/bug'),
    await get('/v1/me'),
    await get('/healthz', 'Host: evil.test'),
  ]) {
    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
    });
    expect(answer.headers).not.toHaveProperty('x-powered-by');
    expect(answer.headers).not.toHaveProperty('etag');
  }
  const bug = await house.call('GET', '/v1/bugs/bug');
  expect(bug.body).toEqual({
    type: '/docs#internal',
    title: 'The server failed',
    status: 500,
    code: 'internal',
    next: expect.any(String),
    instance: '/v1/bugs/bug',
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  const page = await house.call('GET', String((bug.body as { type: string }).type).split('#')[0] ?? '', { key: null });
  expect([page.status, page.text.includes('id="internal"')]).toEqual([200, true]);
  expect((await house.call('GET', '/v1/bugs/lost')).body).toMatchObject({ status: 503, code: 'unavailable.database' });
  expect((await house.call('GET', '/v1/bugs/row')).body).toMatchObject({ status: 409, code: 'run.state', detail: 'The run has ended.' });
  for (const path of ['/debug', '/debug/pprof', '/server-status', '/.env', '/.git/config', '/actuator', '/graphql', '/trace', '/v1'])
    expect((await house.call('GET', path)).status).toBe(404);
});

test('S63: TRACE and CONNECT are refused; HEAD answers like GET without a body', async () => {
  expect((await raw(house.port, 'TRACE /v1/me HTTP/1.1\r\nHost: localhost\r\nCookie: secret\r\n\r\n')).status).toBe(405);
  expect((await raw(house.port, 'CONNECT evil.test:443 HTTP/1.1\r\nHost: localhost\r\n\r\n')).status).toBe(405);
  const head = await house.call('HEAD', '/v1/me');
  expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', String((await house.call('GET', '/v1/me')).text.length)]);
  expect((await house.call('HEAD', '/v1/things/thing-1/events', { headers: { accept: 'text/event-stream' } })).status).toBe(200);
});
