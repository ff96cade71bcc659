// Signatures of deliveries, against an independent signer (the standardwebhooks library) and against forgers.
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { secretFrom, verifyDelivery, whyNoSecret, type Delivery, type WebhookTerms } from './webhook.ts';

const NOW = Date.parse('2026-05-01T12:00:00Z');
// Of no installation.
const SECRET = secretFrom('standard', Buffer.from('not a secret, a test key of 32 b'));
const OTHER = secretFrom('standard', Buffer.from('another test key, 32 bytes long.'));
const BODY = '{"order":  7, "ü":"…"}';
const terms = (more: Partial<WebhookTerms> = {}): WebhookTerms => ({ scheme: 'standard', header: 'x-webhook-token', secrets: [SECRET], ...more });

function signed({ id = 'msg_1', atMs = NOW, body = BODY, secret = SECRET }: { id?: string; atMs?: number; body?: string; secret?: string } = {}): Delivery {
  const signature = new Webhook(secret).sign(id, new Date(atMs), body);
  return { headers: { 'webhook-id': id, 'webhook-timestamp': String(Math.floor(atMs / 1_000)), 'webhook-signature': signature }, bytes: Buffer.from(body) };
}
const changed = (delivery: Delivery, headers: Delivery['headers'], bytes = delivery.bytes): Delivery => ({
  headers: { ...delivery.headers, ...headers },
  bytes,
});
const why = (delivery: Delivery, of = terms(), nowMs = NOW): string => {
  const verdict = verifyDelivery(of, delivery, nowMs);
  return verdict.ok ? `accepted as ${verdict.id}` : verdict.why;
};

describe('a Standard Webhooks delivery', () => {
  it('of the independent signer is accepted, and its id is that of the message', () => {
    expect(why(signed())).toBe('accepted as msg_1');
  });

  it('is verified over the raw bytes: any other spelling of the same JSON is a forgery', () => {
    expect(why(changed(signed(), {}, Buffer.from(JSON.stringify(JSON.parse(BODY)))))).toBe('The signature does not fit.');
  });

  it('is accepted under each of two active keys, and under any of several signatures', () => {
    expect(why(signed({ secret: OTHER }), terms({ secrets: [SECRET, OTHER] }))).toBe('accepted as msg_1');
    const both = `${signed({ secret: OTHER }).headers['webhook-signature']} v1a,AAAA ${signed().headers['webhook-signature']}`;
    expect(why(changed(signed(), { 'webhook-signature': both }))).toBe('accepted as msg_1');
    expect(why(signed({ secret: OTHER }))).toBe('The signature does not fit.');
    expect(why(signed(), terms({ secrets: [] }))).toBe('The webhook has no active key.');
  });

  it('is bound to its id and its time', () => {
    expect(why(changed(signed(), { 'webhook-id': 'msg_2' }))).toBe('The signature does not fit.');
    expect(why(changed(signed(), { 'webhook-timestamp': String(NOW / 1_000 + 1) }))).toBe('The signature does not fit.');
  });

  it.each([
    [-301_000, '301 s away'],
    [-3_600_000, '3600 s away'],
    [301_000, '301 s away'],
  ])('%d ms from now is refused', (offMs, said) => {
    expect(why(signed({ atMs: NOW + offMs }))).toContain(said);
  });

  it.each([-300_000, -1, 0, 300_000])('%d ms from now is accepted', (offMs) => {
    expect(why(signed({ atMs: NOW + offMs }))).toBe('accepted as msg_1');
  });

  it.each([
    ['without a signature', { 'webhook-signature': undefined }, 'are needed'],
    ['with an empty id', { 'webhook-id': '' }, 'are needed'],
    ['with a header that came twice', { 'webhook-id': ['msg_1', 'msg_1'] }, 'are needed'],
    ['with white space in the id', { 'webhook-id': 'msg 1' }, 'visible characters'],
    ['with a long id', { 'webhook-id': 'm'.repeat(201) }, 'visible characters'],
    ['with a time that is none', { 'webhook-timestamp': '1e12' }, 'seconds since 1970'],
    ['with a negative time', { 'webhook-timestamp': '-5' }, 'seconds since 1970'],
    ['with very many signatures', { 'webhook-signature': 'v1,AAAA '.repeat(21).trim() }, 'more than 20'],
    ['with a signature of another kind', { 'webhook-signature': 'v2,AAAA' }, 'does not fit'],
    ['with a short signature', { 'webhook-signature': 'v1,AAAA' }, 'does not fit'],
    ['with an empty signature', { 'webhook-signature': 'v1,' }, 'does not fit'],
  ])('%s is refused', (_what, headers, said) => {
    expect(why(changed(signed(), headers))).toContain(said);
  });
});

describe('a delivery as GitHub signs it', () => {
  const github = terms({ scheme: 'github', secrets: ['a-test-secret-of-nobody'] });
  const of = (secret: string, body = BODY): Delivery => ({
    headers: {
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      'x-github-delivery': 'd-1',
      'x-github-event': 'push',
    },
    bytes: Buffer.from(body),
  });

  it('is accepted under its delivery id, and tells its kind', () => {
    expect(verifyDelivery(github, of('a-test-secret-of-nobody'), NOW)).toEqual({ ok: true, id: 'd-1', subject: 'push' });
  });

  it('is refused when forged, changed or not signed', () => {
    expect(why(of('another-secret-of-nobody'), github)).toBe('The signature does not fit.');
    expect(why({ ...of('a-test-secret-of-nobody'), bytes: Buffer.from('{}') }, github)).toBe('The signature does not fit.');
    expect(why({ headers: {}, bytes: Buffer.from('{}') }, github)).toBe('The header X-Hub-Signature-256 is needed.');
    expect(why(changed(of('x'), { 'x-hub-signature-256': 'sha1=00' }), github)).toContain('64 hexadecimal digits');
  });

  it('matches the example that GitHub documents', () => {
    const example = terms({ scheme: 'github', secrets: ["It's a Secret to Everybody"] });
    const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    expect(why({ headers: { 'x-hub-signature-256': signature }, bytes: Buffer.from('Hello, World!') }, example)).toBe('accepted as undefined');
  });
});

describe('a delivery with the secret in a header', () => {
  const token = terms({ scheme: 'token', header: 'x-gitlab-token', secrets: ['a-test-token-of-nobody', 'the-one-before-of-nobody'] });
  const of = (value: string | undefined): Delivery => ({ headers: { 'x-gitlab-token': value, 'x-gitlab-event-uuid': 'u-1' }, bytes: Buffer.from('{}') });

  it('is accepted with either active secret and no other', () => {
    expect(why(of('a-test-token-of-nobody'), token)).toBe('accepted as u-1');
    expect(why(of('the-one-before-of-nobody'), token)).toBe('accepted as u-1');
    for (const wrong of ['a-test-token-of-nobod', 'a-test-token-of-nobody ', 'A-TEST-TOKEN-OF-NOBODY'])
      expect(why(of(wrong), token)).toBe('The token does not fit.');
    expect(why(of(undefined), token)).toBe('The header x-gitlab-token is needed.');
  });
});

it('secrets that somebody brings must be strong enough for their form', () => {
  expect(whyNoSecret('standard', SECRET)).toBeUndefined();
  for (const weak of ['whsec_', 'whsec_c2hvcnQ=', SECRET.slice(6), 'whsec_***', `whsec_${Buffer.alloc(65).toString('base64')}`])
    expect(whyNoSecret('standard', weak)).toContain('24 to 64 bytes');
  expect(whyNoSecret('github', 'short')).toContain('16 to 200');
  expect(whyNoSecret('token', 'long enough, but white space')).toContain('16 to 200');
});
