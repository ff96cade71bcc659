// Variables of the environment in a document: named in expressions as $variables.NAME. They need no declaration: which ones a flow uses is read
// off its expressions, so that what a run needs is known before it begins.
import { variableUses } from '../secret-uses.ts';
import type { VariableUse } from '../program.ts';
import { MAX_VARIABLES } from './limits.ts';
import type { Report } from './report.ts';
import { shorten } from './shape.ts';
import { writtenPathOf, type Node, type TextNode } from './tree.ts';

/** As the server takes them (palace variable set). */
const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,99}$/;

/** An expression that names `$variables`. `place` gives the offset in the document of an offset in the source. */
export function checkVariableUses(report: Report, node: TextNode, source: string, place: (at: number) => number): void {
  for (const { path, at } of variableUses(source)) {
    const [name] = path;
    const say = (message: string, suggestion: string): void => report.errorAt(place(at), writtenPathOf(node), message, suggestion);
    if (name === undefined)
      say('A variable is named in the document: $variables.NAME.', 'Names that are computed, and all variables at once, are not available.');
    else if (!NAME.test(name)) say(`"${shorten(name)}" cannot name a variable.`, 'Begin with a letter; use letters, digits, "_", "-" and ".", at most 100.');
  }
}

/** Of all expressions of a program together, by name. Undefined: it uses none. */
export function variablesOf(report: Report, at: Node, sources: readonly string[]): readonly VariableUse[] | undefined {
  const needed = new Map<string, boolean>();
  for (const source of sources) {
    if (!source.includes('$variables')) continue;
    for (const { path, optional } of variableUses(source)) needed.set(path[0] ?? '', !optional || needed.get(path[0] ?? '') === true);
  }
  if (needed.size === 0) return undefined;
  if (needed.size > MAX_VARIABLES) report.error(at, `A flow uses at most ${MAX_VARIABLES} variables.`, 'Keep several values in one variable, as JSON.');
  return [...needed].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, required]) => ({ name, ...(!required && { optional: true as const }) }));
}
