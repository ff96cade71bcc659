// How long every function is, nested ones not counted: a factory that closes over its state is as long as what is left
// when its inner functions are taken out. The linter's own rule, set to one line, reports every function with its place.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './source.ts';

export const LIMIT_LINES = 70;

export interface FunctionSize {
  readonly file: string;
  readonly line: number;
  /** Lines of its own, without those of functions inside it. */
  readonly ownLines: number;
  readonly lines: number;
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly from: number;
  readonly to: number;
  readonly lines: number;
}

/** Measures the given files, or all of the project. */
export function functionSizes(paths: readonly string[] = []): FunctionSize[] {
  const byFile = Map.groupBy(places(paths), (one) => one.file);
  return [...byFile.values()].flatMap((inFile) => inFile.map((one) => measured(one, inFile)));
}

function measured(outer: Place, all: readonly Place[]): FunctionSize {
  const inside = all.filter((one) => one !== outer && one.from >= outer.from && one.to <= outer.to);
  const direct = inside.filter((one) => !inside.some((between) => between !== one && between.from <= one.from && between.to >= one.to));
  // The first line of an inner function belongs to the outer one: that is where it is declared.
  const taken = direct.reduce((sum, one) => sum + one.lines - 1, 0);
  return { file: outer.file, line: outer.line, lines: outer.lines, ownLines: outer.lines - taken };
}

function places(paths: readonly string[]): Place[] {
  const folder = mkdtempSync(join(tmpdir(), 'palace-functions-'));
  try {
    const config = join(folder, 'functions.json');
    const ignorePatterns = ['node_modules', '.cache', 'coverage'];
    writeFileSync(
      config,
      JSON.stringify({
        plugins: [],
        categories: { correctness: 'off' },
        ignorePatterns,
        rules: { 'max-lines-per-function': ['error', { max: 1, IIFEs: true }] },
      }),
    );
    const args = ['node_modules/oxlint/bin/oxlint', '-c', config, '--disable-nested-config', '--format', 'json', ...paths];
    const { stdout } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
    return readPlaces(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Diagnostic {
  readonly message: string;
  readonly filename: string;
  readonly labels: readonly { readonly span: { readonly offset: number; readonly length: number; readonly line: number } }[];
}

function readPlaces(output: string): Place[] {
  const { diagnostics } = JSON.parse(output) as { diagnostics: Diagnostic[] };
  return diagnostics.flatMap(({ message, filename, labels }) => {
    const span = labels[0]?.span;
    const lines = Number(/\((\d+)\)/.exec(message)?.[1]);
    return span === undefined || Number.isNaN(lines) ? [] : [{ file: filename, line: span.line, from: span.offset, to: span.offset + span.length, lines }];
  });
}
