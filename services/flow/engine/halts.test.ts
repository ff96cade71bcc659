import { describe, expect, it } from 'vitest';
import type { DurableNode, Halt, Halts } from '@palace/platform/durable/contract.ts';
import { heldSentence, readScope, resumeCommand, shownBy } from '../core/halts.ts';
import { createHalts } from './halts.ts';

const FLOW = { tenant: 'acme', flow: 'shop/refund' };
const halt = (scope: string, more: Partial<Halt> = {}): Halt => ({ scope, level: 'effects', by: 'acme/api-key:k', sinceMs: 1_000, ...more });

function bench(all: readonly Halt[], askedMs = 10_000) {
  const known: Halts = { version: 1, all, livedOnMs: 0, askedMs };
  let nowMs = 10_000;
  const halts = createHalts({ node: () => ({ halts: () => known }) as DurableNode, scheduler: { nowMs: () => nowMs } as never });
  return { halts, at: (ms: number) => void (nowMs = ms) };
}

describe('an act', () => {
  it('is held back by its flow, its tenant and the whole installation, and by nobody else', () => {
    for (const scope of ['all', 'tenant:acme', 'flow:acme/shop/refund']) expect(bench([halt(scope)]).halts.mayAct(FLOW), scope).toBe('no');
    for (const scope of ['tenant:acme2', 'tenant:acm', 'flow:other/shop/refund', 'flow:acme/shop/refunds', 'flow:acme/shop', 'flow:acme/shop/refund/x'])
      expect(bench([halt(scope)]).halts.mayAct(FLOW), scope).toBe('yes');
    expect(bench([halt('flow:acme/shop/refund'), halt('all')]).halts.over(FLOW)?.scope).toBe('all');
  });

  it('begins on nothing that was asked more than 900 ms ago: a process that cannot ask begins nothing', () => {
    const { halts, at } = bench([]);
    at(10_900);
    expect(halts.mayAct(FLOW)).toBe('yes');
    at(10_901);
    expect(halts.mayAct(FLOW)).toBe('unsure');
    expect(bench([], -Infinity).halts.mayAct(FLOW)).toBe('unsure');
  });

  it('has certainly never begun when it was asked for a second after its halt certainly stood, and in no other case', () => {
    const since = (more: Partial<Halt>, scope = 'tenant:acme') => bench([halt(scope, more)]).halts;
    expect(since({ certainMs: 5_000 }).neverBegan(FLOW, 6_001)).toBe(true);
    expect(since({ certainMs: 5_000 }).neverBegan(FLOW, 6_000)).toBe(false);
    expect(since({}).neverBegan(FLOW, 60_000)).toBe(false);
    expect(since({ certainMs: 5_000 }, 'tenant:other').neverBegan(FLOW, 60_000)).toBe(false);
  });
});

describe('a halt', () => {
  it('of everything is one whose level says so', () => {
    expect(bench([halt('all')]).halts.everything()).toBeUndefined();
    expect(bench([halt('all', { level: 'everything' })]).halts.everything()?.scope).toBe('all');
  });

  it('wakes who waits for a change, each time once', async () => {
    const { halts } = bench([]);
    const first = halts.changed();
    halts.wake();
    await first;
    expect(halts.changed()).not.toBe(first);
  });

  it('is read from its name and told to people', () => {
    expect(readScope('flow:a/b/shop/refund')).toEqual({ kind: 'flow', tenant: 'a/b', flow: 'shop/refund' });
    expect(readScope('tenant:acme')).toEqual({ kind: 'tenant', tenant: 'acme' });
    for (const bad of ['', 'tenant:', 'flow:acme', 'flow:acme/shop', 'other']) expect(readScope(bad), bad).toBeUndefined();
    expect([resumeCommand('all'), resumeCommand('tenant:acme'), resumeCommand('flow:acme/shop/refund')]).toEqual([
      'palace resume --all',
      'palace resume --tenant acme',
      'palace resume --flow shop/refund',
    ]);
    expect([shownBy('acme/api-key:k', 'acme'), shownBy('local/api-key:k', 'acme'), shownBy('palace restore', 'acme')]).toEqual([
      'api-key:k',
      'an owner of the installation',
      'palace restore',
    ]);
    expect(heldSentence([halt('all')])).toBeUndefined();
    expect(heldSentence([halt('all', { level: 'everything', reason: 'restored' })])).toContain('since 1970-01-01T00:00:01.000Z (restored)');
  });
});
