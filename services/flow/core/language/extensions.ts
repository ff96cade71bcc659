// `use.extensions`: steps before and after every step of a kind. Owns the reading of extensions and the frame around an extended step.
// I1 An extended step keeps its pointer, input and output: the frame is a list in its place, with silent lists before and after it in it.
// I2 The first extension is the outermost: its `before` runs first, its `after` last. `when` is looked at for each step and each list anew.
// I3 The steps of an extension are not extended, and see no variables but their own: they stand in `use`, not where the step stands.
// I4 Each frame has steps of its own, counted like all others (MAX_STEPS): `POINTER/extensions/NAME/before/0/step`.
import type { Pc, Step, StepOf } from '../program.ts';
import { apart, present, reserve, type Compilation, type Extension, type Site } from './compilation.ts';
import { expressionOf, ROOT_SCOPE } from './expressions.ts';
import { EXTENSION, type StepKindName } from './grammar.ts';
import { MAX_NAME_LENGTH, MAX_STEPS } from './limits.ts';
import type { Report } from './report.ts';
import { checkShape, shorten } from './shape.ts';
import { escapePointer, listAt, pathOf, textAt, type ListNode } from './tree.ts';

/** Those that are well formed; the others have got their message. */
export function readExtensions(report: Report, list: ListNode | undefined): Extension[] {
  const found: Extension[] = [];
  for (const item of list?.items ?? []) {
    const [name, body] = item.kind === 'map' && item.entries.size === 1 ? [...item.entries][0]! : ['', undefined];
    if (body === undefined || body.kind !== 'map') {
      report.error(item, 'An extension is one name with its body under it.', 'For example: "- logging: {extend: call, before: [...]}".');
      continue;
    }
    checkShape(report, body, EXTENSION);
    if (name.trim() === '' || name.length > MAX_NAME_LENGTH) report.errorAtKey(body, `A name has 1 to ${MAX_NAME_LENGTH} characters.`);
    if (found.some((other) => other.name === name)) report.errorAtKey(body, `Two extensions are named "${shorten(name)}".`, 'Give one of them another name.');
    const [before, after] = [listAt(body, 'before'), listAt(body, 'after')];
    if (before === undefined && after === undefined)
      report.warn(body, `The extension "${shorten(name)}" does nothing.`, 'Give it steps under "before" or "after".');
    found.push({ name, extend: textAt(body, 'extend')?.value ?? '', when: textAt(body, 'when'), before, after });
  }
  return found;
}

/** All of them once more beside the program, so that mistakes are found in those that extend nothing here. Lowered by the next lowerLists. */
export function checkExtensions(c: Compilation): void {
  const alone = apart(c);
  for (const { when, before, after } of c.extensions) {
    expressionOf(c.report, alone.expressions, when, ROOT_SCOPE);
    for (const list of [before, after]) {
      if (list === undefined) continue;
      const pc = alone.steps.push(undefined) - 1;
      reserve({ ...alone, extensions: [], extending: { of: 0, ...(list === before && { before: pc }) } }, list, pc, ROOT_SCOPE, false);
    }
  }
}

export function extensionsOf(c: Compilation, kind: StepKindName): readonly Extension[] {
  if (c.extensions.length === 0) return [];
  const group = kind === 'do' || kind === 'fork' ? 'composite' : kind;
  return c.extensions.filter(({ extend, before, after }) => (extend === 'all' || extend === group) && (before ?? after) !== undefined);
}

interface Part {
  readonly extension: Extension;
  readonly name: 'before' | 'after';
  readonly list: ListNode;
}

/** The frame, with the step and the lists around it numbered in the order in which they run. */
export function lowerExtended(c: Compilation, site: Site, around: readonly Extension[], lower: (site: Site) => Step | undefined): Step | undefined {
  const parts = (name: Part['name'], extensions: readonly Extension[]): Part[] =>
    extensions.flatMap((extension) => (extension[name] === undefined ? [] : [{ extension, name, list: extension[name] }]));
  const before = parts('before', around);
  const after = parts('after', around.toReversed());
  const count = before.length + 1 + after.length;
  if (c.steps.length + count > MAX_STEPS) {
    c.report.error(site.body, `The document has more than ${MAX_STEPS} steps, those of its extensions counted at each step.`, 'Extend fewer kinds of steps.');
    return undefined;
  }
  const first = c.steps.length;
  const own = first + before.length;
  const next = (pc: Pc): Pc => (pc === first + count - 1 ? -1 : pc + 1);
  for (let i = 0; i < count; i++) c.steps.push(undefined);
  const lists = [...before, undefined, ...after];
  lists.forEach((part, i) => {
    if (part !== undefined) c.steps[first + i] = lowerPart(c, site, part, { pc: first + i, next: next(first + i), of: own });
  });
  const step = lower({ ...site, pc: own, parent: site.pc, next: next(own), frame: site.pc });
  if (step === undefined) return undefined;
  const { if: condition, ...inner } = step;
  c.steps[own] = inner;
  const { name, line, column, then } = step;
  const pointer = `${step.pointer}/extensions`;
  return present<StepOf<'do'>>({
    kind: 'do',
    ...{ pc: site.pc, pointer, name, parent: site.parent, next: site.next },
    line,
    column,
    if: condition,
    then,
    first,
    frames: own,
  });
}

function lowerPart(c: Compilation, site: Site, { extension, name, list }: Part, at: { readonly pc: Pc; readonly next: Pc; readonly of: Pc }): Step {
  const pointer = `${c.origin.pointerOf(site.body)}/extensions/${escapePointer(extension.name)}/${name}`;
  const path = pathOf(list);
  const inner: Compilation = {
    ...c,
    extensions: [],
    extending: { of: at.of, ...(name === 'before' && { before: at.pc }) },
    origin: { ...c.origin, pointerOf: (node) => pointer + pathOf(node).slice(path.length) },
  };
  return present<StepOf<'do'>>({
    kind: 'do',
    pc: at.pc,
    pointer,
    name: extension.name,
    parent: site.pc,
    next: at.next,
    ...c.origin.placeOf(list.keyAt),
    if: expressionOf(c.report, c.expressions, extension.when, ROOT_SCOPE),
    then: { kind: 'continue' },
    extends: at.of,
    first: reserve(inner, list, at.pc, ROOT_SCOPE, false),
    silent: true,
  });
}
