import { describe, expect, test } from 'vitest';
import { earlyReads } from './early-reads.ts';

const SIGNED_IN = { 'sec-fetch-dest': 'document', cookie: 'palace-theme=dark; palace-session-8080=x' };

describe('what a browser is told to read beside the code of a page', () => {
  test('is what the screen asks for first', () => {
    expect(earlyReads({ url: '/?x=1', headers: SIGNED_IN })).toBe(
      '</v1/me>; rel=preload; as=fetch; crossorigin=anonymous, </v1/runs/summary>; rel=preload; as=fetch; crossorigin=anonymous, </v1/runs?limit=10>; rel=preload; as=fetch; crossorigin=anonymous',
    );
    expect(earlyReads({ url: '/runs/run_01a?step=3', headers: SIGNED_IN })).toContain('</v1/runs/run_01a/events?after=0&limit=1000&maxValueBytes=600>');
  });

  test.each(['palace-session=x', '__Host-palace-session=x', 'a=b; palace-session-65535=x'])('for who has a session: %s', (cookie) => {
    expect(earlyReads({ url: '/', headers: { ...SIGNED_IN, cookie } })).toBeDefined();
  });

  test('is nothing without a session, for what is no page, and where an address would say more than it may', () => {
    expect(earlyReads({ url: '/', headers: { ...SIGNED_IN, cookie: 'palace-theme=dark; not-palace-session=x' } })).toBeUndefined();
    expect(earlyReads({ url: '/', headers: { ...SIGNED_IN, 'sec-fetch-dest': 'empty' } })).toBeUndefined();
    for (const url of ['/runs', '/sign-in', '/runs/run_x%3E;', '/runs/run_01a/more', '/runs/../v1', `/runs/run_${'a'.repeat(65)}`])
      expect(earlyReads({ url, headers: SIGNED_IN })).toBeUndefined();
  });
});
