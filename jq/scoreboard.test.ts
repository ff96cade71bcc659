// The test files of the jq project, run case by case. They lie beside the repository (../shared/jq); without them these
// tests are skipped. A case counts as passed when the outputs up to the first error are the expected ones.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compile, JqCompileError, JqError, type Json } from './jq.ts';
import { Run } from './machine.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { equals } from './order.ts';
import { fromText } from './parse-json.ts';

const FOLDER = new URL('../../shared/jq/', import.meta.url);
const present = existsSync(FOLDER);

/** What is left out on purpose, with the reason; matched against the text of the program. */
const EXCLUDED: readonly { readonly program: RegExp; readonly reason: string }[] = [
  { program: /^(import|include) /, reason: 'programs stand alone, without modules or files' },
  { program: /\bmodulemeta\b|\bget_search_list\b/, reason: 'programs stand alone, without modules or files' },
  { program: /\$ENV\b|\benv\./, reason: 'no access to the environment' },
  { program: /(^|[|(] ?|try )inputs?( |$)|\binput_filename\b|\binput_line_number\b/, reason: 'one input, given by the caller' },
  { program: /\bdebug\b|\bstderr\b|\bhalt\b|\bhalt_error\b/, reason: 'no side effects' },
  { program: /\(\?[=!]|\(\?<[=!]/, reason: 'no look-around: regular expressions take linear time' },
  { program: /\.\+\?\\\\b/, reason: 'word boundaries know ASCII words only (re2js)' },
];

/** Cases passed at the last look; a lower number is a regression. */
const FLOOR: Readonly<Record<string, number>> = { jq: 260, man: 229, onig: 45, uri: 20, base64: 10 };

interface Case {
  readonly program: string;
  readonly input: string;
  readonly outputs: readonly string[];
  readonly mustFail: boolean;
}

function readCases(file: string): Case[] {
  const blocks = readFileSync(new URL(file, FOLDER), 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .split(/\n(?:\s*\n)+/);
  return blocks.flatMap((block): Case[] => {
    const lines = block.split('\n').filter((line) => line.trim() !== '');
    const [first, second] = lines;
    if (first === undefined || second === undefined) return [];
    if (first.startsWith('%%FAIL')) return [{ program: second, input: 'null', outputs: [], mustFail: true }];
    return [{ program: first, input: second, outputs: lines.slice(2), mustFail: false }];
  });
}

/** Outputs up to the first error. */
function outputsOf(source: string, input: Json): Json[] {
  const options = { nowMs: 0, limits: { fuel: 10_000_000 } };
  try {
    return compile(source).all(input, options);
  } catch (error) {
    if (!(error instanceof JqError) || error.kind !== 'error') throw error;
    return compile(`try (${source}) catch empty`).all(input, options);
  }
}

const run = new Run({ ...DEFAULT_LIMITS, fuel: 1e12 }, [], 0);

/** Outputs are JSON: NaN leaves as null, an infinity as the largest number. */
function same(expected: Json, found: Json | undefined): boolean {
  if (typeof expected === 'number' && expected !== expected) return found === null;
  if (expected === Infinity) return found === Number.MAX_VALUE;
  return found !== undefined && equals(run, expected, found);
}

function passes(item: Case): boolean {
  if (item.mustFail) {
    try {
      compile(item.program);
      return false;
    } catch (error) {
      return error instanceof JqCompileError;
    }
  }
  try {
    const found = outputsOf(item.program, fromText(item.input.replace(/^\ufeff/, '')));
    const expected = item.outputs.map(fromText);
    return found.length === expected.length && expected.every((value, i) => same(value, found[i]));
  } catch {
    return false;
  }
}

describe.skipIf(!present)('the test files of the jq project (skipped when ../shared/jq is absent)', () => {
  for (const name of ['jq', 'man', 'onig', 'uri', 'base64']) {
    test(`${name}.test keeps its score`, () => {
      const cases = readCases(`${name}.test`);
      const counted = cases.filter((item) => !item.mustFail && !EXCLUDED.some(({ program }) => program.test(item.program)));
      const failed = counted.filter((item) => !passes(item));
      const excluded = cases.filter((item) => !item.mustFail).length - counted.length;
      const passed = counted.length - failed.length;
      process.stdout.write(`jq scoreboard: ${name}.test ${passed} of ${counted.length} passed, ${excluded} excluded\n`);
      for (const item of failed) process.stdout.write(`  failed: ${item.program}\n`);
      expect(passed).toBeGreaterThanOrEqual(FLOOR[name] as number);
      expect(passed / counted.length).toBeGreaterThanOrEqual(0.98);
    });
  }

  test('every program that must not compile is refused', () => {
    const must = readCases('jq.test').filter((item) => item.mustFail);
    expect(must.length).toBeGreaterThan(5);
    expect(must.filter((item) => !passes(item)).map((item) => item.program)).toEqual([]);
  });

  test('every excluded program is refused when compiled, never run differently', () => {
    const excluded = readCases('man.test').filter((item) => EXCLUDED.some(({ program }) => program.test(item.program)));
    expect(excluded.length).toBeGreaterThan(0);
    for (const item of excluded) expect(() => compile(item.program)).toThrow(JqCompileError);
  });
});
