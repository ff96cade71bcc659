// Languages: the choice, the texts, and that no catalog says less than another.
import { describe, expect, test } from 'vitest';
import type { Texts } from './catalog.ts';
import { en } from './en.ts';
import { fill } from './fill.ts';
import { formatsOf } from './formats.ts';
import { chooseLanguage } from './languages.ts';
import { tr } from './tr.ts';

describe('the language of a reader', () => {
  test.each([
    [undefined, 'tr-TR,tr;q=0.9,en;q=0.8', 'tr'],
    [undefined, 'de-DE,en;q=0.5,tr;q=0.7', 'tr'],
    [undefined, 'de', 'en'],
    [undefined, null, 'en'],
    [undefined, 'tr;q=0,en', 'en'],
    ['en', 'tr', 'en'],
    ['xx', 'tr', 'tr'],
  ])('cookie %s and Accept-Language %s give %s', (cookie, header, wanted) => {
    expect(chooseLanguage(cookie, header)).toBe(wanted);
  });
});

describe('texts', () => {
  test('a number chooses the form, and is written as the language writes it', () => {
    expect(fill(en, 'frame.inboxCount', { count: 1 }, formatsOf('en'))).toBe('1 thing waits for a person');
    expect(fill(en, 'frame.inboxCount', { count: 1200 }, formatsOf('en'))).toBe('1,200 things wait for a person');
    expect(fill(tr, 'frame.inboxCount', { count: 1200 }, formatsOf('tr'))).toBe('1.200 iş bir kişiyi bekliyor');
  });

  test('a value is text and never a template or a pattern', () => {
    expect(fill(en, 'design.typeName', { name: '{name} $& $1' }, formatsOf('en'))).toBe('Type {name} $& $1 to confirm');
  });

  test('a key that is nowhere is shown as it is, and finds nothing in the chain of prototypes', () => {
    expect(fill(en, 'constructor.name', undefined, formatsOf('en'))).toBe('constructor.name');
  });

  test('both catalogs name the same values in the same texts', () => {
    expect(valuesIn(tr as unknown as Texts)).toEqual(valuesIn(en as unknown as Texts));
  });
});

/** `key {a} {b}`, of the form `other` where there are several. */
function valuesIn(texts: Texts, before = ''): string[] {
  return Object.entries(texts).flatMap(([key, found]) => {
    if (typeof found !== 'string' && typeof found['other'] !== 'string') return valuesIn(found as Texts, `${before}${key}.`);
    const template = typeof found === 'string' ? found : String(found['other']);
    return [[`${before}${key}`, ...[...template.matchAll(/\{\w+\}/g)].map(([name]) => name).toSorted()].join(' ')];
  });
}

describe('formats', () => {
  test.each([
    [0, '0 ms', '0 ms'],
    [340, '340 ms', '340 ms'],
    [2_400, '2.4 s', '2,4 sn'],
    [59_400, '59 s', '59 sn'],
    [59_900, '1 m', '1 dk'],
    [65_000, '1 m 5 s', '1 dk 5 sn'],
    [3_600_000, '1 h', '1 sa'],
    [187_200_000, '2 d 4 h', '2 gün 4 sa'],
  ])('%i ms is %s, in Turkish %s', (ms, english, turkish) => {
    expect([formatsOf('en').duration(ms), formatsOf('tr').duration(ms)]).toEqual([english, turkish]);
  });

  test('sizes have the unit that leaves few digits', () => {
    expect([0, 999, 1_000, 1_234_567, 5e13].map(formatsOf('en').bytes)).toEqual(['0 bytes', '999 bytes', '1 kB', '1.2 MB', '50 TB']);
  });
});
