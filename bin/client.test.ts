import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Client, type Question } from './client.ts';
import { CommandFailure } from './failure.ts';
import { serverEvents, type ServerEvent } from './server-events.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;
let server: HttpServer | undefined;
afterEach(() => new Promise<void>((resolve) => (server === undefined ? resolve() : (server.closeAllConnections(), server.close(() => resolve())))));

async function serve(handler: Handler): Promise<Client> {
  let count = 0;
  server = createServer((request, response) => handler(request, response, (count += 1)));
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return clientFor((server.address() as AddressInfo).port);
}

const clientFor = (port: number): Client => new Client({ url: new URL(`http://127.0.0.1:${port}`), apiKey: 'pk_test', flags: '', startCommand: 'palace up' });
const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): unknown =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
const problem = (response: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): unknown =>
  json(response, status, { type: 'about:blank', title: 'It did not work', status, code, next: 'Do better.' }, headers);

async function failureOf(client: Client, question: Question): Promise<CommandFailure> {
  const error: unknown = await client.ask(question).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CommandFailure) return error;
  throw new Error(`expected a CommandFailure, got ${String(error)}`);
}

const GET: Question = { method: 'GET', path: '/v1/runs' };
const POST: Question = { method: 'POST', path: '/v1/runs', body: { a: 1 } };

describe('the client', () => {
  it('sends the key and answers with the body', async () => {
    const client = await serve((request, response) => json(response, 200, { auth: request.headers.authorization }));
    expect(await client.ask(GET)).toEqual({ auth: 'Bearer pk_test' });
  });
  it('sends a POST with a key again, with the same key and body, until it is answered', async () => {
    const seen: string[] = [];
    const client = await serve((request, response, count) => {
      let body = '';
      request
        .on('data', (chunk) => (body += String(chunk)))
        .on('end', () => {
          seen.push(`${String(request.headers['idempotency-key'])} ${body}`);
          if (count === 1) request.socket.destroy();
          else if (count === 2) problem(response, 503, 'overload.busy', { 'retry-after': '0' });
          else json(response, 201, { id: 'x' });
        });
    });
    expect(await client.ask({ ...POST, idempotencyKey: 'k1' })).toEqual({ id: 'x' });
    expect(seen).toEqual(['k1 {"a":1}', 'k1 {"a":1}', 'k1 {"a":1}']);
  });
  it('sends a POST without a key once, whatever happens', async () => {
    let requests = 0;
    const client = await serve((request) => {
      requests += 1;
      request.socket.destroy();
    });
    expect((await failureOf(client, POST)).exit).toBe(6);
    expect(requests).toBe(1);
  });
  it('gives up after four times', async () => {
    let requests = 0;
    const client = await serve((_request, response) => {
      requests += 1;
      problem(response, 503, 'overload.busy', { 'retry-after': '0' });
    });
    expect((await failureOf(client, GET)).exit).toBe(6);
    expect(requests).toBe(4);
  });
  it('does not wait for a Retry-After that is too long', async () => {
    const client = await serve((_request, response) => problem(response, 429, 'overload.rate', { 'retry-after': '3600' }));
    expect((await failureOf(client, GET)).options.code).toBe('overload.rate');
  });
  it('does not follow a redirect: the key goes to the named server only', async () => {
    let requests = 0;
    const client = await serve((_request, response) => {
      requests += 1;
      response.writeHead(302, { location: '/elsewhere', 'content-type': 'application/json' }).end('{}');
    });
    expect((await failureOf(client, GET)).message).toContain('not an AgentsPalace server');
    expect(requests).toBe(1);
  });
  it('says in one sentence what a refusal means', async () => {
    const client = await serve((_request, response) => problem(response, 401, 'auth.invalid'));
    const failure = await failureOf(client, GET);
    expect([failure.exit, failure.message, failure.options.next]).toEqual([2, 'It did not work.', 'Do better.']);
  });
  it('tells a foreign server from ours', async () => {
    const client = await serve((_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'));
    expect((await failureOf(client, { ...POST, method: 'DELETE' })).message).toContain('is not an AgentsPalace server');
  });
  it('says palace up when nothing listens', async () => {
    const failure = await failureOf(clientFor(9), GET);
    expect([failure.exit, failure.message]).toEqual([6, 'No server answers at http://127.0.0.1:9.']);
    expect(failure.options.next).toContain('palace up');
  });
});

describe('server-sent events', () => {
  it('are read across chunks, with ids, names, several data lines and comments', async () => {
    const client = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const text = ': hi\n\nid: 1\nevent: step\ndata: {"a":\ndata: 1}\n\nretry: 5\n\nid: 2\r\ndata: x\r\n\r\ndata: cut off';
      for (const character of text) response.write(character);
      response.end();
    });
    const events: ServerEvent[] = [];
    for await (const event of serverEvents(await client.open('/x', {}, new AbortController().signal))) events.push(event);
    expect(events).toEqual([
      { id: '1', event: 'step', data: '{"a":\n1}' },
      { id: '2', event: 'message', data: 'x' },
    ]);
  });
});
