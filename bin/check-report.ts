// What people read of checks: one line a case, and under a failed one why, the stub to paste, and the way that the run took.
import type { FlowCoverage } from '@palace/flow/checks/coverage.ts';
import type { CaseFailure } from '@palace/flow/checks/judge.ts';
import type { CaseResult, FileResult } from '@palace/flow/checks/run-checks.ts';
import { spanText } from '@palace/flow/checks/spans.ts';
import { oneLine, style, type Style } from './terminal.ts';

/** How a part of a line is set off: `style`, or nothing for files. */
export type Paint = (name: Style, text: string) => string;
export const unpainted: Paint = (_name, text) => text;

export function fileLines(file: FileResult): string[] {
  return [
    style('bold', oneLine(file.path)),
    ...file.cases.flatMap((result) => [headLine(file, result), ...failureLines(result, style).map((line) => `      ${line}`)]),
  ];
}

function headLine(file: FileResult, { one, failures, elapsedMs }: CaseResult): string {
  const name = oneLine(one.name, 200);
  if (failures.length === 0) return `  ${style('green', 'ok')}      ${name}${elapsedMs > 0 ? style('dim', `  ${spanText(elapsedMs)}`) : ''}`;
  return `  ${style('red', 'failed')}  ${name}  ${style('dim', `${oneLine(file.path)}:${one.spot.line}`)}`;
}

/** Empty for a case that passed. */
export function failureLines({ failures, stubs, trace }: CaseResult, paint: Paint): string[] {
  if (failures.length === 0) return [];
  const lines = failures.flatMap((failure) => oneFailure(failure, paint));
  for (const stub of stubs) lines.push('to paste under "stubs":', ...stub.map((line) => `  ${paint('cyan', oneLine(line, 2_000))}`));
  if (trace.length === 0) return lines;
  const width = Math.max(...trace.map(({ afterMs }) => spanText(afterMs).length));
  const names = Math.min(40, Math.max(...trace.map(({ step }) => step.length)));
  lines.push('path taken:');
  for (const { afterMs, step, says, isFault } of trace) {
    const text = `${spanText(afterMs).padStart(width)}  ${step.padEnd(names)}  ${oneLine(says, 300)}`;
    lines.push(`  ${paint(isFault ? 'yellow' : 'dim', text)}`);
  }
  return lines;
}

function oneFailure({ spot, message, diff = [], details = [] }: CaseFailure, paint: Paint): string[] {
  const colours = { '-': 'red', '+': 'green', ' ': 'dim' } as const;
  return [
    `${paint('red', `line ${spot.line}:`)} ${oneLine(message)}`,
    ...(diff.length === 0 ? [] : [`  ${paint('red', '- expected')}  ${paint('green', '+ found')}`]),
    ...diff.map(({ sign, text }) => `  ${paint(colours[sign], `${sign} ${oneLine(text)}`)}`),
    ...details.map((text) => `  ${oneLine(text)}`),
  ];
}

export function coverageLines(coverage: readonly FlowCoverage[]): string[] {
  const untaken = coverage.flatMap(({ path, untaken: branches }) => branches.map((branch) => ({ path, ...branch })));
  if (untaken.length === 0) return [];
  return [
    style('bold', 'Branches that no case takes'),
    ...untaken.map(({ path, line, step, pointer, what }) => {
      const name = step === '' || step === pointer ? '' : `${oneLine(step)}: `;
      return `  ${oneLine(path)}${line === undefined ? '' : `:${line}`}  ${name}${oneLine(what)}  ${style('dim', oneLine(pointer))}`;
    }),
  ];
}

/** Of all branches, those taken: 100 when there are none. */
export function percentTaken(coverage: readonly FlowCoverage[]): number {
  const [all, taken] = [coverage.reduce((sum, one) => sum + one.branches, 0), coverage.reduce((sum, one) => sum + one.taken, 0)];
  return all === 0 ? 100 : (taken / all) * 100;
}

export function totalLine(files: readonly FileResult[], coverage: readonly FlowCoverage[]): string {
  const cases = files.flatMap((file) => file.cases);
  const failed = cases.filter(({ failures }) => failures.length > 0).length;
  const [all, taken] = [coverage.reduce((sum, one) => sum + one.branches, 0), coverage.reduce((sum, one) => sum + one.taken, 0)];
  const passed = `${cases.length - failed} passed`;
  const branches = all === 0 ? '' : `; ${taken} of ${all} branch${all === 1 ? '' : 'es'} taken`;
  return `${failed === 0 ? style('green', passed) : `${passed}, ${style('red', `${failed} failed`)}`}${branches}.`;
}

/** For programs. */
export function caseJson({ one, failures, stubs, trace, elapsedMs, tookMs }: CaseResult): object {
  return {
    name: one.name,
    line: one.spot.line,
    ok: failures.length === 0,
    elapsedMs,
    tookMs: Math.round(tookMs * 1000) / 1000,
    ...(failures.length > 0 && {
      failures: failures.map(({ spot, message, diff, details }) => ({
        line: spot.line,
        message,
        ...(diff !== undefined && { diff: diff.map(({ sign, text }) => `${sign} ${text}`) }),
        ...(details !== undefined && { details }),
      })),
    }),
    ...(stubs.length > 0 && { stubs: stubs.map((lines) => `${lines.join('\n')}\n`) }),
    ...(trace.length > 0 && { path: trace.map(({ afterMs, step, says }) => ({ afterMs, step, says })) }),
  };
}
