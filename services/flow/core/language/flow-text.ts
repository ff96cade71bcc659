// For tests: flows from a few lines, and messages as one line of text each.
import type { Compiled } from '../compile.ts';

export const HEAD = "document: {dsl: '1.0.3', namespace: shop, name: orders, version: '1.0.0'}";

/** A flow whose steps are the given lines; its first step stands on line 3. */
export const flow = (...steps: readonly string[]): string => `${[HEAD, 'do:', ...steps.map((line) => `  ${line}`)].join('\n')}\n`;

/** `LINE:COLUMN PATH | MESSAGE | SUGGESTION` of each error. */
export function messages(compiled: Compiled): string[] {
  const places = compiled.ok ? compiled.warnings : compiled.errors;
  return places.map(({ line, column, path, message, suggestion }) =>
    [`${line}:${column} ${path}`.trimEnd(), message, ...(suggestion === undefined ? [] : [suggestion])].join(' | '),
  );
}

/** CPU time of `run` in this process: what other programs on the machine do does not count. */
export function cpuMs(run: () => void): number {
  const from = process.cpuUsage();
  run();
  const spent = process.cpuUsage(from);
  return (spent.user + spent.system) / 1_000;
}
