// The gateway as a black box: real HTTP, real database, a toy service behind it. Attacks on the boundary stand in boundary.test.ts.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { route } from './contract.ts';
import type { Route, ServiceDoor } from './contract.ts';
import { egressRules, openGateway } from './service.ts';
import { openGround, openHouse, prototypes } from './testing.ts';
import type { Ground, House } from './testing.ts';

let ground: Ground;
let house: House;
const untouched = prototypes();

beforeAll(async () => {
  ground = await openGround();
  house = await openHouse(ground);
});
afterAll(async () => {
  await house?.close();
  await ground?.close();
});
afterEach(() => expect(prototypes(), 'S26').toBe(untouched));

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly 'x-permission': string }>>>>;
}

async function documented(): Promise<{ method: string; path: string; permission: string }[]> {
  const { paths } = (await house.call('GET', '/v1/openapi.json', { key: null })).body as unknown as Document;
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      permission: operation['x-permission'],
    })),
  );
}

const concrete = (path: string): string => path.replaceAll('{address}', '10.0.0.1:80').replaceAll(/\{\w+\}/g, 'thing-1');

test('S01: a route without permission, loader, strict body or declared parameter stops the boot', async () => {
  const whole = {
    method: 'get',
    path: '/v1/x/{id}',
    summary: '',
    permission: 'run.read',
    loader: 'collection',
    responses: {},
    handle: async () => ({ status: 200 }),
  };
  const { z } = await import('zod');
  const params = z.strictObject({ id: z.string() });
  const wrong: [string, object][] = [
    ['declares no permission', { ...whole, params, permission: undefined }],
    ['declares no permission', { ...whole, params, permission: 'run.everything' }],
    ['declares no loader', { ...whole, params, loader: undefined }],
    ['params schema disagree', whole],
    ['unknown fields', { ...whole, params, method: 'post', audit: { none: 'x' }, body: z.object({ a: z.string() }) }],
    ['audit log', { ...whole, params, method: 'post' }],
    ['unknown query', { ...whole, params, query: z.object({ a: z.string() }) }],
    ['is public', { ...whole, params, permission: 'public', loader: async () => 1 }],
  ];
  for (const [reason, bare] of wrong) {
    const door: ServiceDoor = { name: 'bare', routes: [bare as unknown as Route], ready: () => ({}) };
    const opened = openGateway({ ...ground, cache: house.cache }, { doors: [door] });
    await expect(opened).rejects.toMatchObject({ code: 'boot.route-undeclared', detail: expect.stringContaining(reason) });
  }
});

test('S01: every documented route but the open ones answers 401 without a credential, and 405 to undocumented methods', async () => {
  const routes = await documented();
  expect(routes.length).toBeGreaterThan(18);
  const open = routes.filter((entry) => entry.permission === 'public').map((entry) => entry.path);
  const signingIn = ['/v1/invitations/accept', '/v1/invitations/look', '/v1/sign-in/link', '/v1/sign-in/password'];
  expect(open).toEqual(['/docs', '/healthz', '/readyz', ...signingIn.slice(0, 2), '/v1/openapi.json', ...signingIn.slice(2)]);
  for (const { method, path, permission } of routes) {
    const answer = await house.call(method, concrete(path), { key: null, headers: { 'x-forwarded-for': '203.0.113.9' } });
    if (permission !== 'public') expect([path, method, answer.status, answer.body['code']]).toEqual([path, method, 401, 'auth.missing']);
    const unknown = await house.call('PROPFIND', concrete(path), { key: null });
    expect([path, unknown.status]).toEqual([path, 405]);
    expect(unknown.headers['allow']).toContain(method);
  }
});

test('S09: each role can call exactly the routes whose permission it has', async () => {
  const { ROLE_PERMISSIONS } = await import('./contract.ts');
  for (const role of ['admin', 'builder', 'operator', 'worker', 'viewer'] as const) {
    for (const { method, path, permission } of await documented()) {
      if (permission === 'public' || permission === 'authenticated' || path.startsWith('/v1/bugs')) continue;
      const { status, body } = await house.call(method, concrete(path), { key: house.keys[role] });
      const may = (ROLE_PERMISSIONS[role] as readonly string[]).includes(permission);
      expect([role, method, path, may ? status !== 403 : status === 403 && body['detail'] === permission]).toEqual([role, method, path, true]);
    }
  }
});

test('S02: a foreign id answers exactly like an unknown one', async () => {
  const made = await house.call('POST', '/v1/things', { key: house.keys.foreign, body: { name: 'secret of b' } });
  expect(made.status).toBe(201);
  house.toy.things.get('b')!.set('thing-of-b', { id: 'thing-of-b', name: 'x' });
  const key = await house.gateway.keys.create('b', { name: 'of b', role: 'viewer' });
  const comparable = ({ status, headers, body }: Awaited<ReturnType<House['call']>>): unknown => {
    const { date: _date, ratelimit: _rate, ...rest } = headers;
    const { traceId: _trace, instance: _instance, ...problem } = body;
    return { status, headers: { ...rest, 'content-length': 'any' }, problem };
  };
  const pairs = [
    ['GET', '/v1/things/thing-of-b', '/v1/things/thing-of-c'],
    ['PUT', '/v1/things/thing-of-b', '/v1/things/thing-of-c'],
    ['GET', '/v1/things/thing-of-b/events', '/v1/things/thing-of-c/events'],
    ['GET', `/v1/api-keys/${key.id}`, '/v1/api-keys/0000000000000000'],
    ['DELETE', `/v1/api-keys/${key.id}`, '/v1/api-keys/0000000000000000'],
  ] as const;
  for (const [method, foreign, unknown] of pairs) {
    for (const body of method === 'PUT' ? [undefined, { name: 'n' }, { bad: 1 }] : [undefined]) {
      const [left, right] = [await house.call(method, foreign, { body }), await house.call(method, unknown, { body })];
      expect(left.status).toBe(404);
      expect(comparable(left)).toEqual(comparable(right));
    }
  }
  expect((await house.call('GET', '/v1/me', { key: key.secret })).status).toBe(200);
});

test('S07: unknown fields are refused on every route with a body or a query, and nothing is written', async () => {
  const before = await house.call('GET', '/v1/api-keys');
  for (const field of ['id', 'tenant', 'createdAt', 'permissions', '__proto__x', 'constructor']) {
    const bodies: [string, string, object][] = [
      ['POST', '/v1/api-keys', { name: 'n', role: 'viewer' }],
      ['PUT', `/v1/api-keys/${house.owner.id}`, { name: 'n' }],
      ['PUT', '/v1/egress/10.0.0.1:80', { action: 'allow', reason: 'r' }],
      ['POST', '/v1/things', { name: 'n' }],
    ];
    for (const [method, path, body] of bodies) {
      const answer = await house.call(method, path, { body: { ...body, [field]: 'x' } });
      expect([path, field, answer.status, answer.body['errors']]).toEqual([path, field, 400, [{ path: `/${field}`, message: expect.any(String) }]]);
    }
  }
  expect((await house.call('PUT', `/v1/api-keys/${house.owner.id}`, { body: { name: 'n', role: 'viewer' } })).status).toBe(400);
  for (const path of ['/v1/api-keys?tenant=b', '/v1/me?x=1', '/v1/things?include=secrets', '/healthz?x=1']) {
    expect([path, (await house.call('GET', path)).status]).toEqual([path, 400]);
  }
  expect((await house.call('GET', '/v1/api-keys')).body).toEqual({ ...before.body, items: expect.any(Array) });
  expect((await house.call('GET', '/v1/egress')).body).toEqual({ items: [] });
});

test('S32: pages, sorting and filters are on allow-lists and bounded', async () => {
  for (const query of [
    'limit=0',
    'limit=-1',
    'limit=1000000',
    'limit=1e9',
    'limit=abc',
    'limit=1&limit=2',
    'sort=password',
    'sort=name;drop',
    '%ff=1',
    'sort=%00',
    'limit=1%',
  ]) {
    expect([query, (await house.call('GET', `/v1/things?${query}`)).status]).toEqual([query, 400]);
  }
  const first = await house.call('GET', '/v1/api-keys?limit=2');
  const second = await house.call('GET', `/v1/api-keys?limit=2&cursor=${String(first.body['next'])}`);
  const ids = [...(first.body['items'] as { id: string }[]), ...(second.body['items'] as { id: string }[])].map((key) => key.id);
  expect(new Set(ids).size).toBe(4);
});

test('S09: keys are stored as hashes, expire, and cannot be guessed from their id', async () => {
  const soon = new Date(Date.now() + 400).toISOString();
  const short = await house.call('POST', '/v1/api-keys', { body: { name: 'short', role: 'viewer', expiresAt: soon } });
  const secret = String(short.body['secret']);
  expect((await house.call('GET', '/v1/me', { key: secret })).body).toMatchObject({ role: 'viewer', tenant: 'a' });
  const { rows } = await ground.database.owner.query('select key::text as text from gateway.api_key as key');
  expect(rows.length).toBeGreaterThan(6);
  for (const part of secret.split('_').slice(2)) expect(JSON.stringify(rows)).not.toContain(part.slice(0, 32));
  await sleep(450);
  expect((await house.call('GET', '/v1/me', { key: secret })).body['code']).toBe('auth.invalid');
  expect((await house.call('POST', '/v1/api-keys', { body: { name: 'x', role: 'viewer', expiresAt: '2020-01-01T00:00:00Z' } })).status).toBe(400);
});

test('S09: a well-formed key with the id of another key and a secret of its own is refused', async () => {
  const { keyText, randomText } = await import('./credentials.ts');
  for (const id of [house.owner.id, '0'.repeat(16)]) {
    for (const secret of ['0'.repeat(32), randomText(32)]) {
      expect((await house.call('GET', '/v1/me', { key: keyText(id, secret) })).body).toMatchObject({ status: 401, code: 'auth.invalid' });
    }
  }
});

test('S09: a key that rests is looked up anew before it is believed again', async () => {
  const other = await openHouse(ground, { settings: { credentialCacheMs: 200 } });
  const key = await other.gateway.keys.create('a', { name: 'resting', role: 'viewer' });
  expect((await other.call('GET', '/v1/me', { key: key.secret })).status).toBe(200);
  await house.gateway.keys.revoke('a', key.id);
  await sleep(220);
  expect((await other.call('GET', '/v1/me', { key: key.secret })).status).toBe(401);
  await other.close();
});

test('S09: a revoked key stops within 3 s in another process too, under load', async () => {
  const other = await openHouse(ground);
  const key = await house.gateway.keys.create('a', { name: 'to revoke', role: 'viewer' });
  expect((await other.call('GET', '/v1/me', { key: key.secret })).status).toBe(200);
  await house.call('DELETE', `/v1/api-keys/${key.id}`);
  const revokedAt = performance.now();
  expect((await house.call('GET', '/v1/me', { key: key.secret })).status).toBe(401);
  let last = 200;
  while (last === 200 && performance.now() - revokedAt < 6_000) last = (await other.call('GET', '/v1/me', { key: key.secret })).status;
  expect(last).toBe(401);
  expect(performance.now() - revokedAt).toBeLessThan(3_300);
  expect((await house.call('GET', `/v1/api-keys/${key.id}`)).body['revokedAt']).toEqual(expect.any(String));
  await other.close();
});

test('S09: nobody makes, renames or revokes a key above their own role', async () => {
  const admin = house.keys.admin;
  expect((await house.call('POST', '/v1/api-keys', { key: admin, body: { name: 'up', role: 'owner' } })).status).toBe(403);
  expect((await house.call('DELETE', `/v1/api-keys/${house.owner.id}`, { key: admin })).status).toBe(403);
  expect((await house.call('PUT', `/v1/api-keys/${house.owner.id}`, { key: admin, body: { name: 'x' } })).status).toBe(403);
  expect((await house.call('POST', '/v1/api-keys', { key: admin, body: { name: 'peer', role: 'admin' } })).status).toBe(201);
});

test('the last use of a key is written when the gateway closes', async () => {
  const other = await openHouse(ground);
  const key = await other.gateway.keys.create('a', { name: 'used', role: 'viewer' });
  await other.call('GET', '/v1/me', { key: key.secret });
  await other.close();
  expect((await house.call('GET', `/v1/api-keys/${key.id}`)).body['lastUsedAt']).toEqual(expect.any(String));
});

test('the same request has the same fingerprint in any key order, another request another', async () => {
  const send = async (text: string, key = 'order-1'): Promise<string> => {
    const answer = await house.call('POST', '/v1/things', { text, headers: { 'idempotency-key': key } });
    expect(answer.status).toBe(201);
    return house.toy.seen.at(-1)!.idempotency!.fingerprint;
  };
  const first = await send('{"name":"a","data":{"x":1,"y":[{"b":2,"c":3}]}}');
  expect(await send('{ "data": {"y":[{"c":3,"b":2}], "x":1.0}, "name":"\\u0061" }')).toBe(first);
  expect(await send('{"name":"a","data":{"x":1,"y":[{"b":2,"c":4}]}}')).not.toBe(first);
  expect(await send('{"name":"a","data":{"x":1,"y":[{"b":2,"c":3}]},"wait":"5s"}'), 'how to answer is no part of what is asked').toBe(first);
  for (const key of ['', ' ', 'a b', 'ü', 'x'.repeat(201)]) {
    const answer = await house.call('POST', '/v1/things', {
      body: { name: 'a' },
      headers: { 'idempotency-key': encodeURIComponent(key) === key ? key : 'a b' },
    });
    expect(answer.status).toBe(400);
  }
});

test('egress rules have one spelling an address and reach the platform through egressRules', async () => {
  expect((await house.call('PUT', '/v1/egress/127.0.0.1:9000', { body: { action: 'allow', reason: 'sample service' } })).status).toBe(200);
  expect((await house.call('PUT', '/v1/egress/[0:0:0:0:0:0:0:1]:9000', { body: { action: 'deny', reason: 'no' } })).body['address']).toBe('[::1]:9000');
  expect((await house.call('GET', '/v1/egress', { key: house.keys.foreign })).body).toEqual({ items: [] });
  const rules = egressRules(ground.database);
  expect(await rules.list('a')).toEqual([
    { tenant: 'a', host: '127.0.0.1', port: 9000, action: 'allow', reason: 'sample service' },
    { tenant: 'a', host: '::1', port: 9000, action: 'deny', reason: 'no' },
  ]);
  for (const address of ['nohost', 'a:0', 'a:65536', 'A.com:80', 'a b:80', 'http://a:80']) {
    expect((await house.call('PUT', `/v1/egress/${encodeURIComponent(address)}`, { body: { action: 'allow', reason: 'r' } })).status).toBe(404);
  }
  expect((await house.call('DELETE', '/v1/egress/[::1]:9000')).status).toBe(204);
  expect((await house.call('DELETE', '/v1/egress/127.0.0.1:9000')).status).toBe(204);
  expect((await house.call('DELETE', '/v1/egress/127.0.0.1:9000')).status).toBe(404);
});

test('health, readiness, metrics, description and reference answer; readiness tells which part is not ready', async () => {
  expect((await house.call('GET', '/healthz', { key: null })).body).toEqual({ ok: true });
  expect((await house.call('GET', '/readyz', { key: null })).body).toEqual({
    ready: true,
    parts: { accepting: true, database: true, 'toy.engine': true },
  });
  const metrics = await house.call('GET', '/metrics', { key: null });
  expect(metrics.text).toContain('palace_requests_total{route="/v1/things",status="201"}');
  const description = await house.call('GET', '/v1/openapi.json', { key: null });
  expect(description.text).toBe((await house.call('GET', '/v1/openapi.json', { key: null })).text);
  expect(description.body['openapi']).toBe('3.1.0');
  const page = await house.call('GET', '/docs', { key: null });
  expect(page.text).toContain('/v1/things/{id}/events');
  expect(page.text).not.toMatch(/<script|src=|https?:\/\//);
  expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'/);
});

test('a route table in another order gives the same description', async () => {
  const { openApi } = await import('./openapi.ts');
  const routes = house.toy.routes;
  expect(JSON.stringify(openApi([...routes].reverse(), '1', undefined))).toBe(JSON.stringify(openApi(routes, '1', undefined)));
});

test('a literal path goes before a parameter, whatever the order of declaration', async () => {
  const { z } = await import('zod');
  const simple = (path: string, name: string, params?: ReturnType<typeof z.strictObject>): Route =>
    route({
      method: 'get',
      path,
      summary: name,
      permission: 'run.read',
      loader: 'collection',
      responses: {},
      ...(params !== undefined && { params }),
      handle: async () => ({ status: 200, body: { name } }),
    });
  const byId = z.strictObject({ id: z.string() });
  const routes = [simple('/v1/p/{id}', 'parameter', byId), simple('/v1/p/bulk', 'literal'), simple('/v1/p/{id}/x', 'deep', byId)];
  const other = await openHouse(ground, { doors: [{ name: 'p', routes, ready: () => ({}) }] });
  expect((await other.call('GET', '/v1/p/bulk')).body['name']).toBe('literal');
  expect((await other.call('GET', '/v1/p/other')).body['name']).toBe('parameter');
  expect((await other.call('GET', '/v1/p/bulk/x')).body['name']).toBe('deep');
  await other.close();
});
