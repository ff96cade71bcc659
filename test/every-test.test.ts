import { expect, test } from 'vitest';
import { prototypeKeys } from './every-test.ts';

test('S26: a key added to a prototype that all objects share is noticed after the test that added it', () => {
  const before = prototypeKeys();
  Reflect.defineProperty(Object.prototype, 'polluted', { value: 1, configurable: true });
  const during = prototypeKeys();
  Reflect.deleteProperty(Object.prototype, 'polluted');
  expect(during).not.toEqual(before);
  expect(prototypeKeys()).toEqual(before);
});
