// Runs around every test (S26): whatever a test sent through the product, the prototypes that all objects share are as before.
import { afterEach, expect } from 'vitest';

export const SHARED_PROTOTYPES = [Object.prototype, Array.prototype, Function.prototype, String.prototype] as const;

export function prototypeKeys(): string[][] {
  return SHARED_PROTOTYPES.map((prototype) => Reflect.ownKeys(prototype).map(String));
}

const BEFORE = prototypeKeys();

afterEach(() => {
  expect(prototypeKeys(), 'a test changed a prototype that all objects share').toEqual(BEFORE);
});
