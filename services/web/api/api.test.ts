// The pure parts of the way to the server.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_EVENT_CHARACTERS, streamReader, type StreamEvent } from './event-stream.ts';
import { ApiProblem, mayReadAgain, readAgainAfterMs } from './problem.ts';

const STREAM =
  'retry: 1000\n\nid: 7\nevent: step.entered\ndata: {"a":1}\n\n: heartbeat\n\nid: 8\r\ndata: one\r\ndata:two\r\n\r\ndata: no id of its own\n\ndata: cut';
const EVENTS: readonly StreamEvent[] = [
  { id: '7', event: 'step.entered', data: '{"a":1}' },
  { id: '8', event: 'message', data: 'one\ntwo' },
  { id: '8', event: 'message', data: 'no id of its own' },
];

describe('a stream of events', () => {
  test('is read the same wherever it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(STREAM.length)), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), STREAM.length];
        const reader = streamReader();
        expect(at.slice(1).flatMap((end, i) => reader.push(STREAM.slice(at[i], end)))).toEqual(EVENTS);
      }),
    );
  });

  test('that never ends an event is not kept for ever', () => {
    const reader = streamReader();
    expect(() => reader.push(`data: ${'x'.repeat(MAX_EVENT_CHARACTERS)}`)).toThrow('too long');
  });
});

describe('a failure', () => {
  const answered = (status: number, retryAfterMs?: number) => new ApiProblem('answered', status, undefined, retryAfterMs);

  test('is tried again when nobody answered or the server is busy, and not when it said no', () => {
    expect([new ApiProblem('unreachable', 0), answered(429), answered(503)].map((problem) => mayReadAgain(0, problem))).toEqual([true, true, true]);
    expect([answered(400), answered(401), answered(404), new TypeError('x')].map((problem) => mayReadAgain(0, problem))).toEqual([false, false, false, false]);
    expect(mayReadAgain(4, answered(503))).toBe(false);
  });

  test('is waited after longer each time, and never shorter than the server asks', () => {
    expect([0, 1, 2, 10].map((failures) => readAgainAfterMs(failures, answered(503)))).toEqual([400, 800, 1600, 10_000]);
    expect(readAgainAfterMs(0, answered(429, 30_000))).toBe(30_000);
  });
});
