// Credentials against real servers on this machine: what arrives there, how often, and what comes back.
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Json } from '@palace/jq/jq.ts';
import { createEgress } from '@palace/platform/egress/egress.ts';
import { Mask } from '../core/mask.ts';
import type { EffectCall, EffectOutcome } from './executor.ts';
import { createHttpClient, httpExecutor } from './http.ts';
import { effectCall } from './testing-call.ts';

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
type Reply = { readonly status?: number; readonly body?: unknown; readonly headers?: Record<string, string> } | undefined;

interface Server {
  readonly url: string;
  readonly port: number;
  readonly asked: Asked[];
  reply: (asked: Asked) => Reply | Promise<Reply>;
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(reply: Server['reply']): Promise<Server> {
  const asked: Asked[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
    asked.push(one);
    const { status = 200, body: said = { ok: true }, headers = {} } = (await server.reply(one)) ?? {};
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof said === 'string' ? said : JSON.stringify(said));
  };
  const http = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  closing.push(
    () =>
      new Promise((resolve) => {
        http.closeAllConnections();
        http.close(() => resolve());
      }),
  );
  const { port } = http.address() as AddressInfo;
  const server: Server = { url: `http://127.0.0.1:${port}`, port, asked, reply };
  return server;
}

const egress = createEgress({
  // Everything on this machine: which address may be called is not what is tested here.
  rules: {
    list: (tenant) =>
      Promise.resolve(Array.from({ length: 64_512 }, (_, i) => ({ tenant, host: '127.0.0.1', port: i + 1_024, action: 'allow' as const, reason: 'test' }))),
  },
});
afterAll(() => egress.close());

function caller() {
  const execute = httpExecutor(createHttpClient(egress, { maxResponseBytes: 1_000_000, maxRedirects: 3 }));
  return (server: Server, authentication: Json, more: Partial<EffectCall> & { readonly args?: Json; readonly path?: string } = {}): Promise<EffectOutcome> => {
    const { args = {}, path = '/api?x=1', ...call } = more;
    return execute(
      effectCall({
        tenant: 'a',
        args: { method: 'get', endpoint: `${server.url}${path}`, authentication, ...(args as { [key: string]: Json }) },
        ...call,
      }),
    );
  };
}

const authorized = (server: Server): unknown[] => server.asked.map(({ headers }) => headers.authorization);
const form = (body: string): Record<string, string> => Object.fromEntries(new URLSearchParams(body));
const errorType = (outcome: EffectOutcome): unknown => (outcome.ok ? 'ok' : [outcome.fault.type.split('/').at(-1), outcome.reach]);

describe('basic and bearer', () => {
  test('credentials stand in Authorization, in UTF-8, also when the flow wrote another header', async () => {
    const server = await serve(() => undefined);
    const call = caller();
    await call(server, { basic: { username: 'jäsøn', password: 'p:ss' } }, { args: { headers: { Authorization: 'mine', 'X-Other': '1' } } });
    await call(server, { bearer: { token: 'abc.def-ghi' } });
    await call(server, { bearer: 'abc.def-ghi' });
    expect(authorized(server)).toEqual([`Basic ${Buffer.from('jäsøn:p:ss').toString('base64')}`, 'Bearer abc.def-ghi', 'Bearer abc.def-ghi']);
    expect(server.asked[0]?.headers['x-other']).toBe('1');
  });

  test.each<[string, Json]>([
    ['a name with a colon', { basic: { username: 'a:b', password: 'p' } }],
    ['a line break in a password', { basic: { username: 'a', password: 'p\r\nx: y' } }],
    ['a line break in a token', { bearer: { token: 'a\r\nx: y' } }],
    ['a token with a space', { bearer: { token: 'a b' } }],
    ['a password that is missing', { basic: { username: 'a' } }],
    ['a secret that is a text', { basic: 'hidden-value' }],
    ['a token that is a number', { bearer: { token: 17 } }],
    ['no scheme', {}],
  ])('%s is refused before anything is sent, without a word of the value', async (_, authentication) => {
    const server = await serve(() => undefined);
    const outcome = await caller()(server, authentication);
    expect(errorType(outcome)).toEqual(['configuration', 'not-sent']);
    expect(JSON.stringify(outcome)).not.toMatch(/hidden-value|17|x: y/);
    expect(server.asked).toEqual([]);
  });

  test('a refusal is an answer: it is not asked again', async () => {
    const server = await serve(() => ({ status: 401 }));
    expect(await caller()(server, { bearer: { token: 'abc' } })).toMatchObject({ ok: false, reach: 'answered', fault: { status: 401 } });
    expect(server.asked).toHaveLength(1);
  });

  test('what echoes the credentials comes back masked, whatever the output', async () => {
    const server = await serve(({ headers }) => ({ body: { saw: headers.authorization } }));
    const mask = () => new Mask(new Map([['user', { password: 'p4ssw0rd' }]]));
    const pair = Buffer.from('ada:p4ssw0rd').toString('base64');
    for (const output of ['content', 'raw', 'response']) {
      const outcome = await caller()(server, { basic: { username: 'ada', password: 'p4ssw0rd' } }, { mask: mask(), args: { output } });
      const text = JSON.stringify(outcome);
      expect(text).not.toContain(pair);
      expect(output === 'raw' ? Buffer.from(String((outcome as { result: string }).result), 'base64').toString() : text).toContain('Basic [secret basic]');
    }
  });
});

describe('digest', () => {
  const HASH = { MD5: 'md5', 'SHA-256': 'sha256' } as const;
  /** A server of its own making: it computes what it expects by the standard, once for each nonce. */
  function digestServer(algorithm: keyof typeof HASH, users: Readonly<Record<string, string>>): Promise<Server> {
    const hash = (text: string): string => createHash(HASH[algorithm]).update(text).digest('hex');
    let nonces = 0;
    return serve(({ method, url, headers }) => {
      const given = Object.fromEntries(
        [...(headers.authorization ?? '').matchAll(/(\w+)=(?:"([^"]*)"|([^, ]*))/g)].map(([, name, quoted, bare]) => [name, quoted ?? bare]),
      );
      const expected = hash(
        `${hash(`${given['username']}:zoo:${users[given['username'] ?? ''] ?? ''}`)}:${given['nonce']}:${given['nc']}:${given['cnonce']}:auth:${hash(`${method}:${url}`)}`,
      );
      if (given['nonce'] === `n${nonces}` && given['response'] === expected && given['uri'] === url) return { body: { user: given['username'] } };
      nonces += 1;
      return { status: 401, headers: { 'www-authenticate': `Digest realm="zoo", qop="auth", algorithm=${algorithm}, nonce="n${nonces}"` } };
    });
  }

  test.each(['MD5', 'SHA-256'] as const)('%s: the challenge is answered once, with the same body under the same key', async (algorithm) => {
    const server = await digestServer(algorithm, { ada: 'lion' });
    const outcome = await caller()(server, { digest: { username: 'ada', password: 'lion' } }, { args: { method: 'post', body: { a: 1 } } });
    expect(outcome).toEqual({ ok: true, result: { user: 'ada' } });
    expect(server.asked.map(({ body, headers }) => [body, headers['idempotency-key']])).toEqual([
      ['{"a":1}', 'key'],
      ['{"a":1}', 'key'],
    ]);
    expect(server.asked[0]?.headers.authorization).toBeUndefined();
  });

  test('a wrong password is refused after one round, and a server that asks for ever is not followed', async () => {
    const server = await digestServer('SHA-256', { ada: 'lion' });
    expect(await caller()(server, { digest: { username: 'ada', password: 'tiger' } })).toMatchObject({ ok: false, fault: { status: 401 }, reach: 'answered' });
    expect(server.asked).toHaveLength(2);
  });

  test('a challenge of another server that a redirect led to is not answered', async () => {
    const thief = await serve(() => ({ status: 401, headers: { 'www-authenticate': 'Digest realm="zoo", qop="auth", nonce="n"' } }));
    const server = await serve(() => ({ status: 302, headers: { location: `${thief.url}/here` } }));
    expect(await caller()(server, { digest: { username: 'ada', password: 'lion' } })).toMatchObject({ ok: false, fault: { status: 401 } });
    expect([server.asked.length, authorized(thief)]).toEqual([1, [undefined]]);
  });
});

/** An authority and an API in one: tokens are t1, t2, ...; the API takes the newest. */
async function authority(lifetime: number | undefined = 3_600, more: Readonly<Record<string, unknown>> = {}) {
  const state = { tokens: 0, valid: new Set<string>(), requests: [] as Asked[], delayMs: 0, refuse: undefined as Reply };
  const server = await serve(async (asked) => {
    if (asked.url.endsWith('/.well-known/openid-configuration'))
      return { body: { issuer: `${server.url}/realm`, token_endpoint: `${server.url}/realm/somewhere/token`, ...more } };
    if (asked.method === 'POST' && asked.url.endsWith('/token')) {
      state.requests.push(asked);
      await sleep(state.delayMs);
      if (state.refuse !== undefined) return state.refuse;
      const token = `t${(state.tokens += 1)}-token`;
      state.valid.add(token);
      return { body: { access_token: token, token_type: 'Bearer', ...(lifetime !== undefined && { expires_in: lifetime }), ...more } };
    }
    const token = asked.headers.authorization?.replace('Bearer ', '') ?? '';
    return state.valid.has(token) ? { body: { token } } : { status: 401 };
  });
  const policy = (given: { [key: string]: Json } = {}): Json => ({
    oauth2: { authority: `${server.url}/realm`, grant: 'client_credentials', client: { id: 'me', secret: 'my secret' }, ...given },
  });
  return { server, state, policy };
}

describe('oauth2', () => {
  test('a token is asked for once, used until it ends, and asked for again before that', async () => {
    const { server, state, policy } = await authority(3);
    const call = caller();
    const first = await Promise.all(Array.from({ length: 10 }, () => call(server, policy())));
    expect(first.every((outcome) => outcome.ok)).toBe(true);
    expect(state.requests).toHaveLength(1);
    expect(state.requests[0]).toMatchObject({ url: '/realm/oauth2/token' });
    expect(form(state.requests[0]?.body ?? '')).toEqual({ grant_type: 'client_credentials', client_id: 'me', client_secret: 'my secret' });
    expect(await call(server, policy())).toMatchObject({ ok: true });
    expect(state.requests).toHaveLength(1);
    // Four fifths of its life are over; it would still be taken.
    await sleep(2_450);
    expect(await call(server, policy())).toMatchObject({ ok: true });
    expect(state.requests).toHaveLength(2);
  });

  test('a refused token is dropped and asked for once again; a second refusal is the answer', async () => {
    const { server, state, policy } = await authority();
    const call = caller();
    await call(server, policy());
    state.valid.clear();
    expect(await call(server, policy(), { mask: new Mask() })).toEqual({ ok: true, result: { token: '[secret token]' } });
    expect(state.requests).toHaveLength(2);
    const before = server.asked.length;
    server.reply = (
      (reply) => async (asked) =>
        asked.url.startsWith('/api') ? { status: 401 } : await reply(asked)
    )(server.reply);
    expect(await call(server, policy())).toMatchObject({ ok: false, fault: { status: 401 }, reach: 'answered' });
    expect(server.asked.slice(before).map(({ url }) => url)).toEqual(['/api?x=1', '/realm/oauth2/token', '/api?x=1']);
  });

  test('when many hold a refused token, one of them asks for the next', async () => {
    const { server, state, policy } = await authority();
    const call = caller();
    await call(server, policy());
    state.valid.clear();
    state.delayMs = 50;
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => call(server, policy())));
    expect(outcomes.every((outcome) => outcome.ok)).toBe(true);
    expect(state.requests).toHaveLength(2);
  });

  test('tenants and credentials never share a token', async () => {
    const { server, state, policy } = await authority();
    const call = caller();
    for (const [tenant, secret] of [
      ['a', 'one'],
      ['b', 'one'],
      ['a', 'two'],
      ['a', 'one'],
    ] as const)
      await call(server, policy({ client: { id: 'me', secret } }), { tenant });
    expect(state.requests).toHaveLength(3);
    expect(new Set(authorized(server).filter(Boolean))).toHaveLength(3);
  });

  test.each<[string, { [key: string]: Json }, Record<string, string>]>([
    [
      'password',
      { grant: 'password', username: 'ada', password: 'p w', scopes: ['a', 'b'], audiences: ['api'] },
      { grant_type: 'password', username: 'ada', password: 'p w', scope: 'a b', audience: 'api' },
    ],
    [
      'refresh_token',
      { grant: 'refresh_token', subject: { token: 'r1', type: 'urn:ietf:params:oauth:token-type:refresh_token' } },
      { grant_type: 'refresh_token', refresh_token: 'r1' },
    ],
    [
      'token exchange',
      { grant: 'urn:ietf:params:oauth:grant-type:token-exchange', subject: { token: 's', type: 'urn:x' }, actor: { token: 'a', type: 'urn:y' } },
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: 's',
        subject_token_type: 'urn:x',
        actor_token: 'a',
        actor_token_type: 'urn:y',
      },
    ],
  ])('the grant %s sends what its standard says', async (_, given, sent) => {
    const { server, state, policy } = await authority();
    expect(await caller()(server, policy(given))).toMatchObject({ ok: true });
    expect(form(state.requests[0]?.body ?? '')).toEqual({ ...sent, client_id: 'me', client_secret: 'my secret' });
  });

  test('a refresh token that its server replaces is used from then on', async () => {
    const { server, state, policy } = await authority(1, { refresh_token: 'r2' });
    const call = caller();
    const given = policy({ grant: 'refresh_token', subject: { token: 'r1', type: 'urn:r' } });
    await call(server, given);
    await sleep(850);
    await call(server, given);
    expect(state.requests.map(({ body }) => form(body)['refresh_token'])).toEqual(['r1', 'r2']);
  });

  test('a client proves itself in each way of the schema', async () => {
    const { server, state, policy } = await authority();
    const ways: [{ [key: string]: Json }, (asked: Asked) => unknown, unknown][] = [
      [
        { id: 'm e', secret: 's:+é', authentication: 'client_secret_basic' },
        ({ headers }) => Buffer.from(headers.authorization?.slice(6) ?? '', 'base64').toString(),
        'm+e:s%3A%2B%C3%A9',
      ],
      [{ id: 'me', authentication: 'none' }, ({ body }) => form(body), { grant_type: 'client_credentials', client_id: 'me' }],
      [{ id: 'me', assertion: 'my.signed.jwt', authentication: 'private_key_jwt' }, ({ body }) => form(body)['client_assertion'], 'my.signed.jwt'],
      [
        { id: 'me', secret: 'k', authentication: 'client_secret_jwt' },
        ({ body }) => verifiedClaims(form(body)['client_assertion'] ?? '', 'k'),
        { iss: 'me', sub: 'me', aud: `${server.url}/realm/oauth2/token` },
      ],
    ];
    for (const [client, look, expected] of ways) {
      expect(await caller()(server, policy({ client }))).toMatchObject({ ok: true });
      const seen = look(state.requests.at(-1)!);
      if (typeof expected === 'object') expect(seen).toMatchObject(expected as object);
      else expect(seen).toBe(expected);
    }
  });

  function verifiedClaims(jwt: string, secret: string): unknown {
    const [head = '', body = '', signature] = jwt.split('.');
    expect(createHmac('sha256', secret).update(`${head}.${body}`).digest('base64url')).toBe(signature);
    return JSON.parse(Buffer.from(body, 'base64url').toString());
  }

  test('the request can be JSON, and the endpoint another path', async () => {
    const { server, state, policy } = await authority();
    await caller()(server, policy({ endpoints: { token: 'other/token' }, request: { encoding: 'application/json' } }));
    expect(state.requests[0]).toMatchObject({ url: '/realm/other/token', headers: { 'content-type': 'application/json' } });
    expect(JSON.parse(state.requests[0]?.body ?? '')).toEqual({ grant_type: 'client_credentials', client_id: 'me', client_secret: 'my secret' });
  });

  test.each<[string, Reply, unknown]>([
    ['an error of OAuth', { status: 400, body: { error: 'invalid_client', error_description: 'my secret is wrong' } }, ['authentication', 'not-sent']],
    ['a failure', { status: 503, body: 'my secret' }, ['communication', 'not-sent']],
    ['no token', { body: { token_type: 'Bearer' } }, ['authentication', 'not-sent']],
    ['a token of another kind', { body: { access_token: 'x', token_type: 'DPoP' } }, ['authentication', 'not-sent']],
    ['a token that would break the header', { body: { access_token: 'a\r\nx: y', token_type: 'bearer' } }, ['configuration', 'not-sent']],
    ['no JSON', { body: '<html>' }, ['authentication', 'not-sent']],
    ['a redirect', { status: 307, headers: { location: 'http://127.0.0.1:9/' } }, ['authentication', 'not-sent']],
  ])('%s instead of a token is a fault, nothing is sent to the API, and what was sent is not told', async (_, refuse, expected) => {
    const { server, state, policy } = await authority();
    state.refuse = refuse;
    const outcome = await caller()(server, policy());
    expect(errorType(outcome)).toEqual(expected);
    expect(JSON.stringify(outcome)).not.toContain('my secret');
    expect(server.asked.filter(({ url }) => url.startsWith('/api'))).toEqual([]);
  });

  test('an authority that does not answer is a timeout of the call, and the next call need not wait for it', async () => {
    const { server, state, policy } = await authority();
    state.delayMs = 2_000;
    expect(errorType(await caller()(server, policy(), { deadlineMs: 100 }))).toEqual(['timeout', 'not-sent']);
  });

  test('a token of an issuer that is not accepted is not used', async () => {
    const jwt = (claims: object): string => `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`;
    const call = caller();
    for (const [token, ok] of [
      [jwt({ iss: 'https://good.example' }), true],
      [jwt({ iss: 'https://evil.example' }), false],
      [jwt({}), false],
      ['opaque', false],
    ] as const) {
      const { server, state, policy } = await authority();
      state.refuse = { body: { access_token: token, token_type: 'bearer' } };
      server.reply = (
        (reply) => async (asked) =>
          asked.url.startsWith('/api') ? undefined : await reply(asked)
      )(server.reply);
      const outcome = await call(server, policy({ issuers: ['https://good.example'] }));
      expect([token, errorType(outcome)]).toEqual([token, ok ? 'ok' : ['authentication', 'not-sent']]);
    }
  });
});

describe('oidc', () => {
  const oidc = (policy: Json): Json => ({ oidc: (policy as { oauth2: Json }).oauth2 });

  test('the token endpoint is found at the authority, once, also when its whole address is given', async () => {
    const { server, state, policy } = await authority();
    const call = caller();
    for (const id of ['a', 'b']) expect(await call(server, oidc(policy({ client: { id, secret: 's' } })))).toMatchObject({ ok: true });
    expect(await call(server, oidc(policy({ authority: `${server.url}/realm/.well-known/openid-configuration` })))).toMatchObject({ ok: true });
    expect(state.requests.map(({ url }) => url)).toEqual(['/realm/somewhere/token', '/realm/somewhere/token', '/realm/somewhere/token']);
    expect(server.asked.filter(({ method, url }) => method === 'GET' && url.includes('well-known'))).toHaveLength(1);
  });

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['speaks of another issuer', { issuer: 'https://evil.example' }],
    ['names no token endpoint', { token_endpoint: undefined }],
    ['names none that is an address', { token_endpoint: 'nowhere' }],
  ])('a configuration that %s is not believed: the client secret goes nowhere', async (_, more) => {
    const { server, state, policy } = await authority(60, more);
    expect(errorType(await caller()(server, oidc(policy())))).toEqual(['authentication', 'not-sent']);
    expect(state.requests).toEqual([]);
  });

  test('an authority that may not be called is a refusal with the command that allows it', async () => {
    const { server, policy } = await authority();
    const execute = httpExecutor(
      createHttpClient(
        createEgress({ rules: { list: (tenant) => Promise.resolve([{ tenant, host: '127.0.0.1', port: server.port, action: 'allow', reason: 'test' }]) } }),
        {
          maxResponseBytes: 1_000,
          maxRedirects: 0,
        },
      ),
    );
    const args = { method: 'get', endpoint: server.url, authentication: oidc(policy({ authority: 'http://127.0.0.1:9/realm' })) };
    const outcome = await execute(effectCall({ tenant: 'a', args }));
    expect(errorType(outcome)).toEqual(['authorization', 'not-sent']);
    expect(JSON.stringify(outcome)).toContain('palace egress allow 127.0.0.1:9');
  });
});
