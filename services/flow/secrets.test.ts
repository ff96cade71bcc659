// A run with secrets through the whole house: gateway, engine, executor, database. Then everything that can be read is searched for them.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Json } from '@palace/jq/jq.ts';
import { openGateway, secretReader, type Gateway } from '@palace/gateway/service.ts';
import { loadConfig } from '@palace/platform/config.ts';
import { testDatabase, type TestDatabase } from '@palace/platform/database/testing.ts';
import { openPlatform, type Platform } from '@palace/platform/platform.ts';
import { openFlow, type FlowService } from './service.ts';
import { until } from './testing.ts';

const CANARIES = ['canary-of-a-token-93c1', 'canary "of"\na password é 5b7', 'canary-of-a-client-77ad'] as const;
const [TOKEN, PASSWORD, CLIENT] = CANARIES;
const dir = mkdtempSync(join(tmpdir(), 'palace-secrets-'));
const lines: string[] = [];
const seen: { line: string; headers: IncomingHttpHeaders; body: string }[] = [];

let db: TestDatabase;
let platform: Platform;
let flow: FlowService;
let gateway: Gateway;
let url: string;
let key: string;
let outside: string;
/** How the remote answers, beside echoing all it was sent. */
let behave: (line: string) => number | 'drop' = () => 200;
let closeOutside: () => Promise<void>;

beforeAll(async () => {
  db = await testDatabase();
  outside = await openOutside();
  const dataDir = join(dir, 'data');
  const vaultKeyFile = join(dir, 'vault.key');
  writeFileSync(vaultKeyFile, randomBytes(32).toString('base64'), { mode: 0o600 });
  const config = loadConfig({ database: { url: db.url }, telemetry: { logLevel: 'debug' }, installation: { dataDir, vaultKeyFile, drainMs: 2_000 } }, {});
  const { port } = new URL(outside);
  platform = await openPlatform(config, {
    service: 'secrets-test',
    write: (line) => void lines.push(line),
    egressRules: () => ({ list: (tenant) => Promise.resolve([{ tenant, host: '127.0.0.1', port: Number(port), action: 'allow', reason: 'test' }]) }),
    secrets: secretReader,
  });
  flow = await openFlow(platform, { runtimeMetadata: { outside } });
  gateway = await openGateway(platform, { doors: [flow.door], settings: { port: 0 } });
  await flow.start();
  url = (await gateway.listen()).url;
  key = (await gateway.keys.create('a', { name: 'owner', role: 'owner' })).secret;
});
afterAll(async () => {
  await gateway.close();
  await flow.stop();
  await platform.close();
  await closeOutside();
  await db.close();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => {
  seen.length = 0;
  behave = () => 200;
});

/** An interface with one operation; its document echoes too. */
const API = {
  openapi: '3.1.0',
  paths: {
    '/api/op': {
      post: {
        operationId: 'op',
        parameters: [
          { name: 'X-Key', in: 'header' },
          { name: 'q', in: 'query' },
        ],
        requestBody: { content: { 'application/json': { schema: { properties: { p: {} } } } } },
      },
    },
  },
};

/** Echoes everything, gives tokens at /oauth2/token, and says at /by-key/KEY whether it acted. */
async function openOutside(): Promise<string> {
  const done = new Set<string>();
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const line = `${request.method} ${request.url}`;
      seen.push({ line, headers: request.headers, body });
      const how = behave(line);
      if (request.method === 'POST') done.add(String(request.headers['idempotency-key']));
      if (how === 'drop') return void request.socket.destroy();
      const token = request.url === '/oauth2/token' ? { access_token: 'access-token-of-the-canary', token_type: 'bearer', expires_in: 600 } : {};
      const status = request.url?.startsWith('/by-key/') === true ? (done.has(request.url.slice(8)) ? 200 : 404) : how;
      response.writeHead(status, { 'content-type': 'application/json', 'x-echo': String(request.headers.authorization ?? '') });
      const api = request.url === '/api.json' ? API : {};
      response.end(JSON.stringify({ ...token, ...api, line, headers: request.headers, body }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closeOutside = () =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; text: string; body: Record<string, Json> }> {
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      ...(method === 'POST' && { 'idempotency-key': randomBytes(8).toString('hex') }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, body: text === '' ? {} : (JSON.parse(text) as Record<string, Json>) };
}

async function setSecrets(values: Readonly<Record<string, Json>>): Promise<void> {
  for (const [name, value] of Object.entries(values)) expect((await ask('PUT', `/v1/secrets/${name}`, { value })).status).toBe(200);
}

async function run(
  name: string,
  secrets: readonly string[],
  steps: unknown,
  use: object = {},
): Promise<{ id: string; page: Record<string, Json>; history: string }> {
  const source = JSON.stringify({ document: { dsl: '1.0.3', namespace: 'test', name, version: '1.0.0' }, use: { secrets, ...use }, do: steps });
  const published = await ask('POST', '/v1/flows', { source });
  expect([published.status, published.body['errors']]).toEqual([201, undefined]);
  const started = await ask('POST', '/v1/runs', { flow: `test/${name}`, input: { n: 1 } });
  const id = String(started.body['id']);
  const page = await until(`run ${id} ends`, async () => {
    const { body } = await ask('GET', `/v1/runs/${id}`);
    return ['completed', 'failed'].includes(String(body['status'])) ? body : undefined;
  });
  return { id, page, history: (await ask('GET', `/v1/runs/${id}/events?limit=1000`)).text };
}

const call = (method: string, path: string, args: object = {}, more: object = {}) => ({
  call: 'http',
  with: { method, endpoint: `\${ $runtime.metadata.outside + "${path}" }`, ...args },
  ...more,
});
const guarded = (method: string, path: string, authentication: object, args: object = {}) => ({
  call: 'http',
  with: { method, endpoint: { uri: `\${ $runtime.metadata.outside + "${path}" }`, authentication }, ...args },
});

/** As it stands, in JSON, percent-encoded, in base64 of its own and in that of a pair, and as PostgreSQL prints bytes. */
function formsOf(canary: string): string[] {
  const bytes = Buffer.from(canary);
  const inner = (text: string): string => Buffer.from(text).toString('base64').slice(4, 20);
  return [canary, JSON.stringify(canary).slice(1, -1), encodeURIComponent(canary), bytes.toString('hex'), inner(canary), inner(`ada:${canary}`)];
}

async function everyTable(): Promise<string[]> {
  const { rows } = await db.database.owner.query<{ name: string }>(
    "select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
  );
  const texts: string[] = [];
  for (const { name } of rows)
    texts.push(`${name}: ${(await db.database.owner.query<{ t: string }>(`select t::text as t from ${name} t`)).rows.map(({ t }) => t).join('\n')}`);
  return texts;
}

function everyFile(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'));
}

async function events(id: string): Promise<string> {
  const response = await fetch(`${url}/v1/runs/${id}/events`, { headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' } });
  return response.text();
}

describe('S38: secrets of a run', () => {
  test('reach the remote and stand nowhere else: no table, file, log line, event, page, metric or list', async () => {
    await setSecrets({
      token: TOKEN,
      user: { name: 'ada', password: PASSWORD },
      client: { authority: outside, grant: 'client_credentials', client: { id: 'me', secret: CLIENT } },
    });
    behave = (line) => (line.startsWith('POST /fails') ? 422 : line.startsWith('POST /pay') ? 'drop' : 200);
    const verify = {
      with: { method: 'get', endpoint: '${ $runtime.metadata.outside + "/by-key/" + $effect.key }', headers: { 'x-key': '${ $secrets.token }' } },
      happened: '.status == 200',
      result: '.body',
    };
    const steps = [
      { header: call('get', '/header', { headers: { 'X-Key': '${ "key " + $secrets.token }' }, query: { q: '${ $secrets.token }' }, output: 'response' }) },
      { body: call('post', '/body', { body: { deep: [{ p: '${ $secrets.user.password }', n: 1 }] } }, { metadata: { palace: { effect: 'idempotent' } } }) },
      { raw: call('get', '/raw', { headers: { 'X-Key': '${ $secrets.token }' }, output: 'raw' }) },
      { basic: guarded('get', '/basic', { basic: { username: 'ada', password: '${ $secrets.token }' } }) },
      { bearer: guarded('get', '/bearer', { use: 'bank' }) },
      { oauth: guarded('get', '/granted', { oauth2: { use: 'client' } }) },
      {
        api: {
          call: 'openapi',
          with: {
            document: { endpoint: { uri: '${ $runtime.metadata.outside + "/api.json" }', authentication: { use: 'bank' } } },
            operationId: 'op',
            parameters: { 'X-Key': '${ $secrets.client.client.secret }', q: '${ $secrets.token }', p: '${ $secrets.user.password }' },
            authentication: { basic: { username: 'ada', password: '${ $secrets.token }' } },
            output: 'response',
          },
        },
      },
      { pay: call('post', '/pay', { body: { t: '${ $secrets.token }' } }, { metadata: { palace: { effect: 'unique', deadline: 'PT1S', verify } } }) },
      {
        risky: {
          try: [{ fails: call('post', '/fails', { body: '${ {t: $secrets.token, p: $secrets.user.password} }' }) }],
          catch: { as: 'error', do: [{ kept: { set: { why: '${ $error }' } } }] },
        },
      },
      { last: call('post', '/fails', { body: '${ $secrets.user }', query: { q: '${ $secrets.token }' } }) },
    ];
    const { id, page, history } = await run('canary', ['token', 'user', 'client'], steps, {
      authentications: { bank: { bearer: { token: '${ $secrets.token }' } } },
    });
    expect(page['status']).toBe('failed');

    // It all arrived.
    const at = (path: string) => seen.find(({ line }) => line.includes(path));
    expect(at('/header')?.headers['x-key']).toBe(`key ${TOKEN}`);
    expect(JSON.parse(at('/body')?.body ?? '')).toEqual({ deep: [{ p: PASSWORD, n: 1 }] });
    expect(at('/basic')?.headers.authorization).toBe(`Basic ${Buffer.from(`ada:${TOKEN}`).toString('base64')}`);
    expect(at('/bearer')?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(at('/granted')?.headers.authorization).toBe('Bearer access-token-of-the-canary');
    expect(new URLSearchParams(at('/oauth2/token')?.body).get('client_secret')).toBe(CLIENT);
    expect(at('/api.json')?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(at('/api/op')).toMatchObject({
      headers: { authorization: `Basic ${Buffer.from(`ada:${TOKEN}`).toString('base64')}`, 'x-key': CLIENT },
      body: JSON.stringify({ p: PASSWORD }),
    });
    expect(at('/by-key/')?.headers['x-key']).toBe(TOKEN);
    expect(JSON.parse(seen.at(-1)?.body ?? '')).toEqual({ name: 'ada', password: PASSWORD });
    expect(history).toContain('[secret token]');
    expect(history).toContain('[secret user.password]');

    const told = {
      page: JSON.stringify(page),
      history,
      stream: await events(id),
      metrics: await platform.telemetry.metrics(),
      list: (await ask('GET', '/v1/secrets')).text,
      runs: (await ask('GET', '/v1/runs')).text,
      tables: (await everyTable()).join('\n'),
      files: everyFile(dir).join('\n'),
      log: lines.join('\n'),
    };
    expect(told.tables).toContain('effect.requested');
    expect(told.tables.length).toBeGreaterThan(10_000);
    for (const [where, text] of Object.entries(told))
      for (const canary of [...CANARIES, 'access-token-of-the-canary'])
        for (const form of formsOf(canary)) expect(text.includes(form), `${form} in ${where}`).toBe(false);
  });

  test('that are not set are a fault with the command, and nothing is sent; once set, the step goes on', async () => {
    const { id, page } = await run('missing', ['absent'], [{ a: call('get', '/absent', { headers: { x: '${ $secrets.absent }' } }) }]);
    expect(page).toMatchObject({
      status: 'failed',
      error: { type: expect.stringMatching(/configuration$/), detail: 'The secret "absent" is not set. Set it with: palace secret set absent' },
    });
    expect(seen).toEqual([]);
    await setSecrets({ absent: 'here-now' });
    expect((await ask('POST', `/v1/runs/${id}/retry`, {})).status).toBe(202);
    await until('the run is done', async () => (await ask('GET', `/v1/runs/${id}`)).body['status'] === 'completed');
    expect(seen.map(({ headers }) => headers['x'])).toEqual(['here-now']);
  });

  test('of another tenant are not there', async () => {
    const foreign = (await gateway.keys.create('b', { name: 'owner', role: 'owner' })).secret;
    await fetch(`${url}/v1/secrets/theirs`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${foreign}`, 'content-type': 'application/json' },
      body: '{"value":"of b"}',
    });
    const { page } = await run('theirs', ['theirs'], [{ a: call('get', '/theirs', { headers: { x: '${ $secrets.theirs }' } }) }]);
    expect(page).toMatchObject({ status: 'failed', error: { detail: expect.stringContaining('"theirs" is not set') } });
    expect(seen).toEqual([]);
  });

  test('that were replaced are used anew: a repeated call sends the value of its moment under the same key', async () => {
    await setSecrets({ turning: 'value-before' });
    behave = (line) => (line.includes('/turning') && seen.length === 1 ? 503 : 200);
    const retry = { delay: { seconds: 4 }, backoff: { constant: {} }, limit: { attempt: { count: 3 } } };
    const again = until('the first call has failed', () => Promise.resolve(seen.length === 1)).then(() => setSecrets({ turning: 'value-after' }));
    const { page } = await run(
      'turning',
      ['turning'],
      [{ t: { try: [{ a: call('put', '/turning', { headers: { x: '${ $secrets.turning }' } }) }], catch: { retry } } }],
    );
    await again;
    expect(page['status']).toBe('completed');
    expect(seen.map(({ headers }) => headers['x'])).toEqual(['value-before', 'value-after']);
    expect(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  }, 20_000);

  test('S39: are sealed anew while a hundred runs a second use them: each call has its value, none fails', async () => {
    const values = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`busy_${n}`, `value of ${n}`]));
    await setSecrets(values);
    const names = Object.keys(values);
    const headers = Object.fromEntries(names.map((name, n) => [`x-${n}`, `\${ $secrets.${name} }`]));
    await run('busy', names, [{ a: call('get', '/busy', { headers }) }]);
    seen.length = 0;
    let rotating = true;
    const rotations = (async () => {
      let count = 0;
      for (; rotating; count++) expect((await ask('POST', '/v1/secrets/rotate')).status).toBe(200);
      return count;
    })();
    const started: string[] = [];
    for (let n = 0; n < 30; n++) {
      const { body } = await ask('POST', '/v1/runs/batch', { items: Array.from({ length: 10 }, () => ({ flow: 'test/busy', input: {} })) });
      started.push(...(body['items'] as { id: string }[]).map(({ id }) => id));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    rotating = false;
    expect(await rotations).toBeGreaterThan(5);
    await until('all have called', () => Promise.resolve(seen.length >= started.length));
    for (const { headers: sent } of seen) expect(names.map((_, n) => sent[`x-${n}`])).toEqual(Object.values(values));
    const { rows } = await db.database.owner.query<{ count: number }>(
      "select count(*)::int as count from flow.run where flow = 'test/busy' and status = 'failed'",
    );
    expect([rows, seen.length]).toEqual([[{ count: 0 }], started.length]);
  }, 30_000);
});
