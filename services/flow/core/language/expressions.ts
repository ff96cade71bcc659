// Expressions of a document: where they are recognised (`${ ... }` or the bare form), checked by the jq compiler, kept in one table.
// I1 A text that holds `${` anywhere but as the whole value is refused: nothing is ever half an expression.
// I2 The same source is kept once; it is checked once for each set of names in scope.
import { JqCompileError } from '@palace/jq/errors.ts';
import { compile } from '@palace/jq/jq.ts';
import { VARIABLES, type ExprId } from '../program.ts';
import { MAX_EXPRESSIONS } from './limits.ts';
import { nearest } from './nearest.ts';
import type { Report } from './report.ts';
import { checkSecretUses } from './secrets.ts';
import { checkVariableUses } from './variable-names.ts';
import { writtenPathOf, type TextNode } from './tree.ts';

/** Names that expressions may use beside VARIABLES, innermost last. */
export interface Scope {
  readonly names: readonly string[];
  readonly all: readonly string[];
  readonly key: string;
  /** `$secrets` may be used: the value goes into the arguments of an act and nowhere else (secrets.ts). */
  readonly secrets?: true;
}
export const ROOT_SCOPE: Scope = { names: [], all: VARIABLES, key: '' };
/** Of functions that somebody else wrote: what is secret stays with the flow. */
const OF_THE_FLOW: ReadonlySet<string> = new Set(['secrets', 'variables', 'authorization']);
export const FOREIGN_SCOPE: Scope = { names: [], all: VARIABLES.filter((name) => !OF_THE_FLOW.has(name)), key: 'foreign' };
export function scopeWith(scope: Scope, ...added: readonly string[]): Scope {
  const news = [...new Set(added)].filter((name) => !scope.all.includes(name));
  return { names: [...scope.names, ...news], all: [...scope.all, ...news], key: [scope.key, ...news].join(',') };
}

/** Where an act is described, `$secrets` may be used. */
export const withSecrets = (scope: Scope): Scope => ({ ...scope, secrets: true });

/** The expressions of a program, each source once. */
export interface ExpressionTable {
  readonly ids: Map<string, ExprId>;
  readonly sources: string[];
}
export const newTable = (): ExpressionTable => ({ ids: new Map(), sources: [] });

export interface Expressions {
  /** Checks `source`, which stands in `node` from `offset` of its value on. */
  add(node: TextNode, source: string, offset: number, scope: Scope): ExprId;
  readonly table: ExpressionTable;
}

/** `report` belongs to the text that the expressions stand in; several texts may fill one table. `secrets`: the names that it declares. */
export function createExpressions(report: Report, secrets: ReadonlySet<string>, table = newTable()): Expressions {
  const { ids, sources } = table;
  const checked = new Map<string, Checked>();
  const check = (source: string, scope: Scope): Checked => {
    const key = `${scope.key}\0${source}`;
    let known = checked.get(key);
    if (known === undefined) checked.set(key, (known = checkSource(source, scope)));
    return known;
  };
  return {
    table,
    add(node, source, offset, scope) {
      const { error, usesSecrets, usesVariables } = check(source, scope);
      const place = (at: number): number => textOffset(report.text, node, offset + at);
      if (error !== undefined) {
        const advice = error.suggestion === undefined ? undefinedVariable(source, error, scope) : `Did you mean "${error.suggestion}"?`;
        report.errorAt(place(error.offset), writtenPathOf(node), `Expression: ${plainMessage(error)}`, advice);
      }
      if (usesSecrets) checkSecretUses(report, node, source, scope.secrets === true, secrets, place);
      if (usesVariables) checkVariableUses(report, node, source, place);
      let id = ids.get(source);
      if (id === undefined) {
        id = sources.length;
        if (id === MAX_EXPRESSIONS) report.error(node, `The document has more than ${MAX_EXPRESSIONS} different expressions.`);
        if (id >= MAX_EXPRESSIONS) return id;
        sources.push(source);
        ids.set(source, id);
      }
      return id;
    },
  };
}

interface Checked {
  readonly error?: JqCompileError;
  readonly usesSecrets: boolean;
  readonly usesVariables: boolean;
}

function checkSource(source: string, scope: Scope): Checked {
  try {
    const { variables } = compile(source, { variables: [...scope.all] });
    return { usesSecrets: variables.includes('secrets'), usesVariables: variables.includes('variables') };
  } catch (error) {
    if (error instanceof JqCompileError) return { error, usesSecrets: false, usesVariables: false };
    throw error;
  }
}

/** The position inside the expression is dropped: the place in the document is given instead. */
function plainMessage(error: JqCompileError): string {
  const text = error.message.replace(/ \(line \d+, column \d+\)(; did you mean .*\?)?$/s, '');
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function undefinedVariable(source: string, error: JqCompileError, scope: Scope): string | undefined {
  const name = /^\$([A-Za-z_]\w*)/.exec(source.slice(error.offset))?.[1];
  if (name === undefined) return undefined;
  const found = nearest(name, scope.all);
  return found === undefined ? `Known here: ${scope.all.map((known) => `$${known}`).join(', ')}.` : `Did you mean "$${found}"?`;
}

export type Recognised =
  | { readonly kind: 'literal' }
  | { readonly kind: 'expression'; readonly source: string; readonly offset: number }
  | { readonly kind: 'refused' };

/** Is this text a literal or `${ ... }`? Half an expression is reported here. */
export function recognise(report: Report, node: TextNode): Recognised {
  const { value } = node;
  const start = value.indexOf('${');
  if (start < 0) return { kind: 'literal' };
  const trimmed = value.trimEnd();
  if (value.slice(0, start).trim() !== '' || !trimmed.endsWith('}') || joined(trimmed.slice(start + 2, -1))) {
    const missing = value.slice(0, start).trim() === '' && !trimmed.includes('}', start);
    report.error(
      node,
      missing ? 'This expression is not closed.' : 'An expression must be the whole value.',
      missing ? 'End it with "}"; an expression with " #" in it needs quotes.' : 'Put the text inside: ${ "Hello \\(.name)" }.',
    );
    return { kind: 'refused' };
  }
  const source = trimmed.slice(start + 2, -1);
  if (source.trim() === '') {
    report.error(node, 'This expression is empty.', 'Write ${ . } for the whole input.');
    return { kind: 'refused' };
  }
  return { kind: 'expression', source, offset: start + 2 };
}

/** `${ .a } and ${ .b }`: the first expression ends before the last brace. Strings of the expression may hold anything. */
function joined(inner: string): boolean {
  return inner.includes('${') && /\}[^{}"]*\$\{/.test(inner.replace(/"(?:[^"\\]|\\.)*"/gs, '""'));
}

/** Where OWS takes an expression: `${ ... }` or its bare source. */
export function expressionOf(report: Report, expressions: Expressions, node: TextNode | undefined, scope: Scope): ExprId | undefined {
  if (node === undefined) return undefined;
  const found = recognise(report, node);
  if (found.kind === 'refused') return undefined;
  if (found.kind === 'expression') return expressions.add(node, found.source, found.offset, scope);
  if (node.value.trim() !== '') return expressions.add(node, node.value, 0, scope);
  report.error(node, 'This expression is empty.', 'Leave the key out, or write the expression.');
  return undefined;
}

/** Offset in the document of position `index` of a scalar's value: exact for one line, right in its line for folded and escaped text. */
export function textOffset(text: string, node: TextNode, index: number): number {
  let raw = node.style === 'block' ? text.indexOf('\n', node.at) + 1 : node.style === 'plain' ? node.at : node.at + 1;
  for (let i = 0; i <= index && raw < text.length; i++) {
    const unit = node.value[i] ?? ' ';
    raw = skipToUnit(text, raw, unit, node);
    if (i === index) return raw;
    raw += unitLength(text, raw, unit, node);
  }
  return Math.min(raw, text.length);
}

const isSpace = (unit: string | undefined): boolean => unit === ' ' || unit === '\n' || unit === '\r' || unit === '\t';

/** Folding and indentation put white space into the text that the value does not have. */
function skipToUnit(text: string, raw: number, unit: string, node: TextNode): number {
  if (isSpace(unit)) return raw;
  let at = raw;
  for (;;) {
    if (isSpace(text[at])) at++;
    else if (node.style === 'double' && text[at] === '\\' && (text[at + 1] === '\n' || text[at + 1] === '\r')) at += 2;
    else return at;
  }
}

function unitLength(text: string, raw: number, unit: string, node: TextNode): number {
  if (node.style === 'double' && text[raw] === '\\') return ESCAPE_LENGTHS[text[raw + 1] ?? ''] ?? 2;
  if (node.style === 'single' && text[raw] === "'") return 2;
  return isSpace(unit) && !isSpace(text[raw]) ? 0 : 1;
}

const ESCAPE_LENGTHS: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };
