import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEgress } from './egress.ts';
import { HOSTILE_URLS } from './hostile.ts';
import { type Recorder, recordHttp, rule } from './loopback.ts';
import { EgressFailure, type Egress } from './port.ts';

/** Names as an attacker's zone would answer them. */
const ZONE: Readonly<Record<string, readonly string[]>> = {
  localhost: ['127.0.0.1', '::1'],
  'foo.localhost': ['127.0.0.1'],
  'localhost.localdomain': ['127.0.0.1'],
  'ip6-localhost': ['::1'],
  'mixed.test': ['93.184.216.34', '127.0.0.1'],
  'mixed6.test': ['2606:4700:4700::1111', '::ffff:127.0.0.1'],
  'mixed-last.test': ['1.1.1.1', '8.8.8.8', '9.9.9.9', '169.254.169.254'],
  'meta.test': ['169.254.169.254'],
  'meta6.test': ['fd00:ec2::254'],
  'wire.test': ['168.63.129.16'],
  'zone.test': ['fe80::1%eth0'],
  'zero.test': ['0.0.0.0'],
  'any6.test': ['::'],
  'private.test': ['10.1.2.3'],
  'nat64.test': ['64:ff9b::10.0.0.1'],
  'sixto4.test': ['2002:7f00:1::1'],
  'teredo.test': ['2001::1'],
  'compatible.test': ['::127.0.0.1'],
  'broadcast.test': ['255.255.255.255'],
  'group.test': ['224.0.0.251'],
  'garbage.test': ['not-an-address'],
  'octal.test': ['0177.0.0.1'],
  'empty.test': [],
};

const resolveZone = async (host: string) => {
  const found = ZONE[host];
  if (found === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
  return found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
};

const failureOf = async (egress: Egress, url: string, maxRedirects = 0): Promise<EgressFailure> => {
  try {
    await egress.request({ tenant: 'acme', method: 'GET', url, deadlineMs: 2_000, maxResponseBytes: 1_000, maxRedirects });
  } catch (error) {
    if (error instanceof EgressFailure) return error;
    throw error;
  }
  throw new Error(`${url} was answered`);
};

describe('hostile URLs', () => {
  let canary: Recorder;
  let canary6: Recorder | undefined;
  let lure: Recorder;
  let egress: Egress;
  let location = '';

  beforeAll(async () => {
    canary = await recordHttp(undefined, 0, '0.0.0.0');
    canary6 = await recordHttp(undefined, canary.port, '::1').catch(() => undefined);
    lure = await recordHttp((_request, response) => response.writeHead(302, { location }).end());
    egress = createEgress({ rules: { list: async () => [rule('127.0.0.1', lure.port)] }, resolve: resolveZone });
  });
  afterAll(async () => {
    await Promise.all([egress.close(), canary.close(), canary6?.close(), lure.close()]);
  });

  const at = (url: string): string => url.replaceAll('{port}', String(canary.port));
  const nothingArrived = (): void => expect([canary.connections, canary6?.connections ?? 0]).toEqual([0, 0]);

  test('are at least 150, none twice', () => {
    expect(new Set(HOSTILE_URLS.map(({ url }) => url)).size).toBe(HOSTILE_URLS.length);
    expect(HOSTILE_URLS.length).toBeGreaterThanOrEqual(150);
  });

  test.each(HOSTILE_URLS.map(({ url, hides }) => [hides, JSON.stringify(url.slice(0, 80)), url]))('refuses %s: %s', async (_hides, _shown, url) => {
    const failure = await failureOf(egress, at(url));
    expect(failure.reach).toBe('not-sent');
    expect(['refused', 'bad-url', 'dns']).toContain(failure.kind);
    nothingArrived();
  });

  test('are refused when a redirect leads to them', async () => {
    const sendable = HOSTILE_URLS.map(({ url }) => at(url)).filter((url) => URL.canParse(url) && /^[\u0021-\u007e]+$/.test(url) && url.length < 8_000);
    expect(sendable.length).toBeGreaterThan(150);
    for (const url of sendable) {
      location = url;
      const failure = await failureOf(egress, `http://127.0.0.1:${lure.port}/`, 3);
      expect([url, failure.reach]).toEqual([url, 'maybe-received']);
      // `http:127.0.0.1` is a relative path after a redirect, so it leads round in circles at the server that sent it.
      expect(['refused', 'bad-url', 'dns', 'redirect']).toContain(failure.kind);
    }
    nothingArrived();
  });

  test.each(Object.keys(ZONE))('refuses the name %s for what it resolves to', async (host) => {
    const failure = await failureOf(egress, `http://${host}:${canary.port}/`);
    expect(failure.reach).toBe('not-sent');
    expect(failure.kind).toBe(host === 'empty.test' ? 'dns' : 'refused');
    nothingArrived();
  });

  test('names the address, its class, and the command', async () => {
    const place = `private.test:${canary.port}`;
    const failure = await failureOf(egress, `http://${place}/`);
    expect(failure.message).toContain(place);
    expect(failure.message).toContain('10.1.2.3');
    expect(failure.message).toContain('private');
    expect(failure.message).toContain(`palace egress allow ${place}`);
    const never = await failureOf(egress, 'http://meta.test/');
    expect(never.message).toMatch(/169\.254\.169\.254.*metadata.*never.*palace egress allow meta\.test:80/);
    const six = await failureOf(egress, `http://[::1]:${canary.port}/`);
    expect(six.message).toContain(`palace egress allow [::1]:${canary.port}`);
  });
});
