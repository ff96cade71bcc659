import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Refusals } from './refusals.ts';

test('a few refusals are told at once; of a flood each is told once, in order, at a bounded pace; too many are not kept waiting', async () => {
  const refusals = new Refusals();
  const told: number[] = [];
  for (let n = 0; n < 1_200; n++) refusals.tell(() => told.push(n));
  expect(told.slice(0, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(told.length).toBe(200);
  await sleep(200);
  expect(told.length).toBeGreaterThan(200);
  expect(told.length).toBeLessThan(400);
  const late = told.slice(200);
  expect(late).toEqual(late.toSorted((a, b) => a - b));
});
