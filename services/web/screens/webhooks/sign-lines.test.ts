// The lines that people are given sign what the server accepts: the shell computes, the official library judges.
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { signLines } from './sign-lines.ts';

/** With `curl` as a function that prints its arguments, one a line. */
const sent = (lines: string): string[] =>
  execFileSync('/bin/sh', ['-c', `curl() { for one in "$@"; do printf '%s\\n' "$one"; done; }\n${lines}`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');
const headersOf = (words: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    words.filter((_, i) => words[i - 1] === '-H').map((one) => [one.slice(0, one.indexOf(':')).toLowerCase(), one.slice(one.indexOf(':') + 2)]),
  );

test('Standard Webhooks', () => {
  const secret = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
  const words = sent(signLines({ scheme: 'standard', address: 'http://127.0.0.1/x', secret }));
  expect(words[0]).toBe('http://127.0.0.1/x');
  expect(new Webhook(secret).verify(words[2] ?? '', headersOf(words))).toEqual({ hello: 'world' });
});

test('the form of GitHub', () => {
  const words = sent(signLines({ scheme: 'github', address: 'http://127.0.0.1/x', secret: `it's "a" $secret` }));
  const wanted = createHmac('sha256', `it's "a" $secret`)
    .update(words[2] ?? '')
    .digest('hex');
  expect(headersOf(words)['x-hub-signature-256']).toBe(`sha256=${wanted}`);
});

test('a secret in a header', () => {
  const words = sent(signLines({ scheme: 'token', address: 'http://127.0.0.1/x', secret: 'not-a-real-one', header: 'x-shop-token' }));
  expect(headersOf(words)).toMatchObject({ 'x-shop-token': 'not-a-real-one', 'content-type': 'application/json' });
});
