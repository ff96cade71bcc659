import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEgress } from './egress.ts';
import { type Recorder, recordHttp, rule } from './loopback.ts';
import { EgressFailure, type Egress, type EgressRequest, type EgressResponse } from './port.ts';
import { nextHop } from './redirect.ts';
import { parseTarget } from './target.ts';

describe('redirects', () => {
  let first: Recorder;
  let second: Recorder;
  let egress: Egress;
  let status = 302;
  let location: string | undefined;

  beforeAll(async () => {
    first = await recordHttp((request, response) => {
      if (request.url !== '/from') response.end('first');
      else response.writeHead(status, location === undefined ? {} : { location }).end('moved');
    });
    second = await recordHttp((_request, response) => response.end('second'));
    egress = createEgress({ rules: { list: async () => [rule('127.0.0.1', first.port), rule('127.0.0.1', second.port)] } });
  });
  afterAll(async () => {
    await Promise.all([egress.close(), first.close(), second.close()]);
  });
  beforeEach(() => {
    first.seen.length = 0;
    second.seen.length = 0;
  });

  const send = (more: Partial<EgressRequest> = {}): Promise<EgressResponse> =>
    egress.request({
      tenant: 'acme',
      method: 'GET',
      url: `http://127.0.0.1:${first.port}/from`,
      deadlineMs: 2_000,
      maxResponseBytes: 1_000,
      maxRedirects: 5,
      ...more,
    });
  const failure = (more: Partial<EgressRequest> = {}): Promise<EgressFailure> =>
    send(more).then(
      () => Promise.reject(new Error('it was answered')),
      (error: unknown) => error as EgressFailure,
    );

  test.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [303, 'DELETE', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [301, 'PUT', 'PUT'],
    [302, 'DELETE', 'DELETE'],
    [307, 'POST', 'POST'],
    [308, 'PATCH', 'PATCH'],
    [301, 'GET', 'GET'],
  ])('%i turns %s into %s and keeps the body only with the method', async (code, method, then) => {
    status = code;
    location = '/to?x=1';
    const hasBody = method !== 'GET' && method !== 'HEAD';
    const answer = await send({ method, ...(hasBody ? { body: '{"a":1}', headers: { 'content-type': 'application/json' } } : {}) });
    expect(answer.url).toBe(`http://127.0.0.1:${first.port}/to?x=1`);
    const [, hop] = first.seen;
    expect([hop?.method, hop?.url]).toEqual([then, '/to?x=1']);
    expect(hop?.body).toBe(hasBody && then === method ? '{"a":1}' : '');
    expect(hop?.headers['content-type']).toBe(hasBody && then === method ? 'application/json' : undefined);
  });

  test('give another origin no header that can carry a secret', async () => {
    status = 307;
    location = `http://127.0.0.1:${second.port}/to`;
    const secrets = {
      Authorization: 'Bearer a',
      Cookie: 'a=b',
      'Idempotency-Key': 'k',
      'X-Api-Key': 'k',
      'X-Vault-Token': 'k',
      'Private-Token': 'k',
      traceparent: 't',
    };
    await send({ method: 'POST', body: 'x', headers: { ...secrets, Accept: 'text/plain', 'Content-Type': 'text/plain' } });
    const [kept] = first.seen;
    for (const name of Object.keys(secrets)) expect(kept?.headers[name.toLowerCase()]).toBeDefined();
    const [hop] = second.seen;
    expect(Object.keys(hop?.headers ?? {}).toSorted()).toEqual(['accept', 'accept-encoding', 'connection', 'content-length', 'content-type', 'host']);
    expect(hop?.headers.host).toBe(`127.0.0.1:${second.port}`);
  });

  test('keep the headers within one origin', async () => {
    status = 302;
    location = '/to';
    await send({ headers: { Authorization: 'Bearer a', 'Idempotency-Key': 'k' } });
    expect(first.seen[1]?.headers).toMatchObject({ authorization: 'Bearer a', 'idempotency-key': 'k' });
  });

  test('are an answer like any other when none are wanted, when there is no location, and for 304', async () => {
    status = 302;
    location = 'http://169.254.169.254/';
    expect((await send({ maxRedirects: 0 })).status).toBe(302);
    location = undefined;
    expect((await send()).status).toBe(302);
    status = 304;
    location = '/to';
    expect((await send()).status).toBe(304);
  });

  test('end when there are too many', async () => {
    status = 302;
    location = '/from';
    const looped = await failure({ maxRedirects: 3 });
    expect([looped.kind, looped.reach]).toEqual(['redirect', 'maybe-received']);
    expect(first.seen.length).toBe(4);
  });

  test('never lead from https to http', () => {
    const hop = { target: parseTarget('https://example.com/a'), method: 'GET', headers: {}, body: undefined };
    expect(() => nextHop(hop, 302, 'http://example.com/b')).toThrow(EgressFailure);
    expect(nextHop(hop, 302, '//example.org/b').target.href).toBe('https://example.org/b');
  });

  test('to a port without a rule are refused, and admit that the first server may have acted', async () => {
    status = 302;
    location = 'http://127.0.0.1:9/';
    const refused = await failure({ method: 'POST', body: 'x' });
    expect([refused.kind, refused.reach]).toEqual(['refused', 'maybe-received']);
    expect(refused.message).toContain('palace egress allow 127.0.0.1:9');
  });
});
