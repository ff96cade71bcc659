// AgentsFlow for its tests: the real service on a real database, called through its routes; a world outside that keeps count.
// One installation may have several nodes (processes, as far as the database can tell), opened and closed one by one.
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Json } from '@palace/jq/jq.ts';
import { PERMISSIONS, type Permission, type Route, type SseEvent } from '@palace/gateway/contract.ts';
import { loadConfig, type ConfigOverrides } from '@palace/platform/config.ts';
import { testDatabase } from '@palace/platform/database/testing.ts';
import type { Egress } from '@palace/platform/egress/port.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { openPlatform } from '@palace/platform/platform.ts';
import type { Executor } from './executors/executor.ts';
import { openFlow, type FlowService } from './service.ts';

export const TENANT = 'acme';
/** Of the key that every call is made with. */
export const KEY_ID = '0k5m9q2r7t4w8x3z';

export interface NodeOptions {
  readonly executors?: Readonly<Record<string, Executor>>;
  readonly config?: ConfigOverrides;
  /** Ports of this machine that may be called beside that of the outside. */
  readonly ports?: readonly number[];
  /** Secrets of TENANT. */
  readonly secrets?: Readonly<Record<string, Json>>;
  /** Starts the canary, which tests are without. */
  readonly canary?: boolean;
  /** What calls leave by, e.g. with other hosts. */
  readonly egress?: (real: Egress) => Egress;
}

export interface Reply {
  readonly status: number;
  readonly body: Record<string, Json | undefined>;
  readonly headers: Readonly<Record<string, string>>;
  readonly events?: AsyncIterable<SseEvent>;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly key?: string;
  readonly tenant?: string;
  readonly permissions?: readonly Permission[];
  readonly wantsEvents?: boolean;
  readonly lastEventId?: string;
}

export interface TestNode {
  readonly flow: FlowService;
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  /** As Prometheus reads them. */
  metrics(): Promise<string>;
  close(): Promise<void>;
  /** As kill -9, for the database: every connection is gone, nothing was handed over. */
  kill(): Promise<void>;
}

export interface Installation {
  readonly outside: Outside;
  /** The data folder of its nodes. */
  readonly dir: string;
  open(options?: NodeOptions): Promise<TestNode>;
  /** As the owner of the database: to look at rows, and to damage them. */
  sql<T = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<T[]>;
  /** A process that holds its session, as far as the database can tell, and does nothing. */
  ghost(nodeId: string, readsFormat: number): Promise<{ end(): Promise<void> }>;
  close(): Promise<void>;
}

export async function openInstallation(): Promise<Installation> {
  const db = await testDatabase();
  const dir = mkdtempSync(join(tmpdir(), 'palace-flow-'));
  writeFileSync(join(dir, 'vault.key'), randomBytes(32).toString('base64'), { mode: 0o600 });
  const outside = await openOutside();
  const nodes = new Set<TestNode>();
  return {
    outside,
    dir,
    async open(options = {}) {
      const node = await openNode(db.url, dir, outside, options);
      const counted = { ...node, close: () => (nodes.delete(counted), node.close()), kill: () => (nodes.delete(counted), node.kill()) };
      nodes.add(counted);
      return counted;
    },
    sql: async <T>(text: string, values: readonly unknown[] = []) => (await db.database.owner.query(text, [...values])).rows as T[],
    async ghost(nodeId, readsFormat) {
      const session = await db.database.owner.connect();
      await session.query('select flow.enlist($1, $2)', [nodeId, readsFormat]);
      return { end: async () => void session.release(true) };
    },
    async close() {
      for (const node of nodes) await node.close();
      await outside.close();
      await db.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** For the tests of a file: an installation, a node in it, and an outside that is as at first before each test. Told before anything else. */
export function openForFile(tell: (house: Installation, node: TestNode) => void, options: NodeOptions = {}): void {
  let house: Installation;
  beforeAll(async () => {
    house = await openInstallation();
    tell(house, await house.open(options));
  });
  beforeEach(() => {
    house.outside.behave = () => 200;
  });
  afterAll(() => house.close());
}

/** The same anew for each test. */
export function openForEach(tell: (house: Installation, node: TestNode) => void, options: NodeOptions = {}): void {
  let house: Installation;
  beforeEach(async () => {
    house = await openInstallation();
    tell(house, await house.open(options));
  });
  afterEach(() => house.close());
}

async function openNode(url: string, dir: string, outside: Outside, options: NodeOptions): Promise<TestNode> {
  const { executors = {}, config = {}, ports = [], secrets = {}, canary = false, egress = (real: Egress) => real } = options;
  const settings = loadConfig(
    {
      ...config,
      database: { url },
      bus: { url: 'postgres:' },
      telemetry: { logLevel: 'warn' },
      installation: { dataDir: dir, drainMs: 2_000, ...config.installation },
    },
    {},
  );
  const rules = [outside.port, ...ports].map((port) => ({ tenant: TENANT, host: '127.0.0.1', port, action: 'allow' as const, reason: 'test' }));
  const platform = await openPlatform(settings, {
    service: 'flow-test',
    write: (line) => void outside.log.push(line),
    egressRules: () => ({ list: () => Promise.resolve(rules) }),
    secrets: () => ({
      read: (tenant, _environment, names) =>
        Promise.resolve(new Map(Object.entries(tenant === TENANT ? secrets : {}).filter(([name]) => names.includes(name)))),
    }),
  });
  const flow = await openFlow(
    { ...platform, egress: egress(platform.egress) },
    { executors: new Map(Object.entries(executors)), canary, runtimeMetadata: { outside: outside.url } },
  );
  await flow.start();
  return {
    flow,
    metrics: () => platform.telemetry.metrics(),
    call: (method, path, options) => callRoute(flow.door.routes, method, path, options),
    async close() {
      await flow.stop();
      await platform.close();
    },
    async kill() {
      // The database first: what the end of the other parts does to a call under way is not written down any more.
      await platform.database.close();
      await platform.close();
      await flow.stop().catch(() => undefined);
    },
  };
}

/** What the gateway does with a request, without HTTP: match, parse, load, handle. A refusal reads as its problem. */
async function callRoute(routes: readonly Route[], method: string, path: string, options: CallOptions = {}): Promise<Reply> {
  try {
    return await handle(routes, method, path, options);
  } catch (error) {
    if (!(error instanceof PalaceError)) throw error;
    return { status: error.row.status, headers: {}, body: { code: error.code, detail: error.detail ?? null, errors: (error.errors ?? []) as unknown as Json } };
  }
}

async function handle(routes: readonly Route[], method: string, path: string, options: CallOptions): Promise<Reply> {
  const url = new URL(path, 'http://flow');
  const found = match(routes, method.toLowerCase(), url.pathname);
  if (found === undefined) throw new Error(`no route ${method} ${url.pathname}`);
  const { route } = found;
  const tenant = options.tenant ?? TENANT;
  const parse = (schema: Route['body'], value: unknown): unknown => {
    const parsed = schema?.safeParse(value);
    if (parsed?.success === false)
      throw new PalaceError('request.invalid', { errors: parsed.error.issues.map((i) => ({ path: i.path.join('.'), message: i.message })) });
    return parsed?.data;
  };
  const params = parse(route.params, found.params);
  const resource = route.loader === 'collection' ? undefined : await route.loader(tenant, params as never);
  if (route.loader !== 'collection' && resource === undefined) throw new PalaceError('not-found');
  const context = {
    tenant,
    params,
    resource,
    query: parse(route.query, Object.fromEntries(url.searchParams)),
    body: parse(route.body, options.body ?? {}),
    principal: { kind: 'api-key', id: KEY_ID, tenant, role: 'owner', permissions: new Set(options.permissions ?? PERMISSIONS) },
    idempotency:
      options.key === undefined
        ? undefined
        : {
            key: options.key,
            fingerprint: createHash('sha256')
              .update(JSON.stringify([method, path, Object.entries(options.body ?? {}).filter(([name]) => route.answerFields?.includes(name) !== true)]))
              .digest('hex'),
          },
    wantsEvents: options.wantsEvents === true,
    lastEventId: options.lastEventId,
    traceparent: undefined,
    signal: AbortSignal.timeout(20_000),
    draining: new AbortController().signal,
    clientAddress: '127.0.0.1',
    park: () => true,
  };
  const reply = await route.handle(context as never);
  if ('events' in reply) return { status: 200, body: {}, headers: {}, events: reply.events };
  return { status: reply.status, body: (reply.body ?? {}) as Reply['body'], headers: reply.headers ?? {} };
}

function match(routes: readonly Route[], method: string, path: string): { route: Route; params: Record<string, string> } | undefined {
  for (const exact of [true, false]) {
    for (const route of routes) {
      if (route.method !== method || route.path.includes('{') === exact) continue;
      const pattern = new RegExp(`^${route.path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
      const groups = pattern.exec(path);
      if (groups !== null) return { route, params: { ...groups.groups } };
    }
  }
  return undefined;
}

export interface Outside {
  readonly url: string;
  readonly port: number;
  /** Requests by `METHOD /path`, in order of arrival. */
  readonly calls: { readonly line: string; readonly key: string; readonly attempt: number; readonly body: Json }[];
  /** What was done, by key: the remote's own books. */
  readonly done: Map<string, number>;
  /** Log lines of the nodes from `warn` on, to look at when a test fails. */
  readonly log: string[];
  /** How each request is answered; default 200. `drop`: it acts and the answer is lost; `lost`: it does not act; `hang`: no answer. */
  behave: (line: string, nth: number) => number | 'drop' | 'hang' | 'lost';
  close(): Promise<void>;
}

/** A service out there: POST acts (counted by key), GET /by-key/KEY says whether it did. */
export async function openOutside(): Promise<Outside> {
  const calls: { line: string; key: string; attempt: number; body: Json }[] = [];
  const done = new Map<string, number>();
  const seen = new Map<string, number>();
  const server = createServer((request, response) => void answer(request, response));
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const line = `${request.method} ${request.url}`;
    const key = String(request.headers['idempotency-key']);
    calls.push({ line, key, attempt: Number(request.headers['palace-attempt']), body: text === '' ? null : (JSON.parse(text) as Json) });
    if (request.url?.startsWith('/by-key/') === true) return say(response, done.has(decodeURIComponent(request.url.slice(8))) ? 200 : 404, { found: true });
    const nth = (seen.get(line) ?? 0) + 1;
    seen.set(line, nth);
    const how = outside.behave(line, nth);
    if (how === 'hang') return;
    if (how === 'lost') return void request.socket.destroy();
    if (request.method === 'POST' && (how === 'drop' || how < 300)) done.set(key, (done.get(key) ?? 0) + 1);
    if (how === 'drop') return void request.socket.destroy();
    say(response, how, { n: nth, at: line });
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const outside: Outside = {
    url: `http://127.0.0.1:${port}`,
    port,
    calls,
    done,
    log: [],
    behave: () => 200,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return outside;
}

function say(response: ServerResponse, status: number, body: Json): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** A flow's text. `steps` is the list under `do`, JSON or YAML. */
export function flowText(name: string, steps: unknown, more: { version?: string; palace?: unknown; input?: unknown; timeout?: unknown } = {}): string {
  const document = {
    dsl: '1.0.3',
    namespace: 'test',
    name,
    version: more.version ?? '1.0.0',
    ...(more.palace !== undefined && { metadata: { palace: more.palace } }),
  };
  return JSON.stringify({
    document,
    ...(more.input !== undefined && { input: more.input }),
    ...(more.timeout !== undefined && { timeout: more.timeout }),
    do: steps,
  });
}

export const post = (name: string, how: { effect?: string; deadline?: string; verify?: unknown } = { effect: 'idempotent' }): unknown => ({
  [name]: {
    call: 'http',
    with: { method: 'post', endpoint: `\${ $runtime.metadata.outside + "/${name}" }`, body: { from: name } },
    ...(Object.keys(how).length > 0 && { metadata: { palace: how } }),
  },
});

export const VERIFY = {
  with: { method: 'get', endpoint: '${ $runtime.metadata.outside + "/by-key/" + $effect.key }' },
  happened: '.status == 200',
  result: '{ verified: true }',
  absenceFinal: true,
};

export const listenFor = (name: string, type: string): unknown => ({ [name]: { listen: { to: { one: { with: { type } } } } } });

/** Until it is so; a bounded wait. */
export async function until<T>(what: string, look: () => Promise<T | undefined | false>, limitMs = 10_000): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await sleep(20);
  }
}

export async function start(node: TestNode, flow: string, input: Json = {}, options: CallOptions = {}): Promise<string> {
  const reply = await node.call('POST', '/v1/runs', { ...options, body: { flow: `test/${flow}`, input } });
  if (reply.status !== 201) throw new Error(`start answered ${reply.status} ${JSON.stringify(reply.body)}`);
  return String(reply.body['id']);
}

const get = async (node: TestNode, id: string): Promise<Reply['body']> => (await node.call('GET', `/v1/runs/${id}`)).body;

/** The run's page once it has one of these states. */
export function reached(node: TestNode, id: string, ...states: readonly string[]): Promise<Reply['body']> {
  let last: Reply['body'] = {};
  return until(`run ${id} is ${states.join(' or ')}`, async () => {
    last = await get(node, id);
    return states.includes(String(last['status'])) ? last : undefined;
  }).catch((error: Error) => {
    throw new Error(`${error.message}; it is ${JSON.stringify(last)}`);
  });
}

export async function history(node: TestNode, id: string): Promise<{ seq: number; type: string; step?: string; data: Record<string, Json> }[]> {
  const items: { seq: number; type: string; step?: string; data: Record<string, Json> }[] = [];
  for (let after = 0; ;) {
    const { body } = await node.call('GET', `/v1/runs/${id}/events?after=${after}&limit=1000`);
    items.push(...(body['items'] as unknown as typeof items));
    if (body['next'] === undefined) return items;
    after = Number(body['next']);
  }
}
