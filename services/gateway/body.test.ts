// The body parser against a slow and simple one, and the rate limiter against a cache that fails.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseText } from './body.ts';
import { canonical } from './idempotency.ts';
import { RateLimiter } from './limits.ts';

const SEED = Number(process.hrtime.bigint() % 2_147_483_647n);
const parameters = { seed: SEED, numRuns: 2_000 };

/** Every value of JSON whose keys and texts the boundary lets through. */
const values = fc
  .jsonValue({ maxDepth: 6 })
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown)
  .filter((value) => !/\\u|__proto__/.test(JSON.stringify(value)));

test(`any accepted value survives as it was written (seed ${SEED})`, () => {
  fc.assert(
    fc.property(values, fc.constantFrom(0, 1, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(parseText(text)).toEqual(JSON.parse(text));
    }),
    parameters,
  );
});

test(`S19: a duplicate key anywhere is found, and nothing else is taken for one (seed ${SEED})`, () => {
  const entries = fc.array(fc.tuple(fc.constantFrom('a', 'b', '\u0061', 'a:', '{', '"', '\\', 'ä'), values), { maxLength: 6 });
  fc.assert(
    fc.property(entries, (pairs) => {
      const members = pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',');
      const isDuplicate = new Set(pairs.map(([key]) => key)).size !== pairs.length;
      const parse = (): unknown => parseText(`[1,{"outer":{${members}}}]`);
      if (isDuplicate) expect(parse).toThrowError(expect.objectContaining({ code: 'request.malformed' }));
      else expect(parse()).toEqual([1, { outer: Object.fromEntries(pairs) }]);
    }),
    parameters,
  );
});

test(`S19: on any text the parser answers like JSON.parse or refuses with 400, never otherwise (seed ${SEED})`, () => {
  const pieces = fc.array(
    fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', '\\u0000', '\\ud800', '1', 'null', 'true', ' ', 'a', '-', '.', 'e9', '\n', '__proto__'),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(pieces, (parts) => {
      const text = parts.join('');
      let value: unknown;
      try {
        value = parseText(text);
      } catch (error) {
        expect(error).toMatchObject({ code: 'request.malformed' });
        return;
      }
      expect(value).toEqual(JSON.parse(text));
    }),
    parameters,
  );
});

test('a key that ends in a backslash renames no key of a later body', () => {
  for (const text of ['{"name":"a","\\\\":1}', '{"name":"a","data\\\\":1}']) parseText(text);
  expect(parseText('{"name":"a","\\n":1,"data\\"":2}')).toEqual({ name: 'a', '\n': 1, 'data"': 2 });
});

test('S31: a body at the limits is judged in linear time', () => {
  const wide = `{${Array.from({ length: 60_000 }, (_unused, at) => `"k${at}":"\\\\${at}"`).join(',')}}`;
  const startedMs = performance.now();
  expect(Object.keys(parseText(wide) as object)).toHaveLength(60_000);
  expect(() => parseText('['.repeat(1_000_000))).toThrowError(expect.objectContaining({ code: 'request.malformed' }));
  expect(() => parseText(`"${'\\'.repeat(1_000_001)}`)).toThrowError(expect.objectContaining({ code: 'request.malformed' }));
  expect(performance.now() - startedMs).toBeLessThan(3_000);
});

test(`the canonical text is the same for every order of keys (seed ${SEED})`, () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, item]) => [key, reversed(item)]),
    );
  };
  fc.assert(
    fc.property(values, (value) => {
      expect(canonical(reversed(value))).toBe(canonical(value));
    }),
    parameters,
  );
});

const cacheOf = (count: (key: string, add: number, windowMs: number) => Promise<{ count: number; resetMs: number }>) => ({
  get: async () => undefined,
  set: async () => undefined,
  delete: async () => undefined,
  close: async () => undefined,
  count,
});

test('R14: with the cache down a process counts alone and lets no more through than the quota', async () => {
  const limiter = new RateLimiter(
    'key',
    { quota: 300, windowMs: 1_000, atOnce: 300 },
    cacheOf(() => Promise.reject(new Error('down'))),
  );
  const decisions = await Promise.all(Array.from({ length: 1_000 }, () => limiter.take('caller')));
  expect(decisions.filter((decision) => decision.allowed)).toHaveLength(300);
});

test('R8: processes share one window through the cache, and most requests ask it nothing', async () => {
  let used = 0;
  let asked = 0;
  const cache = cacheOf(async (_key, add) => {
    asked += 1;
    used += add;
    return { count: used, resetMs: 60_000 };
  });
  const limiters = [1, 2, 3].map(() => new RateLimiter('key', { quota: 1_000, windowMs: 1_000, atOnce: 1_000 }, cache));
  let allowed = 0;
  for (let at = 0; at < 2_000; at += 1) if ((await limiters[at % 3]!.take('caller')).allowed) allowed += 1;
  expect(allowed).toBe(1_000);
  expect(asked).toBeLessThan(210);
});

test('S11: an IPv6 client is counted by its /64, however it writes its address', async () => {
  const { canonicalAddress, HostGuard } = await import('./host.ts');
  const spellings = ['2001:db8:0:1::1', '2001:0DB8:0000:0001::1', '2001:db8::1:0:0:0:1'];
  expect(new Set(spellings.map(canonicalAddress)).size).toBe(1);
  expect(canonicalAddress('::ffff:192.0.2.1')).toBe('192.0.2.1');
  const guard = new HostGuard({ publicUrl: undefined, settings: { allowedHosts: [], allowedOrigins: [], trustedProxies: [] } });
  const keyOf = (address: string): string => guard.callerOf({ socket: { remoteAddress: address }, headers: {} } as never).rateKey;
  expect(new Set([...spellings, '2001:db8:0:1:ffff::9'].map(keyOf))).toEqual(new Set(['2001:db8:0:1::/64']));
  expect(keyOf('2001:db8:0:2::1')).not.toBe(keyOf('2001:db8:0:1::1'));
});
