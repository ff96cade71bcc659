// Addresses of the frame: where a reader goes back to, which place an address belongs to.
import { describe, expect, test } from 'vitest';
import { tokenIn } from '../screens/sign-in/fragment.ts';
import { returnPath, signInAddress } from './return-path.ts';

describe('after signing in', () => {
  test.each([
    [null, '/'],
    ['/runs?status=failed#x', '/runs?status=failed#x'],
    ['https://example.com', '/'],
    ['//example.com', '/'],
    ['/\\example.com', '/'],
    ['/runs\\..\\x', '/'],
    ['/\t/example.com', '/'],
    ['javascript:alert(1)', '/'],
    ['/sign-in?next=/sign-in', '/'],
    ['/v1/sign-out', '/'],
  ])('%s leads to %s', (next, wanted) => {
    expect(returnPath(next)).toBe(wanted);
  });

  test('the way there and back keeps the address', () => {
    const from = '/runs?flow=a%2Fb&status=failed';
    expect(returnPath(new URLSearchParams(signInAddress(from).split('?')[1]).get('next'))).toBe(from);
  });
});

describe('the token in a fragment', () => {
  const token = 'A'.repeat(43);
  test.each([
    [`#token=${token}`, token],
    [`#a=1&token=${token}&b=2`, token],
    ['#token=short', undefined],
    [`#token=${token}<script>`, undefined],
    ['', undefined],
  ])('of %s is %s', (fragment, wanted) => {
    expect(tokenIn(fragment)).toBe(wanted);
  });
});
