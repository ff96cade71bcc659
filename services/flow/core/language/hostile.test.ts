// Documents made to hurt: bombs, depth, size, odd characters, odd YAML. Each is refused quickly, with one message, and nothing throws.
import { describe, expect, it } from 'vitest';
import { compileFlow, type Compiled } from '../compile.ts';
import { cpuMs, flow, HEAD, messages } from './flow-text.ts';
import { MAX_DEPTH, MAX_MESSAGES } from './limits.ts';

function timed(text: string): { compiled: Compiled; ms: number } {
  let compiled: Compiled = { ok: false, errors: [] };
  const ms = cpuMs(() => {
    compiled = compileFlow(text);
  });
  return { compiled, ms };
}
const nest = (open: string, close: string, depth: number): string => `${open.repeat(depth)}1${close.repeat(depth)}`;
const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e', 'f', 'g'].map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdef'[i]}`).join(',')}]`).join('\n')}`;

const REFUSED: readonly (readonly [what: string, text: string, said: string])[] = [
  ['an alias bomb', bomb, '1:4 | Anchors and aliases are not accepted. | Write the value out where it is used.'],
  ['a tag that names code', 'a: !!js/function "x"', '1:4 | Tags are not accepted. | Leave the tag out; quote the value if it is text.'],
  ['a local tag on a map', '--- !flow\na: 1', '1:5 | Tags are not accepted. | Leave the tag out; quote the value if it is text.'],
  ['a merge key with an alias', 'a: &x {b: 1}\nc: {<<: *x}', '1:4 | Anchors and aliases are not accepted. | Write the value out where it is used.'],
  ['a directive', '%YAML 1.1\n---\na: 1', '1:1 | YAML directives are not accepted. | Leave the line out; the text is read as YAML 1.2.'],
  ['two documents', 'a: 1\n---\nb: 2', '2:1 | Only one document per file. | Put the second document into its own file.'],
  ['ten thousand open brackets', '['.repeat(10_000), '1:68 | The document is nested deeper than 64 levels.'],
  ['ten thousand dashes', '- '.repeat(10_000), '1:134 | The document is nested deeper than 64 levels.'],
  ['ten thousand explicit keys', '? '.repeat(10_000), '1:134 | The document is nested deeper than 64 levels.'],
  ['a million characters and one', 'a'.repeat(1_000_001), '1:1000001 | The document is longer than 1000000 characters.'],
  ['a NUL character', 'a: \0', '1:4 | The text contains a NUL character.'],
  ['half a surrogate pair', 'a: \ud83d', '1:4 | The text contains half of a surrogate pair.'],
  ['a list as a key', '? [a]\n: 1', '1:3 | A key must be text. | Quote it if it begins with [ or {.'],
  ['control characters alone', '\u0001\u0002', '1:1 | A flow must be a map that begins with "document:", not text.'],
];

describe('hostile text', () => {
  it.each(REFUSED)('is refused at once: %s', (_what, text, said) => {
    const { compiled, ms } = timed(text);
    expect(compiled.ok).toBe(false);
    expect(messages(compiled)[0]).toBe(said);
    expect(ms).toBeLessThan(1_000);
  });

  it('is refused when it holds more values than the limit', () => {
    const { compiled, ms } = timed(`a: [${'0,'.repeat(300_000)}0]`);
    expect(messages(compiled)[0]).toContain('The document has more than 120000 values.');
    expect(ms).toBeLessThan(5_000);
  });

  it('is read in linear time when a map has tens of thousands of keys', () => {
    const map = `{${Array.from({ length: 30_000 }, (_, i) => `k${i}: 1`).join(', ')}}`;
    const { compiled, ms } = timed(flow(`- a: {set: ${map}}`));
    expect(compiled.ok).toBe(true);
    expect(ms).toBeLessThan(5_000);
  });

  it('finds the second of two equal keys among thousands', () => {
    const map = `{${Array.from({ length: 5_000 }, (_, i) => `k${i % 4_999}: 1`).join(', ')}}`;
    expect(messages(compileFlow(flow(`- a: {set: ${map}}`))).map((line) => line.split(' | ')[1])).toEqual(['The key "k0" is written twice.']);
  });

  it('may nest as deep as the limit says and not deeper', () => {
    const at = (depth: number): boolean => compileFlow(flow(`- a: {set: {x: ${nest('[', ']', depth)}}}`)).ok;
    const deepest =
      Array.from({ length: MAX_DEPTH + 1 }, (_, i) => i)
        .filter(at)
        .at(-1) ?? 0;
    expect(deepest).toBeGreaterThanOrEqual(MAX_DEPTH - 8);
    expect(at(deepest + 1)).toBe(false);
  });

  it('gets no more messages than anybody reads', () => {
    const compiled = compileFlow(flow(...Array.from({ length: 500 }, (_, i) => `- s${i}: {st: 1}`)));
    expect(compiled.ok ? 0 : compiled.errors.length).toBe(MAX_MESSAGES);
  });

  it('does not change any prototype', () => {
    compileFlow(flow('- a: {set: {constructor: {prototype: {polluted: 1}}, toString: x, hasOwnProperty: 1}}'));
    compileFlow('{"__proto__": {"polluted": 1}}');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('accepts names that every object inherits', () => {
    const compiled = compileFlow(`${HEAD}\ndo:\n  - constructor: {set: {toString: 1, valueOf: 2}, then: hasOwnProperty}\n  - hasOwnProperty: {set: {x: 1}}\n`);
    expect(compiled.ok ? compiled.program.steps.map((step) => step.name) : messages(compiled)).toEqual(['', 'constructor', 'hasOwnProperty']);
  });
});

describe('size', () => {
  it('forty diamonds of switches are checked in linear time', () => {
    const diamonds = Array.from({ length: 40 }, (_, i) => [
      `- s${i}: {switch: [{l: {when: .x, then: l${i}}}, {r: {then: r${i}}}]}`,
      `- l${i}: {set: {x: 1}, then: s${i + 1}}`,
      `- r${i}: {set: {x: 1}, then: s${i + 1}}`,
    ]).flat();
    const { compiled, ms } = timed(flow(...diamonds, '- s40: {set: {x: 1}}'));
    expect(messages(compiled)).toEqual([]);
    expect(ms).toBeLessThan(1_000);
  });

  it('ten times the steps cost about ten times as much', () => {
    const steps = (count: number): string => flow(...Array.from({ length: count }, (_, i) => `- s${i}: {set: {x: "\${ .a + ${i} }"}}`));
    const best = (text: string): number => Math.min(...Array.from({ length: 4 }, () => timed(text).ms));
    best(steps(300));
    const [small, large] = [best(steps(300)), best(steps(3_000))];
    expect(large).toBeLessThan(small * 30);
  });

  it('more than ten thousand steps are refused', () => {
    const compiled = compileFlow(flow(...Array.from({ length: 10_000 }, (_, i) => `- s${i}: {wait: PT1S}`)));
    expect(messages(compiled)).toEqual([
      '3:3 /do | The document has more than 10000 steps. | Move parts of it into flows of their own and use "run: {workflow: ...}".',
    ]);
  });
});
