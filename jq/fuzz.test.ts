// Random programs on random inputs, and random text. test/fuzz/jq.ts runs a hundred thousand of them.
import { describe, expect, test } from 'vitest';
import { compiled, randomCase } from './random-case.ts';
import { randomFrom } from './random-programs.ts';

const SEED = Number(process.hrtime.bigint() % 2_147_483_647n);
const PROGRAMS = 3_000;
process.stdout.write(`jq fuzz: seed ${SEED}\n`);

describe('random programs', () => {
  test(`${PROGRAMS} programs end with a result or a typed error, twice the same`, () => {
    let ran = 0;
    for (let i = 0; i < PROGRAMS; i++) {
      const found = randomCase(SEED + i);
      expect(found.violation, found.source).toBeUndefined();
      if (found.ran) ran++;
    }
    expect(ran).toBeGreaterThan(PROGRAMS / 4);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>)['a']).toBe(undefined);
  });

  test('random text never breaks the compiler', () => {
    const random = randomFrom(SEED);
    const pieces = [
      '.',
      '[',
      ']',
      '{',
      '}',
      '(',
      ')',
      '"',
      '\\(',
      '|',
      ',',
      ':',
      ';',
      '$x',
      '$',
      '@',
      '@json',
      'as',
      'if',
      'then',
      'else',
      'end',
      'def',
      'f',
      'reduce',
      'try',
      '?',
      '//',
      '?//',
      '=',
      '|=',
      '1',
      '.a',
      '..',
      '-',
      ' ',
      '#',
      '\n',
      'label',
      'break',
      'é',
      '\u0000',
      '"x"',
    ];
    for (let i = 0; i < PROGRAMS; i++) {
      const source = Array.from({ length: 1 + random(14) }, () => pieces[random(pieces.length)]).join(random(2) === 0 ? ' ' : '');
      compiled(source);
    }
  });
});
