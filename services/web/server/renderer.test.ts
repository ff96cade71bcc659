import { describe, expect, test } from 'vitest';
import { headersToAnswer, headersToPass } from './renderer.ts';
import { acceptedEncodings } from './static-files.ts';

describe('what the renderer is told of a request', () => {
  test('I1: no credential, and of the cookies those that say how the page looks', () => {
    const passed = headersToPass({
      headers: {
        host: 'localhost:8080',
        'accept-language': 'tr',
        authorization: 'Bearer palace_x',
        cookie: 'palace-session=secret; palace-theme=dark; __Host-palace-session=secret; palace-language=tr; palace-theme-x=1',
        rsc: '1',
        'next-router-state-tree': '[]',
        'content-security-policy': "script-src 'nonce-mine'",
        'x-forwarded-for': '1.2.3.4',
        'x-middleware-subrequest': 'x',
      },
    });
    expect(passed).toEqual({
      host: 'localhost:8080',
      'accept-language': 'tr',
      cookie: 'palace-theme=dark; palace-language=tr',
      rsc: '1',
      'next-router-state-tree': '[]',
    });
  });

  test('I2: the policy of the answer is ours', () => {
    const headers = headersToAnswer(
      { headers: { 'content-type': 'text/html', 'content-security-policy': '*', 'x-powered-by': 'x', connection: 'close', 'cache-control': 'no-store' } },
      "default-src 'self'",
    );
    expect(headers).toMatchObject({ 'content-security-policy': "default-src 'self'", 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['x-powered-by']));
    expect(headers['connection']).toBeUndefined();
  });

  test.each([
    ['gzip, deflate, br, zstd', ['gzip', 'deflate', 'br', 'zstd']],
    ['br;q=0, gzip;q=0.5', ['gzip']],
    ['', []],
    ['GZIP; q=1.0', ['gzip']],
  ])('of "%s" these encodings are accepted: %j', (header, names) => {
    expect(acceptedEncodings(header)).toEqual(names);
  });
});
