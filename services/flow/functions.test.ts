// Functions of elsewhere through the real service: fetched when the flow is published, pinned, and needed from nobody afterwards.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '@palace/jq/jq.ts';
import { recordHttp, type Recorder } from '@palace/platform/egress/loopback.ts';
import { openInstallation, reached, start, type Installation, type Reply, type TestNode } from './testing.ts';

let house: Installation;
let node: TestNode;
let shelf: Recorder;
/** What stands at each path; a number is a status. */
const texts = new Map<string, string | number>();
/** Beginnings of paths that want this Authorization. */
const closed = new Map<string, string>();
const address = (path: string): string => `http://127.0.0.1:${shelf.port}${path}`;

const SECRETS = { key: 'visible-fake-key', handed: 'visible-fake-canary', user: { username: 'ada', password: 'visible-fake-password' } };
beforeAll(async () => {
  shelf = await recordHttp((request, response) => {
    const wanted = [...closed].find(([path]) => request.url.startsWith(path))?.[1];
    const text = wanted === undefined || request.headers['authorization'] === wanted ? (texts.get(request.url) ?? 404) : 401;
    response.writeHead(typeof text === 'number' ? text : 200, { 'content-type': 'text/plain' });
    response.end(typeof text === 'number' ? '' : text);
  });
  house = await openInstallation();
  node = await house.open({ ports: [shelf.port], secrets: SECRETS });
});
afterAll(async () => {
  await house.close();
  await shelf.close();
});
beforeEach(() => {
  texts.clear();
  closed.clear();
  shelf.seen.length = 0;
});

function flow(name: string, call: string, more: { version?: string; catalogs?: unknown } = {}): string {
  return JSON.stringify({
    document: { dsl: '1.0.3', namespace: 'test', name, version: more.version ?? '1.0.0' },
    ...(more.catalogs !== undefined && { use: { catalogs: more.catalogs } }),
    do: [{ say: { call, with: { text: '${ .text }' } } }],
  });
}

const publish = (source: string): Promise<Reply> => node.call('POST', '/v1/flows', { body: { source } });
const run = async (name: string): Promise<unknown> => (await reached(node, await start(node, name, { text: 'hello' }), 'completed', 'failed'))['output'];

describe('a function by its address', () => {
  it('is fetched once, at publishing, and pinned with its hash', async () => {
    texts.set('/shout.yaml', 'set: {text: "${ .text | ascii_upcase }"}\noutput: {as: .text}\n');
    const published = await publish(flow('shout', address('/shout.yaml')));
    expect(published).toMatchObject({ status: 201, body: { created: true } });
    expect(await run('shout')).toBe('HELLO');
    expect(await run('shout')).toBe('HELLO');
    expect(shelf.seen.map((one) => one.url)).toEqual(['/shout.yaml']);
    const { body } = await node.call('GET', '/v1/flows/test/shout');
    expect(body['fetched']).toEqual([{ address: address('/shout.yaml'), hash: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  });

  it('that changes, or goes, changes no version that was published; the same document again is the same publication', async () => {
    texts.set('/f.yaml', 'set: {n: 1}');
    const source = flow('steady', address('/f.yaml'));
    const first = await publish(source);
    texts.set('/f.yaml', 'set: {n: 2}');
    expect(await publish(source)).toMatchObject({ status: 200, body: { created: false, hash: first.body['hash'] ?? null } });
    expect(await run('steady')).toEqual({ n: 1 });
    texts.clear();
    const other = await house.open({ ports: [shelf.port] });
    expect((await reached(other, await start(other, 'steady'), 'completed'))['output']).toEqual({ n: 1 });
    await other.close();
    expect(shelf.seen).toHaveLength(1);
  });

  it('is another program under a new version, and after the flow was deleted', async () => {
    texts.set('/f.yaml', 'set: {n: 1}');
    const first = await publish(flow('moving', address('/f.yaml')));
    texts.set('/f.yaml', 'set: {n: 2}');
    await publish(flow('moving', address('/f.yaml'), { version: '1.1.0' }));
    expect(await run('moving')).toEqual({ n: 2 });
    expect(await run('moving@1.0.0')).toEqual({ n: 1 });
    await node.call('DELETE', '/v1/flows/test/moving');
    const again = await publish(flow('moving', address('/f.yaml')));
    expect(again.body['hash']).not.toBe(first.body['hash']);
    expect(await run('moving')).toEqual({ n: 2 });
  });

  it('may call others, in a catalog, and ours', async () => {
    texts.set('/outer.json', JSON.stringify({ call: address('/cat/functions/inner/2.0.0/function.yaml'), with: { text: '${ .text }' } }));
    texts.set('/cat/functions/inner/2.0.0/function.yaml', 'set: {inner: "${ .text }"}');
    expect((await publish(flow('nested', address('/outer.json')))).status).toBe(201);
    expect(await run('nested')).toEqual({ inner: 'hello' });
    expect((await publish(flow('cataloged', 'inner:2.0.0@ours', { catalogs: { ours: { endpoint: address('/cat') } } }))).status).toBe(201);
    expect(await run('cataloged')).toEqual({ inner: 'hello' });
  });

  it('that cannot be had, or is no function, is a mistake of the flow at its call; nothing is published', async () => {
    texts.set('/broken.yaml', 'sett: {n: 1}');
    texts.set('/large.yaml', `set: {n: "${'x'.repeat(300_000)}"}`);
    const refused = async (call: string): Promise<unknown> => {
      const reply = await publish(flow('refused', call));
      expect(reply).toMatchObject({ status: 422, body: { code: 'flow.invalid' } });
      const [error] = reply.body['errors'] as { path: string; line: number; message: string }[];
      expect(error).toMatchObject({ path: '/do/0/say/call', line: 1 });
      return error?.message;
    };
    expect(await refused(address('/none.yaml'))).toContain('cannot be fetched: the answer was 404.');
    expect(await refused(address('/broken.yaml'))).toContain('line 1, column 1: The step');
    expect(await refused(address('/large.yaml'))).toContain('cannot be fetched:');
    expect(await refused('http://127.0.0.1:9/f.yaml')).toContain('palace egress allow 127.0.0.1:9');
    expect(await refused('http://169.254.169.254/f.yaml')).toContain('can never be allowed');
    expect((await node.call('GET', '/v1/flows')).body['items']).not.toContainEqual(expect.objectContaining({ name: 'refused' }));
  });

  it('is not fetched to validate: the answer says what publishing would fetch', async () => {
    const { body } = await node.call('POST', '/v1/flows/validate', { body: { source: flow('looked-at', address('/f.yaml')) } });
    expect(body).toEqual({ ok: true, errors: [], fetchedAtPublishing: [address('/f.yaml')] });
    expect(shelf.seen).toEqual([]);
  });

  it('is not fetched for a version that stands with another document', async () => {
    texts.set('/f.yaml', 'set: {n: 1}');
    await publish(flow('taken', 'x:1.0.0@default'));
    expect(await publish(flow('taken', address('/f.yaml')))).toMatchObject({ status: 409, body: { code: 'flow.version-exists' } });
    expect(shelf.seen).toEqual([]);
  });
});

describe('a catalog that asks who is there', () => {
  beforeAll(async () => {});
  const source = (name: string, authentication: unknown): string =>
    JSON.stringify({
      document: { dsl: '1.0.3', namespace: 'test', name, version: '1.0.0' },
      use: { secrets: ['key', 'user', 'none'], catalogs: { ours: { endpoint: { uri: address('/closed'), authentication } } } },
      do: [{ say: { call: 'say:1.0.0@ours' } }],
    });
  const publishThere = (name: string, authentication: unknown): Promise<Reply> =>
    node.call('POST', '/v1/flows', { body: { source: source(name, authentication) } });

  it('is told by a secret of the tenant, which stands in nothing that is kept', async () => {
    closed.set('/closed', `Bearer ${SECRETS.key}`);
    texts.set('/closed/functions/say/1.0.0/function.yaml', `set: {said: it, echo: "${SECRETS.key}"}`);
    expect((await publishThere('closed', { bearer: { token: '${ $secrets.key }' } })).status).toBe(201);
    expect((await reached(node, await start(node, 'closed'), 'completed'))['output']).toEqual({ said: 'it', echo: '[secret key]' });
    expect(JSON.stringify(await house.sql('select * from flow.program'))).not.toContain(SECRETS.key);
    closed.set('/closed', `Basic ${Buffer.from('ada:visible-fake-password').toString('base64')}`);
    expect((await publishThere('closed-pair', { basic: { use: 'user' } })).status).toBe(201);
  });

  it.each([
    ['without a secret', { bearer: { token: '${ $secrets.none }' } }, 'The secret "none" is not set. Set it with: palace secret set none'],
    ['with a wrong one', { bearer: { token: '${ $secrets.key + "x" }' } }, 'the answer was 401.'],
    ['with one that is none', { basic: { use: 'key' } }, 'The authentication "basic" needs username and password as text'],
  ])('%s is a mistake of the flow where it calls', async (_what, authentication, why) => {
    closed.set('/closed', `Bearer ${SECRETS.key}`);
    const reply = await publishThere('refused-there', authentication);
    expect(reply).toMatchObject({ status: 422, body: { errors: [{ path: '/do/0/say/call', message: expect.stringContaining(why) }] } });
    expect(JSON.stringify(reply.body)).not.toContain(SECRETS.key);
  });
});

describe('a function of elsewhere that is handed a secret', () => {
  it('sends the value; the journal, the page and the program have its name', async () => {
    texts.set('/ask.yaml', `call: http\nwith: {method: get, endpoint: "${address('/echo')}", headers: {authorization: '\${ "Bearer " + .key }'}}\n`);
    texts.set('/echo', 'you sent visible-fake-canary');
    const source = JSON.stringify({
      document: { dsl: '1.0.3', namespace: 'test', name: 'handed', version: '1.0.0' },
      use: { secrets: ['handed'] },
      do: [{ ask: { call: address('/ask.yaml'), with: { key: '${ $secrets.handed }' } } }],
    });
    expect((await node.call('POST', '/v1/flows', { body: { source } })).status).toBe(201);
    const id = await start(node, 'handed');
    expect((await reached(node, id, 'completed', 'failed'))['output']).toBe('you sent [secret handed]');
    expect(shelf.seen.find((one) => one.url === '/echo')?.headers['authorization']).toBe('Bearer visible-fake-canary');
    const rows = JSON.stringify([await house.sql('select * from flow.journal where run = $1', [id]), await house.sql('select * from flow.program')]);
    expect(rows).toContain('Bearer [secret handed]');
    expect(rows).not.toContain('visible-fake-canary');
  });
});

describe('a script and a schema of elsewhere', () => {
  it('are fetched once, at publishing, and pinned; runs need nobody for them', async () => {
    texts.set('/longest.js', 'console.log(JSON.parse(process.argv[2]).toSorted((a, b) => b.length - a.length)[0])');
    texts.set('/names.json', '{"type":"array","items":{"type":"string"}}');
    const source = JSON.stringify({
      document: { dsl: '1.0.3', namespace: 'test', name: 'longest', version: '1.0.0' },
      input: { schema: { resource: { endpoint: address('/names.json') } } },
      do: [{ look: { run: { script: { language: 'js', source: { endpoint: address('/longest.js') }, arguments: ['${ . }'] } } } }],
    });
    expect((await publish(source)).status).toBe(201);
    texts.clear();
    const run = async (input: Json): Promise<unknown> => (await reached(node, await start(node, 'longest', input), 'completed'))['output'];
    expect(await run(['a', 'bcd', 'ef'])).toBe('bcd\n');
    expect((await node.call('POST', '/v1/runs', { body: { flow: 'test/longest', input: [1] } })).status).toBe(422);
    expect(shelf.seen.map((one) => one.url).toSorted()).toEqual(['/longest.js', '/names.json']);
    const { body } = await node.call('GET', '/v1/flows/test/longest');
    expect(body['fetched']).toMatchObject([{ address: address('/names.json') }, { address: address('/longest.js') }]);
  });
});

describe('a call that is not available yet', () => {
  it.each([
    [
      'grpc',
      { proto: { endpoint: 'https://example.com/a.proto' }, service: { name: 'a.B', host: 'example.com' }, method: 'Do' },
      '"call: grpc" is not available yet.',
    ],
    ['agent:1.0.0@default', { agent: 'writer' }, '"call: agent:1.0.0@default" is not available yet.'],
    ['ours:1.0.0@default', {}, 'This server has no function "ours:1.0.0@default".'],
  ])('%s fails with one clear fault', async (call, given, detail) => {
    const name = `later-${call.replace(/\W.*/, '')}`;
    const document = { dsl: '1.0.3', namespace: 'test', name, version: '1.0.0' };
    await publish(JSON.stringify({ document, do: [{ ask: { call, with: given } }] }));
    const failed = await reached(node, await start(node, name), 'failed', 'waiting');
    expect(failed).toMatchObject({ status: 'failed', error: { type: expect.stringContaining('/configuration'), status: 400, detail, instance: '/do/0/ask' } });
  });
});
