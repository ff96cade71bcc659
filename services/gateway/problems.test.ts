// What a thrown value becomes at the door.
import { expect, test } from 'vitest';
import { problemHeaders, toPalaceError, toProblem } from './problems.ts';

test('a database that is short of something is a 503 that names it and says when to come back, and shows nothing of its own text', () => {
  const refusal = Object.assign(new Error('could not extend file "base/16384/24601": No space left on device'), { code: '53100' });
  for (const phase of ['before', 'reading', 'changing'] as const) {
    const error = toPalaceError(refusal, phase);
    const problem = toProblem(error, undefined);
    expect(problem).toMatchObject({ status: 503, code: 'unavailable.resources', detail: 'The disk of the database is full.' });
    expect(JSON.stringify(problem)).not.toContain('24601');
    expect(problemHeaders(error)).toEqual(['retry-after', '5']);
  }
});

test('a lost connection means something else while a request is being kept', () => {
  const lost = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  expect([toPalaceError(lost, 'reading').code, toPalaceError(lost, 'changing').code]).toEqual(['unavailable.database', 'outcome.unknown']);
  expect(toPalaceError(new Error('a bug'), 'changing').code).toBe('internal');
});
