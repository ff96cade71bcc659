import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEgress } from './egress.ts';
import { rule } from './loopback.ts';
import type { Egress, EgressFailure, EgressResponse } from './port.ts';

// A key for tests alone: self-signed for tls.test and 127.0.0.1.
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgJv6zBEeVt880qaXf
LMMwrqhCybxynpmp8NqIwTUwm4ChRANCAAQ7KLSSjOHJ10S+TqY8kVpgNFKXrFJ0
dzVWC5DDmXPSiSLWj6a7Tq/n3m1eN2Yp9fe2wcpWBbECg8j2+EDgEfFx
-----END PRIVATE KEY-----`;
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBmDCCAT6gAwIBAgIUZlkHpHbb1iMeDc0PQvPhpUKt0JIwCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIdGxzLnRlc3QwIBcNMjYxMTIzMjMwOTUxWhgPMjEyNjEwMzAy
MzA5NTFaMBMxETAPBgNVBAMMCHRscy50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEOyi0kozhyddEvk6mPJFaYDRSl6xSdHc1VguQw5lz0oki1o+mu06v595t
XjdmKfX3tsHKVgWxAoPI9vhA4BHxcaNuMGwwHQYDVR0OBBYEFBxsutT/c2xgBnb/
pSvE7qBX7HV3MB8GA1UdIwQYMBaAFBxsutT/c2xgBnb/pSvE7qBX7HV3MA8GA1Ud
EwEB/wQFMAMBAf8wGQYDVR0RBBIwEIIIdGxzLnRlc3SHBH8AAAEwCgYIKoZIzj0E
AwIDSAAwRQIgBD8UIphgKaYoR4vA2K8uIv9WLjxUkJQTw9//FXRjO8kCIQCntKcg
i75ostrBh9BNKqfbwWEfuqw9db2x8PleB3iZhg==
-----END CERTIFICATE-----`;

describe('egress over TLS', () => {
  let server: Server;
  let port = 0;
  let trusting: Egress;
  let strict: Egress;
  const names: string[] = [];
  let requests = 0;

  beforeAll(async () => {
    server = createServer({ key: KEY, cert: CERTIFICATE, SNICallback: (name, done) => (names.push(name), done(null)) }, (request, response) => {
      requests += 1;
      response.setHeader('x-host', request.headers.host ?? '').end(request.httpVersion);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
    const rules = { list: async () => [rule('tls.test', port), rule('wrong.test', port), rule('127.0.0.1', port)] };
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    trusting = createEgress({ rules, resolve, ca: CERTIFICATE });
    strict = createEgress({ rules, resolve });
  });
  afterAll(async () => {
    await Promise.all([trusting.close(), strict.close()]);
    server.closeAllConnections();
    server.close();
  });

  const get = (egress: Egress, host: string): Promise<EgressResponse> =>
    egress.request({ tenant: 'acme', method: 'GET', url: `https://${host}:${port}/`, deadlineMs: 2_000, maxResponseBytes: 1_000, maxRedirects: 0 });
  const failure = (egress: Egress, host: string): Promise<EgressFailure> =>
    get(egress, host).then(
      () => Promise.reject(new Error('it was answered')),
      (error: unknown) => error as EgressFailure,
    );

  test('keeps the name for SNI, certificate, and Host while it dials the checked address, and speaks HTTP/1.1', async () => {
    const answer = await get(trusting, 'tls.test');
    expect(names).toContain('tls.test');
    expect(answer.headers['x-host']).toBe(`tls.test:${port}`);
    expect(Buffer.from(answer.body).toString()).toBe('1.1');
  });

  test('checks the certificate of an address literal', async () => {
    expect((await get(trusting, '127.0.0.1')).status).toBe(200);
  });

  test('sends nothing to a certificate that it does not trust or that names another host', async () => {
    requests = 0;
    for (const refused of [await failure(strict, 'tls.test'), await failure(trusting, 'wrong.test')]) {
      expect([refused.kind, refused.reach]).toEqual(['tls', 'not-sent']);
    }
    expect(requests).toBe(0);
  });
});
