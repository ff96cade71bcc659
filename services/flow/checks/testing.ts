// For tests: a flow and a check file as texts, run as the command runs them.
import { flowOf, LIMITS } from '../core/virtual-shell.ts';
import { runChecks, type CaseResult, type Checked } from './run-checks.ts';

export interface TextSet {
  readonly [path: string]: string;
}

/** Files whose names end in `.check.yaml` are check files. */
export function checkTexts(texts: TextSet, filter?: string): Checked {
  const files = Object.entries(texts).map(([path, source]) => ({ path, source }));
  const isCheck = ({ path }: { path: string }): boolean => path.endsWith('.check.yaml');
  const options = { settings: { limits: LIMITS, lookBackMs: 60_000 }, filter, clock: () => 0 };
  return runChecks(
    files.filter(isCheck),
    files.filter((file) => !isCheck(file)),
    options,
  );
}

/** The cases of one flow with these steps. */
export function casesOf(steps: string, check: string, more = ''): readonly CaseResult[] {
  const { files, broken } = checkTexts({ 'flow.yaml': flowOf(steps, more), 'flow.check.yaml': check });
  if (broken.length > 0)
    throw new Error(
      broken.flatMap(({ errors }) => errors.map(({ line, column, message, suggestion }) => `${line}:${column} ${message} ${suggestion ?? ''}`)).join('\n'),
    );
  return files.flatMap((file) => file.cases);
}

/** `LINE MESSAGE` of each failure. */
export const failuresOf = (cases: readonly CaseResult[]): string[] =>
  cases.flatMap(({ failures }) => failures.map(({ spot, message }) => `${spot.line} ${message}`));

/** `LINE:COLUMN MESSAGE | SUGGESTION` of each mistake in a check file. */
export function mistakesIn(steps: string, check: string): string[] {
  return checkTexts({ 'flow.yaml': flowOf(steps), 'flow.check.yaml': check }).broken.flatMap(({ errors }) =>
    errors.map(({ line, column, message, suggestion }) => `${line}:${column} ${message}${suggestion === undefined ? '' : ` | ${suggestion}`}`),
  );
}
