import { expect, test } from 'vitest';
import { readSource } from './flow-source.ts';
import { offsetOf, replacementOf, stepAt } from './places.ts';

const TEXT = `document: { dsl: '1.0.3', namespace: shop, name: hello, version: '1.2.3' }
do:
  - first:
      set: { a: 1 }
  - guarded:
      try:
        - inner/part:
            set: { b: 2 }
      catch:
        do:
          - told:
              set: { c: 3 }
`;

test('every step has its span, and an offset its innermost step', () => {
  const source = readSource(TEXT);
  expect(source?.named).toEqual({ namespace: 'shop', name: 'hello', version: '1.2.3' });
  expect(source?.spans.map(({ pointer }) => pointer)).toEqual([
    '/do/0/first',
    '/do/1/guarded',
    '/do/1/guarded/try/0/inner~1part',
    '/do/1/guarded/catch/do/0/told',
  ]);
  const spans = source?.spans ?? [];
  expect(TEXT.slice(spans[0]?.from, spans[0]?.to).trim()).toBe('first:\n      set: { a: 1 }');
  expect(stepAt(spans, TEXT.indexOf('b: 2'))).toBe('/do/1/guarded/try/0/inner~1part');
  expect(stepAt(spans, TEXT.indexOf('catch:'))).toBe('/do/1/guarded');
  expect(stepAt(spans, 0)).toBeUndefined();
});

test.each([
  ['no YAML', 'do: [\n'],
  ['nothing', ''],
  ['an alias', 'a: &x [1]\nb: *x\n'],
])('%s gives no document', (_name, text) => {
  expect(readSource(text)).toBeUndefined();
});

test.each([
  ['a key', 'sett: 1', 0, 'Did you mean "set"?', 'set: 1'],
  ['a value', 'call: htp # x', 6, 'Did you mean "http"?', 'call: http # x'],
  ['a quoted value', "then: 'nxt'", 6, 'Did you mean "next"?', "then: 'next'"],
])('a suggestion mends %s', (_name, text, offset, suggestion, wanted) => {
  const change = replacementOf(text, offset, suggestion);
  expect(change === undefined ? undefined : text.slice(0, change.from) + change.text + text.slice(change.to)).toBe(wanted);
});

test('advice in words is not applied, and places of the API are offsets', () => {
  expect(replacementOf('a: 1', 0, 'Write the policy here.')).toBeUndefined();
  expect(offsetOf('ab\ncd\n', 2, 2)).toBe(4);
  expect(offsetOf('ab', 9, 9)).toBe(2);
});
