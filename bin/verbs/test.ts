// palace test: the tiers of tests, each part named with its size, its result, and what was skipped.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Call } from '../call.ts';
import type { ExitCode } from '../command.ts';
import { hasFile, runTool } from '../run-tool.ts';
import { jsonText, oneLine, style, table, type Terminal } from '../terminal.ts';

interface Part {
  readonly tier: 'quick' | 'full' | 'cluster';
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  /** What it does and how much of it. */
  readonly size: string;
}

/** The tiers. A part whose script does not exist is named as skipped. */
const PARTS: readonly Part[] = [
  { tier: 'quick', name: 'lint', script: 'node_modules/.bin/oxlint', args: ['--quiet'], size: 'the whole checkout' },
  { tier: 'quick', name: 'format', script: 'node_modules/.bin/oxfmt', args: ['--check'], size: 'the whole checkout' },
  { tier: 'quick', name: 'unused', script: 'node_modules/.bin/knip', args: ['--no-progress'], size: 'files, exports and dependencies that nobody uses' },
  { tier: 'quick', name: 'types', script: 'node_modules/.bin/tsc', args: ['-p', 'tsconfig.json'], size: 'the whole checkout' },
  { tier: 'quick', name: 'tests', script: 'node_modules/.bin/vitest', args: ['run'], size: 'every *.test.ts' },
  {
    tier: 'full',
    name: 'slow',
    script: 'node_modules/.bin/vitest',
    args: ['run', '--config', 'vitest.slow.config.ts'],
    size: 'every *.slow.test.ts: hostile scripts, what needs minutes of a running server, each command of the guides for operators, the simulator',
  },
  {
    tier: 'full',
    name: 'browser',
    script: 'node_modules/.bin/vitest',
    args: ['run', '--config', 'vitest.browser.config.ts'],
    size: 'every *.browser.test.ts: the console in Chromium, by mouse and by keyboard; skipped by name where there is no Chromium',
  },
  {
    tier: 'full',
    name: 'simulate',
    script: 'test/simulate/simulate.ts',
    args: ['--seconds', '60'],
    size: '60 s of fresh seeds on all cores, the kept seeds first',
  },
  { tier: 'full', name: 'mutants', script: 'test/simulate/simulate.ts', args: ['--mutants'], size: 'every kept mutant must be caught' },
  {
    tier: 'full',
    name: 'jq',
    script: 'test/fuzz/jq.ts',
    args: ['--programs', '100000'],
    size: '100,000 random programs, each ends with a result or a typed error',
  },
  {
    tier: 'full',
    name: 'jq-against',
    script: 'test/fuzz/jq-against.ts',
    args: ['--programs', '2000'],
    size: '2,000 random programs beside the jq command, where there is one',
  },
  {
    tier: 'full',
    name: 'chaos',
    script: 'test/chaos/chaos.ts',
    args: ['--rounds', '20'],
    size:
      '20 rounds of each fault under load, forks, poison, 60 s at five times the capacity; storms: 60 s of each outage, a day with 100,000 overdue timers, ' +
      '60 s beside a tenant at 20 times its quota',
  },
  {
    tier: 'cluster',
    name: 'cluster',
    script: 'test/chaos/chaos.ts',
    args: ['--only', 'kill-one-of-two,stop-owner', '--rounds', '5'],
    size: 'two flow processes over one database, killed and stopped, 5 rounds each',
  },
  {
    tier: 'cluster',
    name: 'upgrade',
    script: 'test/upgrade/rolling.ts',
    args: [],
    size: 'two gateways and two flow processes replaced one after the other under load: the previous release, this one, and back',
  },
];

interface Result {
  readonly part: string;
  readonly result: 'passed' | 'failed' | 'skipped';
  readonly seconds: number;
  readonly size: string;
  readonly skipped?: readonly string[];
  /** Where the part counts its cases. */
  readonly passed?: number;
  readonly failed?: number;
}

export async function execute({ args, terminal, json }: Call): Promise<ExitCode> {
  const tiers = new Set(['quick', ...(args.has('full') ? ['full'] : []), ...(args.has('cluster') ? ['cluster'] : [])]);
  if (args.has('list')) {
    list(terminal, json);
    return 0;
  }
  const chosen = args.positionals.length > 0 ? PARTS.filter((part) => part.name === 'tests') : PARTS.filter((part) => tiers.has(part.tier));
  const results: Result[] = [];
  let interrupted = false;
  for (const part of chosen) {
    if (interrupted) break;
    if (!hasFile(part.script)) {
      results.push({ part: part.name, result: 'skipped', seconds: 0, size: part.size, skipped: [`${part.script} is not in this checkout`] });
      continue;
    }
    terminal.note(style('bold', `palace test: ${part.name} (${part.size})`));
    const { result, exitCode } = part.name === 'tests' ? await runTests(part, args.positionals) : await runPart(part);
    interrupted = exitCode === 130;
    results.push(result);
  }
  report(terminal, results, json);
  if (interrupted) return 130;
  return results.some((one) => one.result === 'failed') ? 1 : 0;
}

interface Ran {
  readonly result: Result;
  readonly exitCode: number;
}

async function runPart(part: Part): Promise<Ran> {
  const { exitCode, durationMs } = await runTool(part.script, part.args, 'to-stderr');
  return { exitCode, result: { part: part.name, result: exitCode === 0 ? 'passed' : 'failed', seconds: Math.round(durationMs / 100) / 10, size: part.size } };
}

interface VitestReport {
  readonly numTotalTests: number;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[] }[];
}

/** Vitest, with a second report from which the size and the names of the skipped tests are read. */
async function runTests(part: Part, paths: readonly string[]): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'palace-test-'));
  try {
    const file = join(folder, 'report.json');
    const { exitCode, durationMs } = await runTool(
      part.script,
      [...part.args, ...paths, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
      'to-stderr',
    );
    const read = readReport(file);
    const cases = read?.testResults.flatMap((one) => one.assertionResults) ?? [];
    const skipped = cases.filter((one) => one.status !== 'passed' && one.status !== 'failed').map((one) => one.fullName);
    const size = read === undefined ? part.size : `${read.numTotalTests} tests in ${read.testResults.length} files`;
    const counts = read === undefined ? {} : { passed: read.numPassedTests, failed: read.numFailedTests };
    return {
      exitCode,
      result: { part: part.name, result: exitCode === 0 ? 'passed' : 'failed', seconds: Math.round(durationMs / 100) / 10, size, skipped, ...counts },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(file: string): VitestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
  } catch {
    return undefined;
  }
}

function list(terminal: Terminal, json: boolean): void {
  const rows = PARTS.map((part) => ({ tier: part.tier, part: part.name, size: part.size, present: hasFile(part.script) }));
  if (json) terminal.out(jsonText({ parts: rows }));
  else
    table(
      terminal,
      ['TIER', 'PART', 'HERE', 'SIZE'],
      rows.map((row) => [row.tier, row.part, row.present ? 'yes' : 'no', row.size]),
    );
}

function report(terminal: Terminal, results: readonly Result[], json: boolean): void {
  if (json) {
    terminal.out(jsonText({ ok: results.every((one) => one.result !== 'failed'), parts: results }));
    return;
  }
  const word = { passed: style('green', 'passed'), failed: style('red', 'failed'), skipped: style('yellow', 'skipped') };
  table(
    terminal,
    ['PART', 'RESULT', 'SECONDS', 'SIZE'],
    results.map((one) => [one.part, word[one.result], one.seconds.toFixed(1), one.size]),
  );
  for (const one of results) for (const name of one.skipped ?? []) terminal.out(`skipped in ${one.part}: ${oneLine(name)}`);
}
