// openapi calls through the real service: documents over HTTP in JSON and YAML, kept for a while, and what becomes of acts without answers.
import type { ServerResponse } from 'node:http';
import type { Json } from '@palace/jq/jq.ts';
import { createEgress } from '@palace/platform/egress/egress.ts';
import { recordHttp, type Recorder, type Seen } from '@palace/platform/egress/loopback.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readData } from '../core/language/read-data.ts';
import { openInstallation, reached, start, type Installation, type Reply, type TestNode } from '../testing.ts';
import { createApiDocuments } from './api-documents.ts';
import type { EffectCall } from './executor.ts';
import { createHttpClient, httpExecutor } from './http.ts';
import { openapiExecutors } from './openapi.ts';
import { effectCall } from './testing-call.ts';

let house: Installation;
let node: TestNode;
let api: Recorder;
let answer: (request: Seen, response: ServerResponse) => void;

const DOCUMENT = {
  openapi: '3.0.3',
  servers: [{ url: '/v1' }],
  paths: {
    '/orders/{id}': {
      parameters: [{ name: 'id', in: 'path', required: true }],
      get: {
        operationId: 'getOrder',
        parameters: [
          { name: 'fields', in: 'query', explode: false },
          { name: 'X-Trace', in: 'header' },
        ],
      },
      put: { operationId: 'putOrder', requestBody: { content: { 'application/json': { schema: { properties: { cents: {} } } } } } },
    },
    '/orders': { post: { operationId: 'newOrder', requestBody: { required: true, content: { 'application/json': { schema: { type: 'object' } } } } } },
  },
};
const CALL = effectCall({ class: 'unique', deadlineMs: 5_000 });
const json = (response: ServerResponse, status: number, body: Json, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};

beforeAll(async () => {
  api = await recordHttp((request, response) => answer(request, response));
  house = await openInstallation();
  node = await house.open({ ports: [api.port] });
});
afterAll(async () => {
  await house.close();
  await api.close();
});
/** Each test has an address of its own for the document: none is answered from what another one fetched. */
let path = '';
let tests = 0;
beforeEach(() => {
  path = `/api-${++tests}.json`;
  api.seen.length = 0;
  answer = (request, response) => (request.url === path ? json(response, 200, DOCUMENT) : json(response, 200, { did: request.method, at: request.url }));
});

const calls = (): string[] => api.seen.filter((one) => one.url !== path).map((one) => `${one.method} ${one.url}`);
const documents = (): Seen[] => api.seen.filter((one) => one.url === path);

async function run(name: string, given: object, metadata?: object): Promise<Reply['body']> {
  const document = { dsl: '1.0.3', namespace: 'test', name, version: `1.0.${tests}` };
  const where = { document: { endpoint: `http://127.0.0.1:${api.port}${path}` } };
  const call = { call: 'openapi', with: { ...where, ...given }, ...(metadata !== undefined && { metadata: { palace: metadata } }) };
  await node.flow.publish('acme', JSON.stringify({ document, do: [{ ask: call }] }));
  return reached(node, await start(node, name, { id: 7 }), 'completed', 'failed', 'waiting');
}

describe('an openapi call', () => {
  it('finds server, path, query and headers in the document', async () => {
    const done = await run('get', { operationId: 'getOrder', parameters: { id: '${ .id }', fields: ['a', 'b'], 'X-Trace': 'on' } });
    expect(done['output']).toEqual({ did: 'GET', at: '/v1/orders/7?fields=a,b' });
    expect(api.seen.find((one) => one.url !== path)?.headers).toMatchObject({ 'x-trace': 'on', 'palace-run': done['id'] });
  });

  it('sends the rest of its parameters as the body, and gives response and raw when asked', async () => {
    const done = await run('put', { operationId: 'putOrder', parameters: { id: 7, cents: 120 }, output: 'response' });
    expect(done['output']).toMatchObject({
      statusCode: 200,
      request: { method: 'PUT', uri: `http://127.0.0.1:${api.port}/v1/orders/7` },
      content: { did: 'PUT' },
    });
    expect(api.seen.at(-1)).toMatchObject({ body: '{"cents":120}', headers: { 'content-type': 'application/json' } });
    const raw = await run('raw', { operationId: 'getOrder', parameters: { id: 1 }, output: 'raw' });
    expect(Buffer.from(String(raw['output']), 'base64').toString()).toBe('{"did":"GET","at":"/v1/orders/1"}');
  });

  it('reads documents in YAML, large ones in a thread of their own', async () => {
    const large = {
      ...DOCUMENT,
      components: { schemas: Object.fromEntries(Array.from({ length: 800 }, (_, i) => [`S${i}`, { type: 'object', title: `schema ${i}` }])) },
    };
    answer = (request, response) =>
      request.url === path ? void response.writeHead(200, { 'content-type': 'text/plain' }).end(stringify(large)) : json(response, 200, 'ok');
    expect((await run('yaml', { operationId: 'getOrder', parameters: { id: 1 } }))['output']).toBe('ok');
  });

  it.each([
    ['an operation that is not there', { operationId: 'getOrdr' }, '/configuration', 'Did you mean "getOrder"?'],
    ['a required parameter that is missing', { operationId: 'getOrder' }, '/validation', 'The operation needs "id" (path)'],
    ['a parameter that is not there', { operationId: 'getOrder', parameters: { id: 1, filds: 'a' } }, '/validation', 'Did you mean "fields"?'],
  ])('with %s fails before anything of it is sent', async (_what, given, type, detail) => {
    const failed = await run('wrong', given);
    expect(failed).toMatchObject({ status: 'failed', error: { type: expect.stringContaining(type), detail: expect.stringContaining(detail) } });
    expect(calls()).toEqual([]);
  });

  it.each([
    ['is not there', (response: ServerResponse) => json(response, 404, {}), '/communication', 404],
    ['is no document', (response: ServerResponse) => void response.end('<html>: {'), '/configuration', 400],
    ['is of another kind', (response: ServerResponse) => json(response, 200, { openapi: '9.9.9' }), '/configuration', 400],
  ])('whose document %s fails as a step that sent nothing, also when it is irreversible', async (_what, give, type, status) => {
    answer = (_request, response) => give(response);
    const failed = await run('undocumented', { operationId: 'newOrder', parameters: { body: {} } }, { effect: 'irreversible' });
    expect(failed).toMatchObject({ status: 'failed', error: { type: expect.stringContaining(type), status } });
    expect(calls()).toEqual([]);
  });
});

describe('an act without an answer', () => {
  const lost = (method: string): void => {
    const usual = answer;
    answer = (request, response) => (request.url !== path && request.method === method ? void response.destroy() : usual(request, response));
  };

  it('is in doubt when the operation is a POST, and is not sent again', async () => {
    lost('POST');
    const waits = await run('post', { operationId: 'newOrder', parameters: { body: { a: 1 } } });
    expect(waits).toMatchObject({ status: 'waiting', waitingFor: [{ kind: 'in-doubt', step: '/do/0/ask' }] });
    expect(calls()).toEqual(['POST /v1/orders']);
  });

  it.each([
    ['GET', 'getOrder', {}],
    ['PUT', 'putOrder', { cents: 1 }],
  ])('fails, and may be tried again, when the operation is a %s', async (method, operationId, more) => {
    lost(method);
    const failed = await run(`lost-${method.toLowerCase()}`, { operationId, parameters: { id: 1, ...more } });
    expect(failed).toMatchObject({ status: 'failed', error: { type: expect.stringContaining('/communication') } });
  });

  it('takes the word of the author over the method', async () => {
    lost('POST');
    const failed = await run('told', { operationId: 'newOrder', parameters: { body: {} } }, { effect: 'read' });
    expect(failed['status']).toBe('failed');
  });

  it('is not sent when the document says a stronger method than it did when it was asked', async () => {
    const executors = new Map(openapiExecutors({ get: async () => DOCUMENT }, async () => expect.fail('it was sent')));
    const args = { document: { endpoint: 'http://x.test/' }, operationId: 'newOrder', parameters: { body: {} } };
    const outcome = await executors.get('openapi')?.({ ...CALL, class: 'read', args });
    expect(outcome).toMatchObject({
      ok: false,
      reach: 'not-sent',
      fault: { detail: expect.stringContaining('The document has changed: the operation is POST now') },
    });
  });
});

describe('documents that are kept', () => {
  let nowMs = 0;
  const egress = createEgress({ rules: { list: async (tenant) => [{ tenant, host: '127.0.0.1', port: api.port, action: 'allow', reason: 'test' }] } });
  afterAll(() => egress.close());
  const open = () =>
    createApiDocuments({
      http: httpExecutor(createHttpClient(egress, { maxResponseBytes: 100_000, maxRedirects: 3 })),
      readYaml: async (_tenant, text) => readData(text),
      nowMs: () => nowMs,
    });
  const call = (tenant = 'acme', deadlineMs = 5_000): EffectCall => ({ ...CALL, tenant, deadlineMs });
  const place = () => ({ endpoint: `http://127.0.0.1:${api.port}${path}` });

  it('are asked for once by many at the same time, by each tenant, and with each credential, for itself', async () => {
    const docs = open();
    const others = [docs.get(call('other'), place()), docs.get(call(), { ...place(), authentication: { bearer: { token: 'fake' } } })];
    await Promise.all([docs.get(call(), place()), docs.get(call(), place()), ...others]);
    expect(documents()).toHaveLength(3);
    expect(documents()[0]?.headers['idempotency-key']).toBe('key.document');
  });

  it('are asked for anew after a minute, by their ETag', async () => {
    const docs = open();
    answer = (request, response) =>
      request.headers['if-none-match'] === '"1"' ? void response.writeHead(304).end() : json(response, 200, DOCUMENT, { etag: '"1"' });
    const first = await docs.get(call(), place());
    nowMs += 59_000;
    expect(await docs.get(call(), place())).toBe(first);
    expect(documents()).toHaveLength(1);
    nowMs += 2_000;
    expect(await docs.get(call(), place())).toBe(first);
    expect(documents()).toHaveLength(2);
    nowMs += 59_000;
    expect(await docs.get(call(), place())).toBe(first);
    expect(documents()).toHaveLength(2);
  });

  it('that could not be had are asked for again', async () => {
    const docs = open();
    answer = (_request, response) => json(response, 503, {});
    await expect(docs.get(call(), place())).rejects.toThrow('cannot be fetched');
    answer = (_request, response) => json(response, 200, DOCUMENT);
    expect(await docs.get(call(), place())).toEqual(DOCUMENT);
  });

  it('that do not come keep nobody longer than the deadline of the call', async () => {
    answer = () => undefined;
    await expect(open().get(call('acme', 50), place())).rejects.toThrow('within the deadline');
    const aborted = new AbortController();
    const waiting = open().get({ ...call(), signal: aborted.signal }, place());
    aborted.abort();
    await expect(waiting).rejects.toThrow('The call was ended.');
  });

  it('that are larger than the bound are refused', async () => {
    answer = (_request, response) => json(response, 200, 'x'.repeat(200_000));
    await expect(open().get(call(), place())).rejects.toThrow('cannot be fetched');
  });
});
