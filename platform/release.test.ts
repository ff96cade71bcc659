import { describe, expect, test } from 'vitest';
import { isBefore, VERSION } from './release.ts';

describe('versions', () => {
  test('are compared by their numbers, not as text', () => {
    expect(isBefore('0.9.2', '0.10.0')).toBe(true);
    expect(isBefore('0.10.0', '0.9.2')).toBe(false);
    expect(isBefore('1.2.3', '1.2.3')).toBe(false);
    expect(isBefore('1.2.3', '2.0.0')).toBe(true);
    expect(isBefore('2.0.0', '1.9.9')).toBe(false);
  });

  test('that are none are refused, and the one of this release is one', () => {
    for (const text of ['1.2', 'v1.2.3', '1.2.3-beta', '']) expect(() => isBefore(text, '1.0.0')).toThrow('not a version');
    expect(isBefore('0.0.0', VERSION)).toBe(true);
  });
});
