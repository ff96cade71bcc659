// palace check-code: types, lint, formatting and unused code.
import type { Call } from '../call.ts';
import type { ExitCode } from '../command.ts';
import { runTool } from '../run-tool.ts';
import { jsonText, style, table } from '../terminal.ts';

interface Check {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  /** With --fix instead of args. */
  readonly fix?: readonly string[];
}

const CHECKS: readonly Check[] = [
  { name: 'types', script: 'node_modules/.bin/tsc', args: ['-p', 'tsconfig.json'] },
  { name: 'types of the console', script: 'node_modules/.bin/tsc', args: ['-p', 'services/web/tsconfig.json'] },
  { name: 'lint', script: 'node_modules/.bin/oxlint', args: ['--quiet'], fix: ['--quiet', '--fix'] },
  { name: 'format', script: 'node_modules/.bin/oxfmt', args: ['--check'], fix: [] },
  { name: 'unused', script: 'node_modules/.bin/knip', args: ['--no-progress'] },
];

export async function execute({ args, terminal, json }: Call): Promise<ExitCode> {
  const results: { check: string; ok: boolean; seconds: number }[] = [];
  for (const check of CHECKS) {
    terminal.note(style('bold', `palace check-code: ${check.name}`));
    const { exitCode, durationMs } = await runTool(check.script, args.has('fix') ? (check.fix ?? check.args) : check.args, 'to-stderr');
    if (exitCode === 130) return 130;
    results.push({ check: check.name, ok: exitCode === 0, seconds: Math.round(durationMs / 100) / 10 });
  }
  if (json) terminal.out(jsonText({ ok: results.every((one) => one.ok), checks: results }));
  else
    table(
      terminal,
      ['CHECK', 'RESULT', 'SECONDS'],
      results.map((one) => [one.check, one.ok ? style('green', 'ok') : style('red', 'failed'), one.seconds.toFixed(1)]),
    );
  return results.every((one) => one.ok) ? 0 : 1;
}
