// Environments through the whole house: where a run's variables and secrets come from, and that they stay there. On the real database.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '@palace/jq/jq.ts';
import { environmentReader, openGateway, secretReader, type Gateway } from '@palace/gateway/service.ts';
import { loadConfig } from '@palace/platform/config.ts';
import { testDatabase, type TestDatabase } from '@palace/platform/database/testing.ts';
import { openPlatform, type Platform } from '@palace/platform/platform.ts';
import { openFlow, type FlowService } from './service.ts';
import { openHookIntake } from './triggers/hook-intake.ts';
import { until } from './testing.ts';

const dir = mkdtempSync(join(tmpdir(), 'palace-environments-'));
const seen: IncomingHttpHeaders[] = [];
let db: TestDatabase;
let platform: Platform;
let flow: FlowService;
let gateway: Gateway;
let url: string;
let key: string;
const remote = createServer((request, response) => {
  seen.push(request.headers);
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
});

beforeAll(async () => {
  db = await testDatabase();
  await new Promise<void>((resolve) => remote.listen(0, '127.0.0.1', resolve));
  const { port } = remote.address() as AddressInfo;
  const vaultKeyFile = join(dir, 'vault.key');
  writeFileSync(vaultKeyFile, randomBytes(32).toString('base64'), { mode: 0o600 });
  const config = loadConfig({ database: { url: db.url }, installation: { dataDir: join(dir, 'data'), vaultKeyFile, drainMs: 2_000 } }, {});
  platform = await openPlatform(config, {
    service: 'environments-test',
    write: () => undefined,
    egressRules: () => ({ list: (tenant) => Promise.resolve([{ tenant, host: '127.0.0.1', port, action: 'allow', reason: 'test' }]) }),
    secrets: secretReader,
    environments: environmentReader,
  });
  flow = await openFlow(platform, { runtimeMetadata: { remote: `http://127.0.0.1:${port}` } });
  gateway = await openGateway(platform, { doors: [flow.door], hooks: await openHookIntake(platform), settings: { port: 0 } });
  await flow.start();
  url = (await gateway.listen()).url;
  key = (await gateway.keys.create('a', { name: 'owner', role: 'owner' })).secret;
  for (const name of ['staging', 'production']) expect((await ask('PUT', `/v1/environments/${name}`)).status).toBe(201);
  for (const [environment, region] of [
    ['default', 'nowhere'],
    ['staging', 'eu-test'],
    ['production', 'eu-live'],
  ]) {
    expect((await ask('PUT', `/v1/environments/${environment}/variables/region`, { value: region })).status).toBe(200);
    expect((await ask('PUT', `/v1/secrets/token?environment=${environment}`, { value: `secret-of-${environment}` })).status).toBe(200);
  }
});
afterAll(async () => {
  await gateway.close();
  await flow.stop();
  await platform.close();
  await db.close();
  remote.closeAllConnections();
  remote.close();
  rmSync(dir, { recursive: true, force: true });
});

type Answer = { status: number; body: Record<string, Json> };

async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, Json>) };
}

const REGION = { say: { set: { region: '${ $variables.region }' } } };
const CALL = {
  call: {
    call: 'http',
    with: {
      method: 'get',
      endpoint: '${ $runtime.metadata.remote + "/x" }',
      headers: { 'x-token': '${ $secrets.token }', 'x-region': '${ $variables.region }' },
    },
  },
};
const listen = { hold: { listen: { to: { one: { with: { type: 'agentspalace.signal.go' } } } } } };
/** `metadata` is that of the document; the rest stands beside `do`. */
const documentOf = (name: string, steps: unknown, { metadata, ...more }: { metadata?: object; schedule?: object } = {}): string =>
  JSON.stringify({
    document: { dsl: '1.0.3', namespace: 'test', name, version: '1.0.0', ...(metadata !== undefined && { metadata }) },
    use: { secrets: ['token'] },
    ...more,
    do: steps,
  });
async function publish(name: string, steps: unknown, more: { metadata?: object; schedule?: object } = {}): Promise<void> {
  const answer = await ask('POST', '/v1/flows', { source: documentOf(name, steps, more) });
  expect([answer.status, answer.body['errors']]).toEqual([201, undefined]);
}
async function started(name: string, environment?: string): Promise<string> {
  const answer = await ask('POST', '/v1/runs', { flow: `test/${name}`, ...(environment !== undefined && { environment }) });
  expect([answer.status, answer.body['detail']]).toEqual([201, undefined]);
  return String(answer.body['id']);
}
const page = async (id: string): Promise<Record<string, Json>> => (await ask('GET', `/v1/runs/${id}`)).body;
const reached = (id: string, ...states: string[]): Promise<Record<string, Json>> =>
  until(`${id} is ${states.join()}`, async () => {
    const found = await page(id);
    return states.includes(String(found['status'])) ? found : undefined;
  });
const runsOf = async (name: string): Promise<Record<string, Json>[]> => (await ask('GET', `/v1/runs?flow=test/${name}`)).body['items'] as never;

describe('a run', () => {
  test('has the variables and secrets of the environment that its start named, and says which that was', async () => {
    await publish('where', [CALL, REGION]);
    for (const environment of ['staging', 'production']) {
      seen.length = 0;
      const run = await reached(await started('where', environment), 'completed', 'failed');
      expect(run).toMatchObject({ status: 'completed', environment, output: { region: environment === 'staging' ? 'eu-test' : 'eu-live' } });
      expect([seen[0]?.['x-token'], seen[0]?.['x-region']]).toEqual([`secret-of-${environment}`, (run['output'] as { region: string }).region]);
    }
    expect(await reached(await started('where'), 'completed')).toMatchObject({ environment: 'default', output: { region: 'nowhere' } });
  });

  test('keeps the variables of its start, whatever is set later; the next run sees the new ones at once', async () => {
    await publish('kept', [listen, REGION]);
    const old = await started('kept', 'staging');
    await reached(old, 'waiting');
    await ask('PUT', '/v1/environments/staging/variables/region', { value: 'eu-moved' });
    const fresh = await started('kept', 'staging');
    for (const id of [old, fresh]) await ask('POST', `/v1/runs/${id}/signals`, { name: 'go' });
    expect((await reached(old, 'completed'))['output']).toEqual({ region: 'eu-test' });
    expect((await reached(fresh, 'completed'))['output']).toEqual({ region: 'eu-moved' });
    await ask('PUT', '/v1/environments/staging/variables/region', { value: 'eu-test' });
  });

  test('passes its environment on to its children and forks', async () => {
    await publish('child', [CALL, REGION]);
    await publish('parent', [{ sub: { run: { workflow: { namespace: 'test', name: 'child', version: '1.0.0' } } } }]);
    const parent = await reached(await started('parent', 'staging'), 'completed', 'failed');
    expect(parent).toMatchObject({ status: 'completed', output: { region: 'eu-test' } });
    expect((await runsOf('child'))[0]).toMatchObject({ environment: 'staging' });
    const fork = await ask('POST', `/v1/runs/${String(parent['id'])}/fork`, { atSeq: 1 });
    expect(await reached(String(fork.body['id']), 'completed', 'failed')).toMatchObject({
      status: 'completed',
      environment: 'staging',
      output: { region: 'eu-test' },
    });
  });

  test('that waits in line keeps its environment', async () => {
    await publish('lined', [listen, REGION], { metadata: { palace: { concurrency: { limit: 1 } } } });
    const [first, second] = [await started('lined', 'staging'), await started('lined', 'production')];
    await reached(second, 'pending');
    expect(await page(second)).toMatchObject({ environment: 'production' });
    for (const id of [first, second]) {
      await reached(id, 'waiting');
      await ask('POST', `/v1/runs/${id}/signals`, { name: 'go' });
      await reached(id, 'completed');
    }
    expect([(await page(first))['output'], (await page(second))['output']]).toEqual([{ region: 'eu-test' }, { region: 'eu-live' }]);
  });

  test('is refused in an environment that is not there, and without variables that it needs: nothing is written', async () => {
    await publish('needs', [{ a: { set: { x: '${ $variables.absent }' } } }]);
    expect(await ask('POST', '/v1/runs', { flow: 'test/needs', environment: 'nowhere' })).toMatchObject({ status: 422, body: { code: 'environment.unknown' } });
    const refused = await ask('POST', '/v1/runs', { flow: 'test/needs', environment: 'staging' });
    expect(refused).toMatchObject({ status: 422, body: { code: 'run.variables-missing' } });
    expect(refused.body['detail']).toContain('palace variable set absent VALUE --env staging');
    expect(await runsOf('needs')).toEqual([]);
  });

  test('without a secret in its environment says so, though the default one has it', async () => {
    await ask('PUT', '/v1/environments/bare');
    await ask('PUT', '/v1/environments/bare/variables/region', { value: 1 });
    await publish('bare', [CALL]);
    const run = await reached(await started('bare', 'bare'), 'failed');
    expect(JSON.stringify(run['error'])).toContain('not set in the environment \\"bare\\". Set it with: palace secret set token --env bare');
  });

  test('sees a variable that was set the moment before, however many begin at once', async () => {
    await publish('fresh', [REGION]);
    for (let round = 0; round < 10; round++) {
      const others = Array.from({ length: 10 }, () => ask('POST', '/v1/runs', { flow: 'test/fresh' }));
      await ask('PUT', '/v1/environments/default/variables/region', { value: round });
      const run = await reached(await started('fresh'), 'completed');
      expect(run['output']).toEqual({ region: round });
      await Promise.all(others);
    }
    await ask('PUT', '/v1/environments/default/variables/region', { value: 'nowhere' });
  });
});

describe('what something starts by itself', () => {
  test('lives in the environment that the apply named: schedules and events; a later apply may move it, and one without a word leaves it', async () => {
    const items = [
      { source: documentOf('timed', [REGION], { schedule: { every: { seconds: 1 } } }), sourceName: 'timed.json' },
      { source: documentOf('told', [REGION], { schedule: { on: { one: { with: { type: 'com.example.told' } } } } }), sourceName: 'told.json' },
    ];
    expect((await ask('POST', '/v1/applies', { items, environment: 'nowhere' })).body['code']).toBe('environment.unknown');
    expect(await ask('POST', '/v1/applies', { items, environment: 'staging' })).toMatchObject({
      status: 200,
      body: { items: [{ action: 'create', environment: 'staging' }, {}] },
    });
    expect((await ask('POST', '/v1/applies', { items })).body['changed']).toBe(false);
    await ask('POST', '/v1/events', { specversion: '1.0', id: 'e1', source: 'here', type: 'com.example.told' });
    for (const name of ['timed', 'told']) {
      const run = await until(`${name} ran`, async () => (await runsOf(name)).find((one) => one['status'] === 'completed'));
      expect(run).toMatchObject({ environment: 'staging' });
      expect((await page(String(run['id'])))['output']).toEqual({ region: 'eu-test' });
    }
    expect(await ask('POST', '/v1/applies', { items, environment: 'production' })).toMatchObject({
      body: { items: [{ action: 'change', environment: 'production' }, {}] },
    });
    await ask('POST', '/v1/events', { specversion: '1.0', id: 'e2', source: 'here', type: 'com.example.told' });
    const moved = await until('told ran again', async () =>
      (await runsOf('told')).find((one) => one['environment'] === 'production' && one['status'] === 'completed'),
    );
    expect((await page(String(moved['id'])))['output']).toEqual({ region: 'eu-live' });
    await ask('DELETE', '/v1/flows/test/timed');
  });

  test('and misses a variable begins, and fails where people see it', async () => {
    await publish('misses', [{ a: { set: { x: '${ $variables.absent }' } } }], { schedule: { on: { one: { with: { type: 'com.example.misses' } } } } });
    await ask('POST', '/v1/events', { specversion: '1.0', id: 'm1', source: 'here', type: 'com.example.misses' });
    const run = await until('it failed', async () => (await runsOf('misses')).find((one) => one['status'] === 'failed'));
    expect(JSON.stringify(await page(String(run['id'])))).toContain('then start the flow again');
  });

  test('by a webhook lives in that of the webhook, or of the flow', async () => {
    await publish('hooked', [REGION]);
    const make = (name: string, more: object) => ask('POST', '/v1/webhooks', { name, type: 'x', flow: 'test/hooked', scheme: 'token', ...more });
    expect((await make('lost', { environment: 'nowhere' })).body['code']).toBe('environment.unknown');
    for (const [name, more] of [
      ['to-staging', { environment: 'staging' }],
      ['to-default', {}],
    ] as const) {
      const made = (await make(name, more)).body;
      const sent = await fetch(url + String(made['path']), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-webhook-token': String(made['secret']), 'webhook-id': name },
        body: '{}',
      });
      expect(sent.status).toBe(202);
    }
    const both = await until('both ran', async () => {
      const found = (await runsOf('hooked')).filter((one) => one['status'] === 'completed');
      return found.length === 2 ? found : undefined;
    });
    expect(both.map((one) => [one['trigger'], one['environment']]).toSorted()).toEqual([
      ['webhook/to-default/to-default', 'default'],
      ['webhook/to-staging/to-staging', 'staging'],
    ]);
  });
});

describe('an environment', () => {
  test('is listed with what it holds, made once, and removed only when it is empty; the default one never', async () => {
    expect((await ask('PUT', '/v1/environments/short')).status).toBe(201);
    expect((await ask('PUT', '/v1/environments/short')).status).toBe(200);
    await ask('PUT', '/v1/environments/short/variables/x', { value: { deep: [1] } });
    await ask('PUT', '/v1/secrets/y?environment=short', { value: 'z' });
    expect((await ask('GET', '/v1/environments')).body['items']).toMatchObject([
      { name: 'default' },
      { name: 'bare' },
      { name: 'production' },
      { name: 'short', variables: 1, secrets: 1 },
      { name: 'staging' },
    ]);
    expect(await ask('DELETE', '/v1/environments/short')).toMatchObject({ status: 409, body: { code: 'environment.in-use' } });
    expect((await ask('GET', '/v1/environments/short/variables')).body['items']).toMatchObject([{ name: 'x', value: { deep: [1] }, version: 1 }]);
    expect((await ask('DELETE', '/v1/environments/short/variables/x')).status).toBe(204);
    expect((await ask('DELETE', '/v1/secrets/y?environment=short')).status).toBe(204);
    expect((await ask('DELETE', '/v1/environments/short')).status).toBe(204);
    expect((await ask('DELETE', '/v1/environments/default')).status).toBe(409);
  });

  test('that is not there takes neither variables nor secrets', async () => {
    for (const [method, path, body] of [
      ['PUT', '/v1/environments/nowhere/variables/x', { value: 1 }],
      ['GET', '/v1/environments/nowhere/variables', undefined],
    ] as const)
      expect(await ask(method, path, body)).toMatchObject({ status: 422, body: { code: 'environment.unknown' } });
    expect(await ask('PUT', '/v1/secrets/x?environment=nowhere', { value: 'y' })).toMatchObject({ status: 422, body: { code: 'environment.unknown' } });
    expect((await ask('GET', '/v1/secrets?environment=nowhere')).body['code']).toBe('environment.unknown');
  });

  test('keeps its secrets apart: a sealed value that is moved to another environment does not open', async () => {
    const { owner } = db.database;
    await ask('PUT', '/v1/secrets/moved?environment=staging', { value: 'one' });
    await ask('PUT', '/v1/secrets/moved', { value: 'two' });
    expect([...(await platform.secrets.read('a', 'staging', ['moved'])), ...(await platform.secrets.read('a', 'default', ['moved']))]).toEqual([
      ['moved', 'one'],
      ['moved', 'two'],
    ]);
    await owner.query(
      "update gateway.secret set sealed = (select sealed from gateway.secret where environment = 'staging' and name = 'moved') where environment = 'default' and name = 'moved'",
    );
    await expect(secretReader(platform.database, platform.vault).read('a', 'default', ['moved'])).rejects.toMatchObject({ code: 'vault.unreadable' });
  });

  test('of one tenant is nothing to another', async () => {
    const own = key;
    key = (await gateway.keys.create('b', { name: 'owner', role: 'owner' })).secret;
    expect((await ask('GET', '/v1/environments')).body['items']).toMatchObject([{ name: 'default', variables: 0 }]);
    expect((await ask('GET', '/v1/environments/staging/variables')).body['code']).toBe('environment.unknown');
    expect((await ask('DELETE', '/v1/environments/staging/variables/region')).status).toBe(404);
    key = own;
  });
});
