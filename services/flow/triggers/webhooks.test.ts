// Webhooks through the real door and a real database: forged, replayed, reordered, late, repeated, in parallel, while the engine is down,
// while the database is down, kill -9 between accepting and starting. None lost, none twice.
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { openGateway, type Gateway } from '@palace/gateway/service.ts';
import { loadConfig } from '@palace/platform/config.ts';
import { testDatabase } from '@palace/platform/database/testing.ts';
import { openPlatform, type Platform } from '@palace/platform/platform.ts';
import { openFlow, type FlowService } from '../service.ts';
import { flowText, until } from '../testing.ts';
import { openHookIntake } from './hook-intake.ts';

type TestDatabase = Awaited<ReturnType<typeof testDatabase>>;
type Body = Record<string, unknown>;

let db: TestDatabase;
let dir: string;
let platform: Platform;
let gateway: Gateway;
let url: string;
let key: string;
let flow: FlowService | undefined;
let number = 0;
let name = '';

const configOf = () =>
  loadConfig({ database: { url: db.url }, bus: { url: 'postgres:' }, telemetry: { logLevel: 'error' }, installation: { dataDir: dir, drainMs: 2_000 } }, {});
const openOne = () => openPlatform(configOf(), { service: 'webhook-test', write: () => undefined });

beforeAll(async () => {
  db = await testDatabase();
  dir = mkdtempSync(join(tmpdir(), 'palace-hooks-'));
  // Of this test alone: what opens sealed values is not in the database.
  writeFileSync(join(dir, 'vault.key'), Buffer.alloc(32, 7).toString('base64'), { mode: 0o600 });
  platform = await openOne();
  flow = await openFlow(platform);
  gateway = await openGateway(platform, { doors: [flow.door], hooks: await openHookIntake(platform), settings: { port: 0 } });
  ({ url } = await gateway.listen());
  key = (await gateway.keys.create('acme', { name: 'test', role: 'owner' })).secret;
  await flow.start();
});
afterAll(async () => {
  await gateway.close();
  await flow?.stop();
  await platform.close();
  await db.close();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => void (name = `hook-${++number}`));

async function call(method: string, path: string, body?: unknown, as = key): Promise<{ status: number; body: Body }> {
  const json = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', authorization: `Bearer ${as}` } };
  const response = await fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${as}` }, ...json });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Body) };
}

interface Hook {
  readonly path: string;
  readonly secret: string;
}

async function make(more: Body = {}): Promise<Hook> {
  const { status, body } = await call('POST', '/v1/webhooks', { name, type: `test.${name}`, ...more });
  expect(status, JSON.stringify(body)).toBe(201);
  return body as unknown as Hook;
}

async function publish(more: Body = {}): Promise<void> {
  const text = JSON.parse(flowText(name, [{ done: { set: { got: '${ . }' } } }], more)) as Body;
  const { status, body } = await call('POST', '/v1/flows', {
    source: JSON.stringify({ schedule: { on: { one: { with: { type: `test.${name}` } } } }, ...text }),
  });
  expect(status, JSON.stringify(body)).toBe(201);
}

interface Sent {
  readonly id?: string;
  readonly body?: string;
  readonly atMs?: number;
  readonly secret?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly to?: string;
}

async function deliver({ path, secret }: Hook, sent: Sent = {}): Promise<{ status: number; body: Body; headers: Headers }> {
  const { id = 'msg_1', body = JSON.stringify({ id }), atMs = Date.now() } = sent;
  const signature = new Webhook(sent.secret ?? secret).sign(id, new Date(atMs), body);
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(atMs / 1_000)),
    'webhook-signature': signature,
    ...sent.headers,
  };
  const response = await fetch(`${sent.to ?? url}${path}`, { method: 'POST', body, headers });
  return { status: response.status, body: (await response.json()) as Body, headers: response.headers };
}

const runs = async () =>
  (
    await db.database.owner.query<{ id: string; trigger: string }>('select id, trigger from flow.run where flow = $1 order by trigger collate "C"', [
      `test/${name}`,
    ])
  ).rows;
const ofRuns = (count: number) => until(`${count} runs of ${name}`, async () => ((await runs()).length >= count ? runs() : undefined));
const inputOf = async (id: string): Promise<unknown> =>
  until('the run has ended', async () => {
    const { body } = await call('GET', `/v1/runs/${id}`);
    return body['status'] === 'completed' ? body['input'] : undefined;
  });
const outcomes = async (): Promise<string[]> =>
  ((await call('GET', `/v1/webhooks/${name}/deliveries`)).body['items'] as { outcome: string; reason?: string }[]).map(({ outcome, reason }) =>
    reason === undefined ? outcome : `${outcome}: ${reason}`,
  );

describe('a delivery', () => {
  it('that is signed becomes an event, and the event a run', async () => {
    await publish();
    const { status, body } = await deliver(await make(), { id: 'msg_a' });
    expect([status, body]).toEqual([202, { id: 'msg_a', duplicate: false }]);
    const [run] = await ofRuns(1);
    expect(run?.trigger).toBe('event/msg_a');
    expect(await inputOf(run?.id ?? '')).toEqual([{ id: 'msg_a' }]);
    expect(await outcomes()).toEqual(['accepted']);
  });

  it('can start a flow itself, with the body as its input, when that fits', async () => {
    await publish({ input: { schema: { document: { type: 'object', required: ['id'] } } } });
    const hook = await make({ flow: `test/${name}` });
    expect((await deliver(hook, { id: 'msg_a' })).status).toBe(202);
    const [run] = await ofRuns(1);
    expect(run?.trigger).toBe(`webhook/${name}/msg_a`);
    expect(await inputOf(run?.id ?? '')).toEqual({ id: 'msg_a' });
    const misfit = await deliver(hook, { id: 'msg_b', body: '{}' });
    expect([misfit.status, misfit.body['code']]).toEqual([422, 'run.input-refused']);
    expect(await outcomes()).toEqual([expect.stringContaining('refused: '), 'accepted']);
  });

  it('that is forged is refused with its reason, and nothing of its body is kept', async () => {
    await publish();
    const hook = await make();
    const other = await deliver(hook, { secret: `whsec_${Buffer.from('a forger has another test key ..').toString('base64')}`, body: '{"evil":"payload"}' });
    expect([other.status, other.body['code']]).toEqual([401, 'webhook.signature']);
    expect((await deliver(hook, { headers: { 'webhook-id': 'msg_other' } })).status).toBe(401);
    expect((await deliver(hook, { headers: { 'webhook-signature': 'v1,AAAA' } })).status).toBe(401);
    expect((await deliver({ ...hook, path: '/v1/hooks/00000000000000000000000000' })).status).toBe(404);
    expect(await outcomes()).toEqual(Array.from({ length: 3 }, () => 'refused: The signature does not fit.'));
    expect(JSON.stringify((await db.database.owner.query('select * from flow.webhook_delivery')).rows)).not.toContain('evil');
    expect(await runs()).toEqual([]);
  });

  it('that is repeated, also much later, starts one run and is answered as before', async () => {
    await publish();
    const hook = await make();
    expect((await deliver(hook)).status).toBe(202);
    // The same bytes again, and the same message signed anew by a sender that tries again.
    const again = await deliver(hook);
    expect([again.status, again.body]).toEqual([200, { id: 'msg_1', duplicate: true }]);
    await db.database.owner.query('update flow.webhook_delivery set at_ms = at_ms - 86400000');
    expect((await deliver(hook, { atMs: Date.now() + 1_000 })).status).toBe(200);
    await ofRuns(1);
    expect((await deliver(hook, { id: 'msg_2' })).status).toBe(202);
    await ofRuns(2);
    expect((await runs()).map(({ trigger }) => trigger)).toEqual(['event/msg_1', 'event/msg_2']);
    expect(await outcomes()).toEqual(['accepted', 'duplicate', 'duplicate', 'accepted']);
  });

  it('that is replayed after its time is refused', async () => {
    const hook = await make();
    const late = await deliver(hook, { atMs: Date.now() - 301_000 });
    expect([late.status, String(late.body['detail'])]).toEqual([401, expect.stringContaining('s away from now')]);
    expect((await deliver(hook, { atMs: Date.now() + 302_000 })).status).toBe(401);
    expect((await deliver(hook, { atMs: Date.now() - 290_000 })).status).toBe(202);
  });

  it('that comes twenty times in parallel starts one run', async () => {
    await publish();
    const hook = await make();
    const answers = await Promise.all(Array.from({ length: 20 }, () => deliver(hook)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array.from({ length: 19 }, () => 200), 202]);
    await ofRuns(1);
    expect((await deliver(hook, { id: 'msg_2' })).status).toBe(202);
    await ofRuns(2);
    expect(await runs()).toHaveLength(2);
  });

  it('that comes in another order than it was sent counts all the same', async () => {
    await publish();
    const hook = await make();
    const ids = ['msg_5', 'msg_1', 'msg_4', 'msg_2', 'msg_3'];
    for (const [i, id] of ids.entries()) expect((await deliver(hook, { id, atMs: Date.now() - 60_000 + i * 1_000 })).status).toBe(202);
    await ofRuns(5);
    expect((await runs()).map(({ trigger }) => trigger)).toEqual(ids.toSorted().map((id) => `event/${id}`));
  });

  it('must be JSON by the rules of every other body, of a bounded size', async () => {
    const hook = await make();
    for (const body of ['{"a":1,"a":2}', '{"__proto__":{}}', 'nothing', '"\\u0000"'])
      expect((await deliver(hook, { id: `msg ${body.length}`.replace(' ', '_'), body })).status, body).toBe(400);
    expect((await deliver(hook, { headers: { 'content-type': 'text/plain' } })).status).toBe(415);
    expect((await deliver(hook, { id: 'msg_cloud', headers: { 'content-type': 'application/cloudevents+json' } })).status).toBe(202);
    expect((await deliver(hook, { id: 'msg_big', body: JSON.stringify('x'.repeat(1_100_000)) })).status).toBe(413);
  });
});

describe('a delivery that starts a flow under a limit', () => {
  it('waits in line like every start, and is refused for a moment when too many wait', async () => {
    const steps = [{ hold: { listen: { to: { one: { with: { type: 'agentspalace.signal.go' } } } } } }];
    await call('POST', '/v1/flows', { source: flowText(name, steps, { palace: { concurrency: { limit: 1 } } }) });
    const hook = await make({ flow: `test/${name}` });
    const config = { ...platform.config, flow: { ...platform.config.flow, maxQueuedRuns: 3 } };
    const narrow = await openGateway(platform, { doors: [], hooks: await openHookIntake({ ...platform, config }), settings: { port: 0 } });
    const to = (await narrow.listen()).url;
    let kept = 0;
    let answer = await deliver(hook, { id: 'msg_0', to });
    for (; answer.status === 202 && kept < 20; answer = await deliver(hook, { id: `msg_${kept}`, to })) kept += 1;
    expect([answer.status, answer.body['code'], answer.headers.get('retry-after')]).toEqual([503, 'overload.busy', '1']);
    const states = await until('what was kept is queued', async () => {
      const { rows } = await db.database.owner.query<{ status: string }>('select status from flow.run where flow = $1 order by id', [`test/${name}`]);
      return rows.length === kept && rows[0]?.status === 'waiting' ? rows.map(({ status }) => status) : undefined;
    });
    expect(states.slice(1)).toEqual(states.slice(1).map(() => 'pending'));
    await narrow.close();
  });
});

describe('other forms of proof', () => {
  it('GitHub signs the body, and its event is the subject', async () => {
    const hook = await make({ scheme: 'github', secret: 'a-test-secret-of-nobody' });
    await publish({ palace: {} });
    const body = '{"zen":"Design for failure."}';
    const headers = {
      'content-type': 'application/json',
      'x-github-delivery': 'd-1',
      'x-github-event': 'ping',
      'x-hub-signature-256': `sha256=${createHmac('sha256', 'a-test-secret-of-nobody').update(body).digest('hex')}`,
    };
    const send = async (more: Record<string, string> = {}) =>
      (await fetch(`${url}${hook.path}`, { method: 'POST', body, headers: { ...headers, ...more } })).status;
    expect([await send(), await send(), await send({ 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` })]).toEqual([202, 200, 401]);
    await ofRuns(1);
    const stored = await db.database.owner.query<{ body: string }>('select body from flow.event where type = $1', [`test.${name}`]);
    expect(JSON.parse(stored.rows[0]?.body ?? '')).toMatchObject({ subject: 'ping', id: 'd-1', source: hook.path });
  });

  it('a secret in a header of the sender’s', async () => {
    const hook = await make({ scheme: 'token', header: 'X-Gitlab-Token' });
    const send = async (token: string, id: string) =>
      (
        await fetch(`${url}${hook.path}`, {
          method: 'POST',
          body: '{}',
          headers: { 'content-type': 'application/json', 'x-gitlab-token': token, 'x-gitlab-event-uuid': id },
        })
      ).status;
    expect([await send(hook.secret, 'a'), await send(hook.secret, 'a'), await send(`${hook.secret}x`, 'b')]).toEqual([202, 200, 401]);
  });
});

describe('the keys of a webhook', () => {
  it('are two while one takes over from the other, and one afterwards', async () => {
    const hook = await make();
    const rotated = await call('POST', `/v1/webhooks/${name}/rotate`, { overlapSeconds: 60 });
    const secret = String(rotated.body['secret']);
    expect(secret).not.toBe(hook.secret);
    expect((await deliver(hook, { id: 'msg_old' })).status).toBe(202);
    expect((await deliver(hook, { id: 'msg_new', secret })).status).toBe(202);
    await db.database.owner.query('update flow.webhook_key set until_ms = 1 where until_ms is not null');
    expect((await deliver(hook, { id: 'msg_older' })).status).toBe(401);
    expect((await deliver(hook, { id: 'msg_newer', secret })).status).toBe(202);
    await call('POST', `/v1/webhooks/${name}/rotate`, { overlapSeconds: 0 });
    expect((await deliver(hook, { id: 'msg_newest', secret })).status).toBe(401);
  });

  it('are not in the database, and are shown once', async () => {
    const hook = await make();
    const dump = JSON.stringify((await db.database.owner.query("select *, encode(sealed, 'escape') as text from flow.webhook_key")).rows);
    expect(dump).not.toContain(hook.secret.slice(6, 30));
    expect(JSON.stringify(await call('GET', '/v1/webhooks'))).not.toContain(hook.secret);
  });

  it('of another tenant are not seen, nor its deliveries, nor can they be changed', async () => {
    await make();
    const other = (await gateway.keys.create('other', { name: 'test', role: 'owner' })).secret;
    expect((await call('GET', '/v1/webhooks', undefined, other)).body['items']).toEqual([]);
    expect((await call('GET', `/v1/webhooks/${name}/deliveries`, undefined, other)).status).toBe(404);
    expect((await call('DELETE', `/v1/webhooks/${name}`, undefined, other)).status).toBe(404);
    const viewer = (await gateway.keys.create('acme', { name: 'test', role: 'viewer' })).secret;
    expect((await call('POST', `/v1/webhooks/${name}/rotate`, {}, viewer)).status).toBe(403);
  });

  it('end with the webhook', async () => {
    const hook = await make();
    expect((await call('POST', '/v1/webhooks', { name, type: 'x' })).body['code']).toBe('webhook.exists');
    expect((await call('DELETE', `/v1/webhooks/${name}`)).status).toBe(204);
    expect((await deliver(hook)).status).toBe(404);
    expect((await make()).path).not.toBe(hook.path);
  });
});

describe('the list of deliveries', () => {
  it('is bounded, whatever a stranger sends', async () => {
    const hook = await make();
    for (let i = 0; i < 30; i++) expect((await deliver(hook, { id: `msg_${i}`, headers: { 'webhook-signature': 'v1,AAAA' } })).status).toBe(401);
    expect(await outcomes()).toHaveLength(20);
  });

  it('is read page by page, the newest first, each delivery once', async () => {
    const hook = await make();
    for (let i = 1; i <= 5; i++) expect((await deliver(hook, { id: `msg_${i}` })).status).toBe(202);
    const pages: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const { body } = await call('GET', `/v1/webhooks/${name}/deliveries?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      pages.push((body['items'] as { message: string }[]).map(({ message }) => message).join());
      cursor = body['next'] as string | undefined;
    }
    expect(pages).toEqual(['msg_5,msg_4', 'msg_3,msg_2', 'msg_1']);
  });
});

describe('while something is down', () => {
  it('deliveries are accepted without any engine, and start their runs afterwards', async () => {
    await publish();
    const hook = await make();
    await flow?.stop();
    for (const id of ['msg_1', 'msg_2', 'msg_1']) expect((await deliver(hook, { id })).status).toBeLessThan(300);
    expect(await runs()).toEqual([]);
    flow = await openFlow(platform);
    await flow.start();
    await ofRuns(2);
    expect((await deliver(hook, { id: 'msg_1' })).status).toBe(200);
    expect((await runs()).map(({ trigger }) => trigger)).toEqual(['event/msg_1', 'event/msg_2']);
  });

  it('the database: the sender is asked to come again, and nothing is said to be kept', async () => {
    const hook = await make();
    const other = await openOne();
    const door = await openGateway(other, { hooks: await openHookIntake(other), settings: { port: 0 } });
    const { url: to } = await door.listen();
    expect((await deliver(hook, { id: 'msg_before', to })).status).toBe(202);
    await other.database.close();
    const answer = await deliver(hook, { to });
    expect([answer.status, Number(answer.headers.get('retry-after'))]).toEqual([503, expect.any(Number)]);
    await door.close();
    await other.close().catch(() => undefined);
    expect((await deliver(hook)).status).toBe(202);
  });

  it('kill -9 of the door between accepting and starting loses none and repeats none', async () => {
    await publish();
    const hook = await make();
    await flow?.stop();
    const door = spawn(
      process.execPath,
      [
        fileURLToPath(new URL('../../../bin/palace.ts', import.meta.url)),
        'start',
        'gateway',
        '--json',
        '--listen',
        '127.0.0.1:0',
        '--flow-url',
        'http://127.0.0.1:9',
      ],
      {
        env: { PALACE_DATABASE_URL: db.url, PALACE_BUS_URL: 'postgres:', PALACE_DATA: dir },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const said: string[] = [];
    door.stderr.on('data', (chunk: Buffer) => said.push(String(chunk)));
    const exited = new Promise<void>((resolve) => door.on('exit', () => resolve()));
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: door.stdout }).once('line', resolve);
      void exited.then(() => reject(new Error(`the door did not open: ${said.join('')}`)));
    });
    const { url: to } = JSON.parse(line) as { url: string };
    const ids = Array.from({ length: 30 }, (_, i) => `msg_${i}`);
    const answered: string[] = [];
    // Killed while some are accepted and some are under way.
    const sending = ids.map(async (id) => {
      const answer = await deliver(hook, { id, to }).catch(() => undefined);
      if (answer?.status === 202 && answered.push(id) === 5) door.kill('SIGKILL');
    });
    await Promise.all(sending);
    await exited;
    expect(answered.length).toBeGreaterThanOrEqual(5);
    flow = await openFlow(platform);
    await flow.start();
    // A sender repeats what was not answered, and one that was.
    for (const id of ids) expect((await deliver(hook, { id })).status).toBeLessThan(300);
    await ofRuns(ids.length);
    expect((await runs()).map(({ trigger }) => trigger)).toEqual(ids.map((id) => `event/${id}`).toSorted());
  });
});
