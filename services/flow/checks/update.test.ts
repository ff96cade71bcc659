// `--update`: the result that came stands in the file, and nothing else of it has changed.
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { casesOf, failuresOf } from './testing.ts';
import { updatedText } from './update.ts';

const STEPS = "\n  - tell: { set: { n: '${ .n }', list: [1, 2], text: 'a: b #c' } }";
const update = (check: string): { text: string; count: number } => updatedText(check, casesOf(STEPS, check));
const RESULT = { n: 5, list: [1, 2], text: 'a: b #c' };

describe('a result that came', () => {
  test.each([
    [
      'on one line',
      '    expect:\n      result: { n: 0 } # why\n      elapsed: 0s\n',
      "    expect:\n      result: { n: 5, list: [ 1, 2 ], text: 'a: b #c' } # why\n      elapsed: 0s\n",
    ],
    [
      'on lines of its own',
      '    expect:\n      # before\n      result:\n        n: 0\n        # inside\n        list: []\n      # after\n      elapsed: 0s\n',
      "    expect:\n      # before\n      result:\n        n: 5\n        list:\n          - 1\n          - 2\n        text: 'a: b #c'\n      # after\n      elapsed: 0s\n",
    ],
    ['for a plain value', '    expect:\n      result: no   # why\n', "    expect:\n      result: { n: 5, list: [ 1, 2 ], text: 'a: b #c' }   # why\n"],
    [
      'for an empty expectation',
      '    expect: {} # nothing yet\n',
      "    expect:\n      result:\n        n: 5\n        list:\n          - 1\n          - 2\n        text: 'a: b #c' # nothing yet\n",
    ],
    ['for none', '', "    expect:\n      result:\n        n: 5\n        list:\n          - 1\n          - 2\n        text: 'a: b #c'\n"],
  ])('is written %s', (_how, before, after) => {
    const file = (expectation: string): string =>
      `# Head\n\nstubs: {}   # none\ncases:\n  - name: a # first\n    input: {n:   5}\n${expectation}\n  # second\n  - name:   b\n    input: { "n": 5 }\n    expect: { result: { n: 5, list: [1, 2], text: 'a: b #c' } }\n`;
    const { text, count } = update(file(before));
    expect(count).toBe(1);
    expect(text.replace(/\n\n+/g, '\n')).toBe(file(after).replace(/\n\n+/g, '\n'));
    expect(failuresOf(casesOf(STEPS, text))).toEqual([]);
  });

  test('is written into a case on one line, too', () => {
    const { text } = update('# Head\ncases: [{ name: a, input: { n: 5 } }, { name: b, input: { n: 5 }, expect: { result: 1 } }]\n');
    expect(text).toMatch(/^# Head\n/);
    expect((parse(text) as { cases: { expect: unknown }[] }).cases.map((one) => one.expect)).toEqual([{ result: RESULT }, { result: RESULT }]);
  });

  test('stays away from what a person must look at', () => {
    for (const expectation of ['{ resultIncludes: { n: 6 } }', "{ that: '.n == 6' }", '{ status: failed }', '{ elapsed: 1s }']) {
      expect(update(`cases:\n  - name: a\n    input: { n: 5 }\n    expect: ${expectation}\n`).count).toBe(0);
    }
  });

  test('of a run that did not complete is none', () => {
    const check = 'cases:\n  - name: a\n    expect:\n      result: 1\n';
    const stuck = casesOf('\n  - hear: { listen: { to: { one: { with: { type: agentspalace.signal.go } } } } }', check);
    expect(updatedText(check, stuck)).toEqual({ text: check, count: 0 });
  });

  test('keeps Windows line ends readable', () => {
    const check = 'cases:\r\n  - name: a\r\n    input: { n: 5 }\r\n    expect:\r\n      result: { n: 1 }\r\n';
    expect(failuresOf(casesOf(STEPS, update(check).text))).toEqual([]);
  });
});
