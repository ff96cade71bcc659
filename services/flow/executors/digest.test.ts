// Digest credentials against the examples of RFC 7616 and RFC 2617, and against what no client should be led by.
import { describe, expect, test } from 'vitest';
import { answerDigest, readChallenges } from './digest.ts';

const MUFASA = { method: 'GET', uri: '/dir/index.html', username: 'Mufasa', password: 'Circle of Life' };
const NONCE = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';
const OPAQUE = 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS';
const CNONCE = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';
const challenge = (algorithm: string): string =>
  `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="${NONCE}", opaque="${OPAQUE}"`;
const part = (header: string | undefined, name: string): string | undefined =>
  new RegExp(`(?:^|[ ,])${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^,]*))`)
    .exec(header ?? '')
    ?.slice(1)
    .find((one) => one !== undefined);

describe('the answer to a digest challenge', () => {
  test('is that of RFC 7616 for MD5 and for SHA-256', () => {
    expect(part(answerDigest(challenge('MD5'), MUFASA, CNONCE), 'response')).toBe('8ca523f5e9506fed4657c9700eebdbec');
    const header = answerDigest(challenge('SHA-256'), MUFASA, CNONCE);
    expect(part(header, 'response')).toBe('753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1');
    expect(header).toMatch(/^Digest username="Mufasa", realm="http-auth@example\.org", .*qop=auth, nc=00000001/);
  });

  test('is that of RFC 2617, and of RFC 2069 where the server names no qop', () => {
    const given =
      'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"';
    const request = { ...MUFASA, password: 'Circle Of Life' };
    expect(part(answerDigest(given, request, '0a4f113b'), 'response')).toBe('6629fae49393a05397450978507c4ef1');
    const old = answerDigest(given.replace(' qop="auth,auth-int",', ''), request, '0a4f113b');
    expect([part(old, 'response'), part(old, 'qop')]).toEqual(['670fd8c2df070c60b045671b8b24ff02', undefined]);
  });

  test('takes the strongest algorithm, in several fields joined or with others around', () => {
    const both = `${challenge('MD5')}, Basic realm="x", ${challenge('SHA-256')}, Negotiate YWJj==`;
    expect(part(answerDigest(both, MUFASA, CNONCE), 'algorithm')).toBe('SHA-256');
    expect(readChallenges(both).map(({ scheme }) => scheme)).toEqual(['digest', 'basic', 'digest', 'negotiate']);
  });

  test('hides the name where the server asks for it, and spells one beyond ASCII as the standard says', () => {
    const hidden = answerDigest(`${challenge('SHA-256')}, userhash=true`, MUFASA, CNONCE);
    expect(part(hidden, 'username')).toMatch(/^[0-9a-f]{64}$/);
    expect(hidden).toContain('userhash=true');
    expect(answerDigest(challenge('MD5'), { ...MUFASA, username: 'Jäsøn' }, CNONCE)).toContain("username*=UTF-8''J%C3%A4s%C3%B8n");
  });

  test.each([
    ['another scheme', 'Basic realm="x"'],
    ['auth-int alone', 'Digest realm="x", nonce="n", qop="auth-int"'],
    ['an algorithm that nobody knows', 'Digest realm="x", nonce="n", algorithm=SHA-512-256, qop="auth"'],
    ['no nonce', 'Digest realm="x", qop="auth"'],
    ['nothing', ''],
    ['no challenge', 'realm="x", nonce="n"'],
    ['noise', '"""\\\\\\,,,==== \u0000'],
  ])('is none to %s', (_, header) => {
    expect(answerDigest(header, MUFASA)).toBeUndefined();
  });

  test('quotes what the server said: a realm cannot add a parameter or a header', () => {
    const header = answerDigest('Digest realm="a\\", injected=\\"b", nonce="n\\\\", qop="auth"', MUFASA, CNONCE);
    expect(part(header, 'realm')).toBe('a\\", injected=\\"b');
    expect(header).not.toMatch(/[\r\n]/);
  });

  test('a header without end costs no more than its first part', () => {
    for (const text of ['Digest '.repeat(200_000), `Digest ${'a="'.repeat(200_000)}`, `Digest realm="${'\\'.repeat(500_000)}`, ' ,'.repeat(500_000)])
      expect(answerDigest(text, MUFASA)).toBeUndefined();
  });
});
