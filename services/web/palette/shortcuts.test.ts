import { describe, expect, test } from 'vitest';
import { chordOf, matchKeys } from './shortcuts.ts';

const plain = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };

describe('keys pressed', () => {
  test.each([
    [{ ...plain, key: 'G' }, 'g'],
    [{ ...plain, key: 'k', metaKey: true }, 'mod+k'],
    [{ ...plain, key: 'k', ctrlKey: true }, 'mod+k'],
    [{ ...plain, key: '?', shiftKey: true }, '?'],
    [{ ...plain, key: 'ArrowDown', shiftKey: true }, 'shift+down'],
    [{ ...plain, key: ' ' }, 'space'],
  ])('%j are %s', (pressed, chord) => {
    expect(chordOf(pressed)).toBe(chord);
  });
});

describe('one key after the other', () => {
  const known = ['g r', 'g h', 'r', '['];
  test.each([
    [undefined, 'g', { kind: 'begun', chord: 'g' }],
    ['g', 'r', { kind: 'whole', keys: 'g r' }],
    [undefined, 'r', { kind: 'whole', keys: 'r' }],
    ['g', '[', { kind: 'whole', keys: '[' }],
    ['g', 'g', { kind: 'begun', chord: 'g' }],
    ['g', 'z', { kind: 'none' }],
  ])('%s then %s', (before, chord, wanted) => {
    expect(matchKeys(before, chord, known)).toEqual(wanted);
  });
});
