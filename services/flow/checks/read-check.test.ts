// Check files are read as strictly as flows: every mistake with its line, its column and a way out.
import { describe, expect, test } from 'vitest';
import { flowOf } from '../core/virtual-shell.ts';
import { isWithin, rangeOf, spanMs, spanText } from './spans.ts';
import { checkTexts, mistakesIn } from './testing.ts';

const STEPS = `
  - outer:
      do:
        - ask: { call: http, with: { method: get, endpoint: 'https://a.example.com/' } }
  - other:
      do:
        - ask: { call: http, with: { method: get, endpoint: 'https://b.example.com/' } }
  - note: { set: { n: 1 } }`;
const oneCase = (more: string): string =>
  `cases:\n  - name: a\n${more
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')}\n`;

describe('mistakes in a check file', () => {
  test.each([
    ['an unknown key', 'case: []', ['1:1 Unknown key "case" in a check file. | Did you mean "cases"?', '1:1 A check file needs "cases".']],
    ['no case', 'cases: []', ['1:8 There is no case. | Begin one with "- name: ...".']],
    ['an empty file', '', ['1:1 The check file is empty. | Begin with "cases:".']],
    ['a flow', "document: { dsl: '1.0.3' }", ['1:1 This is a flow; a check file has "cases".']],
    ['a list', '- a', ['1:1 A check file is a map that has "cases".']],
    ['a case without a name', 'cases: [{ input: {} }]', ['1:9 A case needs "name".']],
    ['two cases of one name', 'cases: [{ name: a }, { name: a }]', ['1:30 There are two cases of the name "a".']],
    ['a misspelt key of a case', oneCase('inputs: {}'), ['3:5 Unknown key "inputs" in a case. | Did you mean "input"?']],
    ['a step that is not there', oneCase('stubs: { noet: { result: 1 } }'), ['3:14 There is no step "noet" in test/flow. | Did you mean "note"?']],
    ['a name of two steps', oneCase('stubs: { ask: { result: 1 } }'), ['3:14 "ask" names 2 steps. | Write one of: outer/ask, other/ask.']],
    [
      'a step that asks nothing',
      oneCase('stubs: { note: { result: 1 } }'),
      ['3:14 "note" is a set: it asks nothing of the world, so it needs no stub. | Stub the calls inside it.'],
    ],
    [
      'two stubs of one step',
      oneCase('stubs: { outer/ask: { result: 1 }, /do/0/outer/do/0/ask: { result: 2 } }'),
      ['3:40 The step /do/0/outer/do/0/ask has two stubs. | Keep one of them.'],
    ],
    [
      'an answer that is a bare value',
      oneCase("stubs: { '*': 200 }"),
      ['3:19 An answer is a map. | Write it like { result: ... }, { error: 503 } or { outcome: unknown }.'],
    ],
    [
      'an answer that is two things',
      oneCase("stubs: { '*': { result: 1, error: 503 } }"),
      ['3:32 An answer is one thing: a result, a computed result or an error. | Make a list of it when they come one after the other.'],
    ],
    ['no answer at all', oneCase("stubs: { '*': [] }"), ['3:19 A list of answers needs at least one. | Write {} for an answer of null.']],
    ['an unknown error', oneCase("stubs: { '*': { error: timeuot } }"), ['3:28 There is no standard error "timeuot". | Did you mean "timeout"?']],
    ['a broken expression', oneCase("stubs: { '*': { compute: '.a +' } }"), [expect.stringMatching(/^3:30 Expression: .+/)]],
    ['a time that is none', oneCase("stubs: { '*': { after: soon } }"), ['3:28 "soon" is not a time. | Write it like 500ms, 2s, 1h30m or PT5S.']],
    ['"verify" without a doubt', oneCase("stubs: { '*': { verify: happened } }"), ['3:21 "verify" tells of an unknown outcome. | Add "outcome: unknown".']],
    [
      'what happens without a word of what',
      oneCase('timeline: [{ at: 1s }]'),
      ['3:16 It is not said what happens. | It has one of: signal, event, pause, resume, cancel, context, resolve.'],
    ],
    ['two things at a time', oneCase('timeline: [{ at: 1s, pause: true, signal: go }]'), ['3:26 One thing happens at a time. | Make a second entry of it.']],
    [
      'times that go back',
      oneCase('timeline: [{ at: 2s, pause: true }, { at: 1s, resume: true }]'),
      ['3:47 This happens before what stands above it. | Write what happens in the order of its times.'],
    ],
    [
      'a signal to a flow that is not there',
      oneCase('timeline: [{ signal: go, to: shop/orders }]'),
      ['3:34 There is no flow shop/orders among the files. | A signal reaches a sub-flow that is a real run here.'],
    ],
    ['an event without a type', oneCase('timeline: [{ event: { data: 1 } }]'), ['3:18 An event needs a "type". | Write it as the flow listens to it.']],
    ['an unknown expectation', oneCase('expect: { results: 1 }'), ['3:15 Unknown key "results" in an expectation. | Did you mean "result"?']],
    ['a status that is none', oneCase('expect: { status: done }'), [expect.stringMatching(/^3:23 "status" must be "completed", "failed", /)]],
    [
      'a count that is none',
      oneCase('expect: { attempts: { outer/ask: many } }'),
      [`3:38 This is neither a count nor a range of counts. | Write it like 2, '2..4' or '>= 2'.`],
    ],
    ['a flow that is not there', 'flow: shop/orders\ncases: [{ name: a }]', ['1:7 There is no flow "shop/orders" among the files. | There are: test/flow.']],
    [
      'a step of a flow that is not there',
      oneCase("expect: { visits: 'shop/orders#a' }"),
      ['3:23 There is no flow shop/orders among the files. | There are: test/flow.'],
    ],
    ['a moment that is none', 'now: yesterday\ncases: [{ name: a }]', ['1:6 "yesterday" is no moment. | Write it like 2026-03-01T12:00:00Z.']],
    ['a run id that is none', oneCase('run: run_1'), ['3:10 "run_1" is no run id. | A run id looks like run_ and 26 letters and digits.']],
    ['a tag', 'cases: !x [{ name: a }]', [expect.stringMatching(/^1:8 Tags are not accepted\./)]],
    ['an alias', 'stubs: &a {}\ncases: *a', [expect.stringMatching(/^1:8 Anchors and aliases are not accepted\./), expect.stringMatching(/^2:8 Anchors/)]],
    ['a key of a prototype', 'stubs: { __proto__: {} }\ncases: [{ name: a }]', [expect.stringMatching(/^1:10 The key "__proto__" is not accepted/)]],
  ])('%s', (_what, check, mistakes) => {
    expect(mistakesIn(STEPS, check)).toEqual(mistakes);
  });

  test('the flow is the one that is named: by file, by name, by name and version', () => {
    for (const named of ['', 'flow: flow.yaml', 'flow: test/flow', 'flow: test/flow@1.0.0']) {
      expect(mistakesIn(STEPS, `${named}\ncases: [{ name: a }]`)).toEqual([]);
    }
    const { broken } = checkTexts({ 'a/b.check.yaml': 'cases: [{ name: a }]' });
    expect(broken[0]?.errors[0]?.message).toBe('There is no flow a/b.yaml beside this file.');
  });

  test('a flow that does not compile is reported as what it is, and nothing is played', () => {
    const { broken, files } = checkTexts({
      'a.yaml': flowOf('\n  - x: { sett: { n: 1 } }'),
      'a.check.yaml': 'cases: [{ name: a }]',
      'b.yaml': flowOf('\n  - x: { set: { n: 1 } }'),
      'b.check.yaml': 'cases: [{ name: a }]',
    });
    expect(broken.map(({ path, isFlow }) => [path, isFlow])).toEqual([['a.yaml', true]]);
    expect(files).toEqual([]);
  });
});

describe('times and ranges', () => {
  test.each([
    ['0', 0],
    ['250ms', 250],
    ['2s', 2_000],
    ['2.5s', 2_500],
    ['1h30m', 5_400_000],
    ['1d', 86_400_000],
    ['PT5S', 5_000],
    ['P1D', 86_400_000],
  ])('%s is %d ms', (text, ms) => {
    expect(spanMs(text)).toBe(ms);
    expect(spanMs(spanText(ms))).toBe(ms);
  });

  test.each(['', '2', 's', '2 s', '-2s', '1e3s', 'P1M', '999999999d'])('"%s" is no time', (text) => {
    expect(spanMs(text)).toBeUndefined();
  });

  test.each([
    ['2s', [2_000], [1_999, 2_001]],
    ['1s..3s', [1_000, 3_000], [999, 3_001]],
    ['>= 2s', [2_000, 1e9], [1_999]],
    ['> 2s', [2_001], [2_000]],
    ['<= 2s', [0, 2_000], [2_001]],
    ['< 2s', [1_999], [2_000]],
  ])('%s', (text, within, outside) => {
    const range = rangeOf(text, spanMs);
    expect(within.every((ms) => range !== undefined && isWithin(range, ms))).toBe(true);
    expect(outside.some((ms) => range !== undefined && isWithin(range, ms))).toBe(false);
  });

  test.each(['3s..1s', '..', '>= ', '< 0', 'x..y'])('"%s" is no range', (text) => {
    expect(rangeOf(text, spanMs)).toBeUndefined();
  });
});
