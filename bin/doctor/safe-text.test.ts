import { describe, expect, it } from 'vitest';
import { HIDDEN, hideSecrets, maskSentence, safeLogLine, safePostgresLine } from './safe-text.ts';

const CANARY = 'cnry-7f3a91d0c2be44';
const RUN = `run_${'0'.repeat(24)}1a`;
const line = (fields: object): string => JSON.stringify({ '@timestamp': '2026-01-02T03:04:05.678Z', 'log.level': 'error', message: 'run failed', ...fields });

describe('a line of our log', () => {
  it('keeps time, level, sentence, ids and the place of an error, and no other field', () => {
    const safe = safeLogLine(
      line({
        'palace.run_id': RUN,
        'trace.id': '0123456789abcdef0123456789abcdef',
        'palace.flow': 'shop/order',
        'palace.tenant': 'acme',
        'palace.fault': { detail: CANARY },
        'error.type': 'PalaceError',
        'error.message': `no ${CANARY}`,
        'error.stack_trace': `PalaceError: no ${CANARY}\n    at start (file:///home/somebody/app/services/flow/service.ts:10:5)\n    at ${CANARY} (/x.ts:1:1)`,
      }),
    );
    expect(JSON.parse(safe ?? '')).toEqual({
      '@timestamp': '2026-01-02T03:04:05.678Z',
      'log.level': 'error',
      message: 'run failed',
      'palace.run_id': RUN,
      'trace.id': '0123456789abcdef0123456789abcdef',
      'palace.flow': 'shop/order',
      error: { type: 'PalaceError', at: ['at start (services/flow/service.ts:10:5)', `at ${HIDDEN} (/x.ts:1:1)`] },
    });
  });

  it.each([
    ['in its sentence', { message: `the value ${CANARY} was refused` }],
    ['as an id', { 'palace.run_id': `${CANARY} and more` }],
    ['in a field of its own', { [CANARY]: CANARY, custom: CANARY }],
    ['deep inside', { 'palace.args': { list: [{ deep: CANARY }] } }],
    ['as the level', { 'log.level': { toString: CANARY } }],
    ['in an error', { 'error.type': { a: CANARY }, 'error.code': `x ${CANARY}`, 'error.message': CANARY, 'error.stack_trace': CANARY }],
  ])('that has a secret %s loses it', (_where, fields) => {
    expect(safeLogLine(line(fields))).not.toContain(CANARY);
  });

  it.each(['not JSON', `Error: ${CANARY}`, '[1]', 'null', '"text"', `{"message":"${CANARY}`])('that is none of ours is left out: %s', (text) => {
    expect(safeLogLine(text)).toBeUndefined();
  });
});

describe('a line of PostgreSQL’s log', () => {
  const pg = (rest: string): string => `2026-01-02 03:04:05.678 UTC [123] palace flow ${rest}`;

  it('keeps its time, severity and message, without what it quotes', () => {
    expect(safePostgresLine(pg('ERROR:  invalid input syntax for type json: "hunter2"'))).toBe(
      `2026-01-02 03:04:05.678 UTC [123] ERROR: invalid input syntax for type json: "${HIDDEN}"`,
    );
    expect(safePostgresLine(pg('FATAL:  role "palace_engine" does not exist'))).toContain('role "palace_engine" does not exist');
    expect(safePostgresLine(pg('PANIC:  could not write to file "pg_wal/xlogtemp.1": No space left on device'))).toContain('No space left on device');
  });

  it.each([
    'DETAIL:  Key (id)=(hunter2) already exists.',
    'STATEMENT:  select 1',
    'CONTEXT:  JSON data',
    'HINT:  x',
    'LOG:  statement: select 1',
    'LOG:  duration: 1 ms',
  ])('that shows data is left out: %s', (rest) => expect(safePostgresLine(pg(rest))).toBeUndefined());

  it('that goes on with the line before is left out', () => {
    expect(safePostgresLine('\tselect hunter2')).toBeUndefined();
  });
});

describe('masking', () => {
  it('hides what looks drawn by chance and leaves words, run ids and numbers', () => {
    expect(maskSentence(`run ${RUN} waits since 2026 for authentication`)).toBe(`run ${RUN} waits since 2026 for authentication`);
    for (const secret of ['AbCdEfGhIjKlMnOpQrStUvWx', '0123456789abcdef', 'c2VjcmV0LXNlY3JldA==', 'a1-b2-c3-d4-e5']) {
      expect(maskSentence(`it is ${secret} here`)).toBe(`it is ${HIDDEN} here`);
    }
  });

  it('hides known values wherever they stand, the longest first', () => {
    expect(hideSecrets('a correct horse b correct horse battery', ['correct horse battery', 'correct horse'])).toBe(`a ${HIDDEN} b ${HIDDEN}`);
    expect(hideSecrets('no', ['no'])).toBe('no');
  });
});
