// Whom a rate has refused is refused at the door for as long, and nobody else is.
import { PalaceError } from '@palace/platform/errors.ts';
import { afterEach, expect, test, vi } from 'vitest';
import { prepare } from './exchange.ts';
import { OverRate } from './over-rate.ts';

const ANSWER = prepare(new PalaceError('overload.rate', { retryAfterSeconds: 1 }));

afterEach(() => vi.useRealTimers());

test('R9: a caller over its rate is refused until it may come again, at most for a second; others are not', () => {
  vi.useFakeTimers();
  const over = new OverRate();
  over.note('Bearer a', 10, ANSWER);
  over.note('Bearer b', 60_000, ANSWER);
  expect([over.refusalOf('Bearer a'), over.refusalOf('Bearer c'), over.refusalOf(undefined)]).toEqual([ANSWER, undefined, undefined]);
  vi.advanceTimersByTime(10);
  expect([over.refusalOf('Bearer a'), over.refusalOf('Bearer b')]).toEqual([undefined, ANSWER]);
  vi.advanceTimersByTime(990);
  expect(over.refusalOf('Bearer b')).toBeUndefined();
});

test('the callers that are remembered are bounded: the newest stay', () => {
  const over = new OverRate();
  for (let n = 0; n < 1_500; n++) over.note(`Bearer ${n}`, 1_000, ANSWER);
  expect([over.refusalOf('Bearer 0'), over.refusalOf('Bearer 499'), over.refusalOf('Bearer 500'), over.refusalOf('Bearer 1499')]).toEqual([
    undefined,
    undefined,
    ANSWER,
    ANSWER,
  ]);
});
