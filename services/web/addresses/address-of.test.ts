import { expect, test } from 'vitest';
import { addressOf } from './address-of.ts';

test('an address names what was said and nothing of what was not', () => {
  expect(addressOf('/v1/runs', { status: 'failed', flow: undefined, cursor: '', limit: 50 })).toBe('/v1/runs?status=failed&limit=50');
  expect(addressOf('/v1/runs', { flow: 'a/b&c=d' })).toBe('/v1/runs?flow=a%2Fb%26c%3Dd');
});
