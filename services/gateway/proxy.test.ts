// Two service processes behind a gateway: the signed identity, what passes and what does not, streams, failures, clocks.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { Principal } from './contract.ts';
import { permissionsOf } from './credentials.ts';
import { IDENTITY_HEADER, signIdentity, verifyInternal } from './identity.ts';
import { openGateway, openInternalDoor } from './service.ts';
import type { InternalDoor } from './internal-door.ts';
import { call, openGround, openHouse, prototypes, raw } from './testing.ts';
import type { Ground, House } from './testing.ts';
import { signedInAs } from './people/testing.ts';
import { toyDoor } from './toy-door.ts';
import type { ToyDoor } from './toy-door.ts';

const KEY = 'an internal key of at least 32 characters';
const PREFIXES = ['/v1/things', '/v1/waits', '/v1/bugs'];
let ground: Ground;
let house: House;
let toys: ToyDoor[];
let doors: InternalDoor[];
let doorPorts: number[];
const untouched = prototypes();

beforeAll(async () => {
  ground = await openGround();
  toys = [toyDoor(), toyDoor()];
  doors = toys.map((toy) => openInternalDoor(ground, [toy], KEY, { settings: { port: 0, heartbeatMs: 100 } }));
  const listening = await Promise.all(doors.map((door) => door.listen()));
  doorPorts = listening.map(({ port }) => port);
  const proxies = listening.map(({ url }) => ({ name: 'toy', url, prefixes: PREFIXES }));
  house = await openHouse(ground, { doors: [], proxies, internalKey: KEY, settings: { streamCheckMs: 200, credentialCacheMs: 300 } });
});
afterAll(async () => {
  await house?.close();
  for (const door of doors ?? []) await door.close();
  await ground?.close();
});
afterEach(() => expect(prototypes(), 'S26').toBe(untouched));

const viewer: Principal = { kind: 'api-key', id: 'k', tenant: 'a', role: 'viewer', permissions: permissionsOf('viewer') };
const direct = (port: number, path: string, identity: string, method = 'GET') =>
  raw(port, `${method} ${path} HTTP/1.1\r\nHost: any.internal\r\n${IDENTITY_HEADER}: ${identity}\r\n\r\n`);

test('requests pass with the verified caller, the client’s address and the idempotency key, and processes take turns', async () => {
  const before = toys.map((toy) => toy.seen.length);
  for (let at = 0; at < 4; at += 1) {
    const made = await house.call('POST', '/v1/things', {
      key: house.keys.operator,
      body: { name: 'x' },
      headers: { 'idempotency-key': `k${at}`, [IDENTITY_HEADER]: 'v1.forged.x' },
    });
    expect([made.status, made.headers['location'], made.headers['ratelimit-policy']]).toEqual([
      201,
      expect.stringContaining('/v1/things/'),
      '"key";q=600000;w=60',
    ]);
  }
  expect(toys.map((toy, at) => toy.seen.length - before[at]!)).toEqual([2, 2]);
  const context = toys[0]!.seen.at(-1)!;
  expect(context).toMatchObject({
    tenant: 'a',
    clientAddress: '127.0.0.1',
    principal: { kind: 'api-key', role: 'operator' },
    idempotency: { key: expect.stringMatching(/^k\d$/) },
  });
  expect([...context.principal.permissions].sort()).toEqual([...permissionsOf('operator')].sort());
});

test('S08: permissions, schemas, sizes and paths hold behind the proxy as in one process', async () => {
  expect((await house.call('POST', '/v1/things', { key: house.keys.viewer, body: { name: 'x' } })).body).toMatchObject({
    status: 403,
    code: 'auth.forbidden',
    detail: 'run.start',
  });
  expect((await house.call('POST', '/v1/things', { key: null, body: { name: 'x' } })).status).toBe(401);
  expect((await house.call('POST', '/v1/things', { body: { name: 'x', tenant: 'b' } })).status).toBe(400);
  expect((await house.call('POST', '/v1/things', { text: 'x'.repeat(1_000_000) })).status).toBe(413);
  expect((await house.call('GET', '/v1/things/none')).status).toBe(404);
  expect((await house.call('DELETE', '/v1/things')).headers['allow']).toBe('GET, HEAD, POST');
  expect((await house.call('GET', '/v1/thingsX')).status).toBe(404);
  expect((await house.call('GET', '/v1/bugs/bug')).body).toMatchObject({ status: 500, code: 'internal' });
  expect((await house.call('GET', '/v1/me')).status).toBe(200);
});

test('S41: a service process believes only what the gateway signed, for this request, now', async () => {
  const port = doorPorts[0]!;
  const request = { method: 'GET', url: '/v1/things' };
  const identity = { principal: viewer, address: '192.0.2.1' };
  const good = signIdentity(KEY, request, identity, Date.now());
  expect((await direct(port, '/v1/things', good)).status).toBe(200);
  expect((await raw(port, 'GET /v1/things HTTP/1.1\r\nHost: x\r\n\r\n')).body['code']).toBe('auth.missing');
  const [version, payload, mac] = good.split('.') as [string, string, string];
  const raised = Buffer.from(Buffer.from(payload, 'base64url').toString().replace('"tenant":"a"', '"tenant":"b"')).toString('base64url');
  const forged = [
    signIdentity('another key, also of at least 32 characters', request, identity, Date.now()),
    signIdentity(KEY, request, identity, Date.now() - 31_000),
    signIdentity(KEY, request, identity, Date.now() + 31_000),
    `v2.${payload}.${mac}`,
    `${version}.${raised}.${mac}`,
    `${version}.${payload}.`,
    `${version}.${payload}`,
    `${version}.${payload}.${mac}.x`,
    `${version}..${mac}`,
    '',
    'x',
    mac,
  ];
  for (const header of forged) expect([header, (await direct(port, '/v1/things', header)).status]).toEqual([header, 401]);
  expect((await direct(port, '/v1/things?limit=1', good)).status).toBe(401);
  expect((await direct(port, '/v1/things/thing-1', good)).status).toBe(401);
  expect((await direct(port, '/v1/things', good, 'POST')).status).toBe(401);
  expect((await raw(port, `GET /v1/things HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${house.keys.owner}\r\n\r\n`)).status).toBe(401);
  expect(() => verifyInternal(KEY, request, [good, good], Date.now())).toThrowError(expect.objectContaining({ code: 'auth.invalid' }));
});

test('S41: a weak or missing internal key stops the boot', async () => {
  expect(() => openInternalDoor(ground, [], 'short')).toThrowError(expect.objectContaining({ code: 'boot.config' }));
  const open = openGateway({ ...ground, cache: house.cache }, { proxies: [{ name: 'x', url: 'http://127.0.0.1:1', prefixes: ['/v1/x'] }] });
  await expect(open).rejects.toMatchObject({ code: 'boot.config' });
});

test('R13: clocks that disagree by five minutes, or jump, change nothing', async () => {
  let skewMs = 300_000;
  const door = openInternalDoor(ground, [toyDoor()], KEY, { settings: { port: 0 }, nowMs: () => Date.now() + skewMs });
  const { url, port } = await door.listen();
  const now = signIdentity(KEY, { method: 'GET', url: '/v1/things' }, { principal: viewer, address: '' }, Date.now());
  expect((await direct(port, '/v1/things', now)).status).toBe(401);
  const proxies = [{ name: 'toy', url, prefixes: PREFIXES }];
  const gateway = await openGateway({ ...ground, cache: house.cache }, { proxies, internalKey: KEY, settings: { port: 0 } });
  const { url: gatewayUrl } = await gateway.listen();
  const send = (method: string, body?: object) => call(gatewayUrl, house.keys.owner, method, '/v1/things', { body });
  expect((await send('POST', { name: 'x' })).status).toBe(201);
  skewMs = -300_000;
  expect((await send('GET')).status).toBe(200);
  skewMs = 300_000;
  expect((await send('POST', { name: 'x' })).status).toBe(201);
  // What passes through is sent once.
  skewMs = -300_000;
  expect((await send('POST', { name: 'x'.repeat(70_000) })).body).toMatchObject({ status: 503, code: 'unavailable.service' });
  await gateway.close();
  await door.close();
});

test('S41: a service with another internal key accepts nothing, and its refusal is not the caller’s', async () => {
  const toy = toyDoor();
  const door = openInternalDoor(ground, [toy], `${KEY}!`, { settings: { port: 0 } });
  const { url } = await door.listen();
  const proxies = [{ name: 'toy', url, prefixes: PREFIXES }];
  const gateway = await openGateway({ ...ground, cache: house.cache }, { proxies, internalKey: KEY, settings: { port: 0 } });
  const { url: gatewayUrl } = await gateway.listen();
  for (const [method, body] of [
    ['GET', undefined],
    ['POST', { name: 'x' }],
  ] as const) {
    expect((await call(gatewayUrl, house.keys.owner, method, '/v1/things', { body })).body).toMatchObject({
      status: 503,
      code: 'unavailable.service',
    });
  }
  expect(toy.seen).toEqual([]);
  await gateway.close();
  await door.close();
});

test('streams pass as they come, resume, and end when the key is revoked', async () => {
  for (const toy of toys) toy.things.set('a', new Map([['thing-1', { id: 'thing-1', name: 'x' }]]));
  const key = await house.gateway.keys.create('a', { name: 'watcher', role: 'viewer' });
  const response = await fetch(`${house.url}/v1/things/thing-1/events`, {
    headers: { authorization: `Bearer ${key.secret}`, accept: 'text/event-stream', 'last-event-id': '1' },
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  let text = '';
  const ended = (async () => {
    for await (const part of response.body!) text += Buffer.from(part as Uint8Array).toString();
  })();
  await sleep(200);
  expect(text).toContain('id: 2\nevent: tick\n');
  await ground.database.asTenant('a', (sql) => sql.query('update gateway.api_key set revoked_at = now() where id = $1', [key.id]));
  await ended;
  await sleep(100);
  expect(toys.map((toy) => toy.streams.open)).toEqual([0, 0]);
});

test('the description of the services joins the gateway’s own, and readiness asks them', async () => {
  const { body } = await house.call('GET', '/v1/openapi.json', { key: null });
  expect(Object.keys(body['paths'] as object)).toEqual(expect.arrayContaining(['/v1/api-keys', '/v1/things/{id}', '/v1/waits']));
  expect((await house.call('GET', '/readyz', { key: null })).body).toEqual({
    ready: true,
    parts: { accepting: true, database: true, toy: true },
  });
});

test('a process that is gone is passed over; with none left the answer is 503 and nothing was accepted', async () => {
  const door = openInternalDoor(ground, [toyDoor()], KEY, { settings: { port: 0 } });
  const { url } = await door.listen();
  const proxies = [
    { name: 'toy', url: 'http://127.0.0.1:1', prefixes: PREFIXES },
    { name: 'toy', url, prefixes: PREFIXES },
  ];
  const gateway = await openGateway({ ...ground, cache: house.cache }, { proxies, internalKey: KEY, settings: { port: 0 } });
  const { url: gatewayUrl } = await gateway.listen();
  for (let at = 0; at < 4; at += 1) expect((await call(gatewayUrl, house.keys.owner, 'POST', '/v1/things', { body: { name: 'x' } })).status).toBe(201);
  await door.close();
  const refused = await call(gatewayUrl, house.keys.owner, 'POST', '/v1/things', { body: { name: 'x' } });
  expect(refused.body).toMatchObject({ status: 503, code: 'unavailable.service', detail: 'toy' });
  expect(refused.headers['retry-after']).toBe('1');
  await gateway.close();
});

test('a process that drains is passed over, changes without a key too: nothing that comes meanwhile fails', async () => {
  const pair = [toyDoor(), toyDoor()].map((toy) => openInternalDoor(ground, [toy], KEY, { settings: { port: 0 } }));
  const proxies = (await Promise.all(pair.map((door) => door.listen()))).map(({ url }) => ({ name: 'toy', url, prefixes: PREFIXES }));
  const gateway = await openGateway({ ...ground, cache: house.cache }, { proxies, internalKey: KEY, settings: { port: 0 } });
  const { url } = await gateway.listen();
  const statuses: (number | undefined)[] = [];
  let closed = false;
  const ask = async (client: number): Promise<void> => {
    while (!closed) {
      const reply =
        client % 2 === 0 ? call(url, house.keys.owner, 'POST', '/v1/things', { body: { name: 'x' } }) : call(url, house.keys.owner, 'GET', '/v1/things');
      statuses.push((await reply).status);
    }
  };
  const clients = Array.from({ length: 12 }, (_, client) => ask(client));
  const answered = async (count: number): Promise<void> => {
    while (statuses.length < count) await sleep(5);
  };
  await answered(48);
  await pair[0]!.close();
  await answered(statuses.length + 48);
  closed = true;
  await Promise.all(clients);
  expect(statuses.filter((status) => status !== 201 && status !== 200)).toEqual([]);
  await gateway.close();
  await pair[1]!.close();
});

test('after a connection that broke, what is harmless to repeat goes to the next process, and nothing else', async () => {
  const { createServer } = await import('node:net');
  let cuts = 0;
  const cutter = createServer((socket) => socket.on('error', () => undefined).once('data', () => void socket.destroy(void (cuts += 1))));
  await new Promise<void>((resolve) => cutter.listen(0, '127.0.0.1', resolve));
  const toy = toyDoor();
  const door = openInternalDoor(ground, [toy], KEY, { settings: { port: 0 } });
  const urls = [`http://127.0.0.1:${(cutter.address() as { port: number }).port}`, (await door.listen()).url];
  const proxies = urls.map((url) => ({ name: 'toy', url, prefixes: PREFIXES, keyed: /^\/v1\/things$/ }));
  const gateway = await openGateway({ ...ground, cache: house.cache }, { proxies, internalKey: KEY, settings: { port: 0 } });
  const { url } = await gateway.listen();
  const twice = async (method: string, path: string, options: Parameters<typeof call>[4]): Promise<unknown[]> => {
    const replies = [await call(url, house.keys.owner, method, path, options), await call(url, house.keys.owner, method, path, options)];
    return replies.map(({ status, body }) => body['code'] ?? status).toSorted();
  };
  const keyed = { headers: { 'idempotency-key': 'one' } };
  expect(await twice('GET', '/v1/things', {})).toEqual([200, 200]);
  expect(await twice('POST', '/v1/things', { body: { name: 'x' }, ...keyed })).toEqual([201, 201]);
  expect(await twice('POST', '/v1/things', { body: { name: 'x' } })).toEqual([201, 'outcome.unknown']);
  expect(await twice('POST', '/v1/waits', { body: { waitMs: 0 }, ...keyed })).toEqual([200, 'outcome.unknown']);
  expect(await twice('POST', '/v1/things', { body: { name: 'x'.repeat(70_000) }, ...keyed })).toEqual(['outcome.unknown', 'request.invalid'].toSorted());
  expect(cuts).toBeGreaterThan(4);
  await gateway.close();
  await door.close();
  cutter.close();
});

test('a connection that breaks after a change was sent reads as an unknown outcome, a read as unavailable', async () => {
  const { createServer } = await import('node:net');
  const cutter = createServer((socket) => socket.on('error', () => undefined).once('data', () => socket.destroy()));
  await new Promise<void>((resolve) => cutter.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(cutter.address() as { port: number }).port}`;
  const gateway = await openGateway(
    { ...ground, cache: house.cache },
    { proxies: [{ name: 'toy', url, prefixes: PREFIXES }], internalKey: KEY, settings: { port: 0 } },
  );
  const { url: gatewayUrl } = await gateway.listen();
  expect((await call(gatewayUrl, house.keys.owner, 'POST', '/v1/things', { body: { name: 'x' } })).body['code']).toBe('outcome.unknown');
  expect((await call(gatewayUrl, house.keys.owner, 'GET', '/v1/things')).body['code']).toBe('unavailable.service');
  await gateway.close();
  cutter.close();
});

/** What release 0.1.0 believes, word for word. It must never be signed anything else while it may run beside this one. */
const PERMISSIONS_OF_0_1_0 = [
  ...['flow.read', 'flow.write', 'run.read', 'run.start', 'run.control', 'run.signal', 'run.repeat-effects', 'event.publish', 'webhook.read', 'webhook.write'],
  ...['egress.read', 'egress.write', 'key.read', 'key.write', 'environment.read', 'environment.write', 'secret.read', 'secret.write', 'audit.read', 'system.read'],
] as const;
const PAYLOAD_OF_0_1_0 = z.strictObject({
  tenant: z.string().min(1).max(63),
  id: z.string().min(1).max(200),
  kind: z.enum(['api-key', 'service']),
  role: z.enum(['owner', 'admin', 'builder', 'operator', 'worker', 'viewer']),
  permissions: z.array(z.enum(PERMISSIONS_OF_0_1_0)).max(PERMISSIONS_OF_0_1_0.length),
  address: z.string().max(100),
  timeMs: z.number().int(),
});

test('a person and an owner’s key are signed so that the release before reads it, and this one knows the person', () => {
  const person: Principal = { kind: 'person', id: 'person/00000000000000000000', tenant: 'a', role: 'owner', permissions: permissionsOf('owner') };
  const request = { method: 'GET', url: '/v1/things' };
  for (const principal of [person, { ...viewer, role: 'owner', permissions: permissionsOf('owner') } as Principal]) {
    const header = signIdentity(KEY, request, { principal, address: '127.0.0.1' }, 1_000);
    const payload: unknown = JSON.parse(Buffer.from(header.split('.')[1]!, 'base64url').toString('utf8'));
    expect(PAYLOAD_OF_0_1_0.safeParse(payload).success).toBe(true);
    const { principal: read } = verifyInternal(KEY, request, header, 1_000);
    expect([read.kind, read.id, read.permissions.has('run.start'), read.permissions.has('people.write')]).toEqual([principal.kind, principal.id, true, false]);
  }
});

test('a person passes to the service as who they are, and changes nothing there from a page of another site', async () => {
  const browser = await signedInAs(house, 'operator', 'proxied@a.test');
  const made = await browser.call('POST', '/v1/things', { body: { name: 'by a person' } });
  expect(made.status).toBe(201);
  const { principal } = toys.flatMap((toy) => toy.seen).findLast((context) => context.principal.kind === 'person')!;
  expect([principal.id, principal.role, principal.signedIn]).toEqual([`person/${browser.id}`, 'operator', undefined]);
  const foreign = await browser.call('POST', '/v1/things', { body: { name: 'x' }, headers: { origin: '', 'sec-fetch-site': 'none' } });
  expect(foreign.status).toBe(403);
  const told = (await ground.audit.list('a', { limit: 20, action: 'thing.make' })).find(({ record }) => record.actor.kind === 'person');
  expect(told?.record.actor).toEqual({ kind: 'person', id: `person/${browser.id}`, role: 'operator' });
});
