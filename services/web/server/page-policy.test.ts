import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { pagePolicy, stillPolicy } from './page-policy.ts';
import { progressPage, STYLE_HASH } from './progress-page.ts';
import { readerLanguage } from './reader-language.ts';

const directives = (policy: string): Map<string, string> => new Map(policy.split('; ').map((one) => [one.split(' ')[0] ?? '', one]));

describe('the policy of a page', () => {
  test('S16: lets scripts run by the nonce alone, and nothing come from elsewhere', () => {
    const found = directives(pagePolicy('bm9uY2U='));
    expect(found.get('script-src')).toBe("script-src 'self' 'nonce-bm9uY2U=' 'strict-dynamic'");
    expect([found.get('default-src'), found.get('connect-src'), found.get('frame-ancestors'), found.get('base-uri'), found.get('object-src')]).toEqual([
      "default-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "object-src 'none'",
    ]);
    expect(pagePolicy('x')).not.toMatch(/unsafe-eval|https?:|\*/);
    expect(found.get('script-src')).not.toContain('unsafe');
  });

  test('what stands in the place of the console has no script and its one style by hash', () => {
    const page = progressPage({ stage: 'building', sinceMs: 0, lines: [] }, 4_000, 'en', 'palace');
    const style = /<style>([\s\S]*)<\/style>/.exec(page)?.[1] ?? '';
    expect(createHash('sha256').update(style).digest('base64')).toBe(STYLE_HASH);
    expect(stillPolicy(STYLE_HASH)).toContain(`'sha256-${STYLE_HASH}'`);
    expect(page).not.toMatch(/<script|https?:|style="/);
  });
});

describe('the page of the progress', () => {
  test('asks again by itself while there is something to wait for, and says how long it has been', () => {
    expect(progressPage({ stage: 'building', sinceMs: 1_000, lines: [] }, 13_400, 'en', 'palace')).toMatch(/http-equiv="refresh"[\s\S]*12 s so far/);
    for (const stage of ['looking', 'waiting', 'starting', 'ready'] as const)
      expect(progressPage({ stage, sinceMs: 0, lines: [] }, 0, 'en', 'palace')).toContain('http-equiv="refresh"');
    for (const stage of ['failed', 'closed'] as const)
      expect(progressPage({ stage, sinceMs: 0, lines: [] }, 0, 'en', 'palace')).not.toContain('http-equiv="refresh"');
  });

  test('S30: shows what the build said as text, and the command that repeats it', () => {
    const page = progressPage(
      { stage: 'failed', sinceMs: 0, lines: ['Error: <script>alert("1")</script> & more'] },
      0,
      'tr',
      './palace start web --build-only',
    );
    expect(page).toContain('Error: &lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; more');
    expect(page).not.toContain('<script>');
    expect(page).toContain('lang="tr"');
    expect(page).toContain('Konsol derlenemedi');
    expect(page).toContain('./palace start web --build-only');
  });

  test.each([
    [undefined, 'tr-TR,tr;q=0.9,en;q=0.8', 'tr'],
    [undefined, 'en-US,en;q=0.9,tr;q=0.8', 'en'],
    [undefined, 'de-DE,de;q=0.9,tr;q=0.4,en;q=0.2', 'tr'],
    [undefined, 'de', 'en'],
    [undefined, 'tr;q=0, en', 'en'],
    [undefined, undefined, 'en'],
    ['palace-language=tr; x=1', 'en', 'tr'],
    ['x=1; palace-language=en', 'tr', 'en'],
    ['palace-language=xx', 'tr', 'tr'],
    ['not-palace-language=tr', 'en', 'en'],
  ] as const)('cookie %s and browser %s: %s', (cookie, accept, language) => {
    expect(readerLanguage(cookie, accept)).toBe(language);
  });
});
