// The quick reader beside the library: whatever it reads, the library reads as the same tree; whatever is wrong or rare, it leaves alone.
import { describe, expect, it } from 'vitest';
import { EXAMPLES, exampleText, readRepository, sampleFlows } from '../../../../test/official-schema.ts';
import { ACCEPTED_CALLS } from './accepted-calls.ts';
import { ACCEPTED } from './accepted-flows.ts';
import { cpuMs } from './flow-text.ts';
import { readEverydayYaml } from './everyday-yaml.ts';
import { MAX_DEPTH, MAX_TEXT_LENGTH } from './limits.ts';
import { randomYaml, readByBoth } from './random-yaml.ts';

const SEED = Number(process.hrtime.bigint() % 2_147_483_647n);
/** test/fuzz/yaml.ts has many more. */
const TEXTS = 5_000;
const blocks = (page: string): string[] => [...readRepository(page).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
const FLOWS: readonly (readonly [name: string, text: string])[] = [
  ...sampleFlows().map((name) => [name, readRepository(name)] as const),
  ...blocks('docs/flow-language.md').map((text, i) => [`block ${i} of the language page`, text] as const),
  ...blocks('docs/testing.md').map((text, i) => [`block ${i} of the page on testing`, text] as const),
  ...EXAMPLES.map((name) => [`upstream ${name}`, exampleText(name)] as const),
  ...ACCEPTED_CALLS,
  ...ACCEPTED.filter(([, text]) => !text.startsWith('\ufeff')),
];

describe('flows as they are written', () => {
  it.each(FLOWS)('%s is read quickly, and as the library reads it', (_name, text) => {
    expect(readByBoth(text)).toBe(true);
  });
});

/** Each of them means something, or is a mistake, that is easily read in another way. */
const LEFT: readonly (readonly [what: string, text: string])[] = [
  ['an anchor', 'a: &x 1'],
  ['an alias', 'a: *x'],
  ['a tag', 'a: !!str 1'],
  ['a directive', '%YAML 1.2\n---\na: 1'],
  ['two documents', 'a: 1\n---\nb: 2'],
  ['the end of a document', 'a: 1\n...\n'],
  ['a document that begins in the line of its mark', '--- a: 1'],
  ['an explicit key', '? a\n: 1'],
  ['a key that is a list', '[a]: 1'],
  ['the same key twice', 'a: 1\na: 2'],
  ['the same key twice, once in quotes', '{a: 1, "a": 2}'],
  ['the same key twice, once escaped', '{"a": 1, "\\u0061": 2}'],
  ['a key that changes prototypes', '{"__proto__": 1}'],
  ['a key that changes prototypes, escaped', '{"\\u005f_proto__": 1}'],
  ['a key without a value', 'a:\nb: 1'],
  ['an item without a value', '- a\n-\n- b'],
  ['a comma at the end', '[a, ]'],
  ['two commas', '[a,, b]'],
  ['a pair in a list', '[a: 1]'],
  ['a key alone', '{a, b: 1}'],
  ['a colon in a plain value', 'a: b: c'],
  ['a colon at the end of a plain value', 'a: b:'],
  ['a plain value over two lines', 'a: b\n  c'],
  ['a quoted value over two lines', 'a: "b\n  c"'],
  ['a value in brackets over two lines', '[a\n b]'],
  ['something after a quote', 'a: "b" c'],
  ['something after a bracket', 'a: [b] c'],
  ['a comment without a space', 'a: "b"#c'],
  ['a comment in brackets', '[a # b\n]'],
  ['an escape that JSON does not know', 'a: "\\x41"'],
  ['an escape that nobody knows', 'a: "\\d"'],
  ['an escaped NUL', 'a: "\\u0000"'],
  ['half of an escaped pair', 'a: "\\ud800"'],
  ['a hexadecimal number', 'a: 0x1F'],
  ['an octal number', 'a: 0o17'],
  ['no finite number', 'a: .inf'],
  ['no number', 'a: .NaN'],
  ['a number that is not kept exactly', 'a: 9007199254740993'],
  ['a number beyond all', 'a: 1e999'],
  ['a block that keeps its end', 'a: |+\n  b\n\n'],
  ['a block that says its margin', 'a: |2\n   b'],
  ['a block of nothing', 'a: |\nb: 1'],
  ['a block that begins with spaces alone', 'a: |\n     \n  b'],
  ['a tab as margin', 'a:\n\tb: 1'],
  ['a tab as margin in brackets', 'a: [b,\n\tc]'],
  ['a tab after a value', 'a: 1\t'],
  ['a tab in a text with an escape', '{"a": "\\n\t"}'],
  ['a tab in a quoted key', '{"a\tb": 1}'],
  ['a carriage return', 'a: 1\r\nb: 2'],
  ['a byte order mark', '\ufeffa: 1'],
  ['a line separator', 'a: b\u2028c: d'],
  ['a space that is none', 'a:\u00a0b'],
  ['less margin than the lines above', 'a:\n    b: 1\n  c: 2'],
  ['more margin than the lines above', 'a: 1\n  b: 2'],
  ['a list beside a key', 'a: 1\n- b'],
  ['a dash in the line of its key', 'a: - b'],
  ['a bracket too far left', 'a:\n  b: [\n  c]'],
  ['a last bracket too far left', 'a:\n  b: [c\n]'],
  ['an inner bracket below its key', 'a: {b: {c: 1\n}}'],
  ['the mark of a document in brackets', '[\n--- a]'],
  ['a space before the colon', 'a : 1'],
  ['a comment in a key', 'a #b: 1'],
  ['a block with a line of more spaces', 'a: |\n  b\n     \n  c'],
  ['a block as far left as its key', 'a:\n  b: |\n  c\n'],
  ['a dash too far left', '- - a\n - b'],
  ['a root after the root', '- a\nb'],
  ['a bracket that is not closed', 'a: [b'],
  ['a bracket of the other kind', '{a: [b}]'],
  ['a second root', '{a: 1}\nb: 2'],
  ['a margin before the root', '  a: 1'],
  ['a key of a thousand characters', `${'a'.repeat(1_001)}: 1`],
  ['a depth near the limit', `${'['.repeat(MAX_DEPTH)}1${']'.repeat(MAX_DEPTH)}`],
  ['nothing', ''],
  ['a comment alone', '# a'],
];

const READ: readonly (readonly [what: string, text: string])[] = [
  ['the last bracket below its key', 'a: {\n  b: 1\n}\nc: [\n  d\n]'],
  ['a list as far left as its key', 'a:\n- b\n- c: 1\n  d: 2\ne: f'],
  ['lists in lists', '- - a\n  - b\n-\n  - c'],
  ['lines further right in a folded block', 'a: >\n\n  b\n  c\n\n    d\n\n\n  e\n\nf: |-\n  g\n   h\n'],
  ['what looks like a comment or a document in a block', 'a: |\n  # b\n  ---\n  c: d # e\n# f\ng: 1'],
  ['numbers and what only looks like them', '[0, -0, +1, 1.50, .5, 5., 1e3, 1.2.3, 1_000, 0b1, "1", 12:30, -x, +, .a]'],
  ['constants and what only looks like them', '[null, ~, True, FALSE, nULL, yes, no, on, "true"]'],
  ['signs within words', 'a: b#c:d\ne: "f" # g\nh: i\'j"k\nl: ${ .m | {n:[o]} | .["p"] }'],
  ['escapes', "{\"a\\u0041\\n\\\"\\\\\\/\": \"\\ud83d\\ude00\\t\", 'it''s': ''}"],
  ['JSON with tabs', '{\n\t"a":1,\n\t"b":[\n\t\t{}\n\t]\n}'],
];

describe('the quick reader', () => {
  it.each(READ)('reads as the library does: %s', (_what, text) => {
    expect(readByBoth(text)).toBe(true);
  });

  it.each(LEFT)('leaves to the library: %s', (_what, text) => {
    expect(readEverydayYaml(text)).toBeUndefined();
  });

  // A pass over a million characters takes a tenth of a second; one that begins again at each of them, an hour.
  const LONG = ["'", '"', '\\', ':', '#', ' ', '\n', '- ', '- "a\n', '{', '[a,', 'a b ', "- it's\n", '# x\n', '| ', ' \n', 'k: |\n', '\\n'];
  it.each(LONG)('reads a million characters in linear time, whatever they are: %j', (piece) => {
    const run = piece.repeat(Math.floor(MAX_TEXT_LENGTH / piece.length));
    const ms = cpuMs(() => {
      for (const before of ['', 'a: ', 'a: "', "a: '", '[', 'a: |\n  ']) readEverydayYaml(before + run);
    });
    expect(ms).toBeLessThan(10_000);
  });

  it(`agrees with the library about ${TEXTS} random texts (seed ${SEED})`, () => {
    const like = FLOWS.map(([, text]) => text);
    let read = 0;
    for (let i = 0; i < TEXTS; i++) {
      const text = randomYaml(SEED + i, like);
      const both = readByBoth(text);
      if (typeof both === 'string') expect.fail(`seed ${SEED + i}: ${both}\n${JSON.stringify(text)}`);
      if (both) read++;
    }
    // Else it would agree by reading nothing.
    expect(read).toBeGreaterThan(TEXTS / 10);
  });
});
