import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Refusals } from './refusals.ts';

const asking = (headers: Record<string, string> = { 'content-length': '60' }): { headers: Record<string, string> } => ({ headers });

test('a few refusals are told at once; of a flood each is told once, in order, a moment late; too many are not kept waiting', async () => {
  const refusals = new Refusals();
  const told: number[] = [];
  for (let n = 0; n < 4_100; n++) refusals.tell(asking(), () => told.push(n));
  expect(told.slice(0, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(told.length).toBe(100);
  await sleep(50);
  expect(told.length).toBe(100);
  await sleep(150);
  expect(told.slice(100)).toEqual(Array.from({ length: 4_000 }, (_, n) => n + 10));
  refusals.tell(asking(), () => told.push(-1));
  expect(told.at(-1), 'quiet again').toBe(-1);
});

test('who may send much meanwhile is told at once, and so is who does not say how much', () => {
  const refusals = new Refusals();
  for (let n = 0; n < 10; n++) refusals.tell(asking(), () => undefined);
  const told: string[] = [];
  refusals.tell(asking({ 'transfer-encoding': 'chunked' }), () => told.push('chunked'));
  for (let n = 0; n < 10; n++) refusals.tell(asking({ 'content-length': '1000000' }), () => told.push(`large ${n}`));
  expect(told).toEqual(['chunked', 'large 8', 'large 9']);
  refusals.tellAll();
  expect(told.length).toBe(11);
});
