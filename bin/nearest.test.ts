import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distance, nearest } from './nearest.ts';

const word = fc.stringMatching(/^[a-d]{0,6}$/);

describe('the nearest word', () => {
  it('counts insert, drop, change and swap of neighbours as one each', () => {
    expect([distance('run', 'run'), distance('rnu', 'run'), distance('ru', 'run'), distance('ruun', 'run'), distance('ron', 'run')]).toEqual([0, 1, 1, 1, 1]);
  });
  it('is symmetric, zero only for equal words, and at most the longer length', () => {
    fc.assert(
      fc.property(word, word, (left, right) => {
        const cost = distance(left, right);
        expect(cost).toBe(distance(right, left));
        expect(cost === 0).toBe(left === right);
        expect(cost).toBeLessThanOrEqual(Math.max(left.length, right.length));
      }),
    );
  });
  it('suggests what is near, completes what was begun, and keeps silent about the rest', () => {
    const known = ['apply', 'get', 'validate', 'watch'];
    expect([nearest('aply', known), nearest('val', known), nearest('xyzzy', known), nearest('GTE', known)]).toEqual(['apply', 'validate', undefined, 'get']);
  });
});
