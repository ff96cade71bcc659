import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cursorPlace } from './cursor-place.ts';
import { keysAt, noteOf, valuesAt, type Schema } from './schema-look.ts';

const schema = JSON.parse(readFileSync(new URL('../../../../../docs/flow.schema.json', import.meta.url), 'utf8')) as Schema;

/** `|` is the cursor. */
function at(text: string) {
  const offset = text.indexOf('|');
  const place = cursorPlace(text.replace('|', ''), offset);
  if (place === undefined) return { keys: [], values: [], typed: undefined };
  return {
    keys: place.key === undefined ? keysAt(schema, place.levels).map(({ key }) => key) : [],
    values: place.key === undefined ? [] : valuesAt(schema, place.levels, place.key).map(({ value }) => value),
    typed: place.typed,
  };
}

const HEAD = "document:\n  dsl: '1.0.3'\n  namespace: a\n  name: b\n  version: '1.0.0'\n";

test.each([
  ['the top', `${HEAD}|`, ['do', 'use', 'schedule', 'input'], ['document', 'set']],
  ['the document', 'document:\n  dsl: 1.0.3\n  |', ['namespace', 'name', 'title'], ['dsl', 'do']],
  ['the document in braces', 'document: { dsl: 1.0.3, |', ['namespace', 'name'], ['dsl', 'do']],
  ['a step without a kind', `${HEAD}do:\n  - first:\n      |`, ['set', 'call', 'wait', 'fork'], ['document']],
  ['a call', `${HEAD}do:\n  - first:\n      call: http\n      |`, ['with', 'if', 'then', 'metadata', 'retry'], ['call', 'branches']],
  [
    'the arguments of an http call',
    `${HEAD}do:\n  - first:\n      call: http\n      with:\n        method: get\n        |`,
    ['endpoint', 'headers', 'body'],
    ['method', 'items'],
  ],
  ['the arguments of a map', `${HEAD}do:\n  - first:\n      call: map:1.0.0@default\n      with:\n        |`, ['items', 'flow', 'limit'], ['endpoint']],
  ['a second step', `${HEAD}do:\n  - a:\n      set: { x: 1 }\n  - b:\n      wa|`, ['wait', 'set'], ['document']],
  ['a step in a loop', `${HEAD}do:\n  - a:\n      for: { each: x, in: .y }\n      do:\n        - b:\n            |`, ['set', 'call'], ['each']],
  ['a catch', `${HEAD}do:\n  - a:\n      try:\n        - b: { set: { x: 1 } }\n      catch:\n        |`, ['errors', 'retry', 'do', 'as'], ['try']],
  ['metadata of a call', `${HEAD}do:\n  - a:\n      call: http\n      metadata:\n        palace:\n          |`, ['effect', 'deadline', 'verify'], ['limit']],
  ['a step written before its kind', `${HEAD}do:\n  - a:\n      |\n      listen:\n        to: {}\n`, ['foreach', 'timeout'], ['listen']],
])('keys are offered in %s', (_name, text, some, none) => {
  const { keys } = at(text);
  expect(keys).toEqual(expect.arrayContaining(some));
  for (const key of none) expect(keys).not.toContain(key);
});

test.each([
  ['an effect', `${HEAD}do:\n  - a:\n      call: http\n      metadata:\n        palace:\n          effect: un|`, ['unique', 'irreversible']],
  ['a flag', `${HEAD}do:\n  - a:\n      fork:\n        compete: |`, ['true', 'false']],
  ['what is read', `${HEAD}do:\n  - a:\n      listen: { to: {}, read: |`, ['data', 'envelope', 'raw']],
])('values are offered for %s', (_name, text, some) => {
  expect(at(text).values).toEqual(expect.arrayContaining(some));
});

test('nothing is offered in the text of a script, nor in an expression', () => {
  expect(at(`${HEAD}do:\n  - a:\n      run:\n        script:\n          code: |-\n            |`.replace('|-', '>')).keys).toEqual([]);
  expect(at(`${HEAD}do:\n  - a:\n      set: { x: '\${ .|`).keys).toEqual([]);
});

test('a key has its sentence', () => {
  const text = `${HEAD}do:\n  - a:\n      wait: PT1S\n      if: .x`;
  const place = cursorPlace(text, text.length);
  expect(noteOf(schema, place?.levels ?? [], 'if')).toContain('skipped');
});
