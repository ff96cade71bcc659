// Where a step goes next (`then`), and which steps of a list can be reached at all.
import type { Pc, Step, Then } from '../program.ts';
import type { Compilation, Site } from './compilation.ts';
import { didYouMean } from './nearest.ts';
import { shorten } from './shape.ts';
import type { ListNode, TextNode } from './tree.ts';

export const DIRECTIVES: ReadonlySet<string> = new Set(['continue', 'exit', 'end']);

export function thenOf(c: Compilation, node: TextNode | undefined, site: Site): Then {
  if (node === undefined || node.value === 'continue') return { kind: 'continue' };
  if (node.value === 'exit') return { kind: isBefore(c, site) ? 'bypass' : 'exit' };
  if (node.value === 'end') return { kind: 'end' };
  const pc = site.inBranches ? undefined : site.siblings.get(node.value);
  if (pc !== undefined) return { kind: 'goto', pc, back: pc <= (site.frame ?? site.pc) };
  if (site.inBranches)
    c.report.error(node, 'A branch of a fork cannot jump to another step.', 'Use "continue", "exit" or "end", or jump from the fork itself.');
  else
    c.report.error(
      node,
      `There is no step "${shorten(node.value)}" in this list.`,
      didYouMean(node.value, [...site.siblings.keys(), ...DIRECTIVES]) ?? '"then" names a step of the same list, or "continue", "exit", "end".',
    );
  return { kind: 'continue' };
}

/** In the list `before` of an extension, not in a list inside of it. */
const isBefore = (c: Compilation, site: Site): boolean => c.extending?.before === site.parent;

/** Warns of steps that no step of the list leads to. Linear: each step is looked at once. */
export function warnUnreachable(c: Compilation, list: ListNode, base: Pc): void {
  const steps = c.steps.slice(base, base + list.items.length);
  const reached = new Set<Pc>();
  const open: Pc[] = [base];
  for (let pc = open.pop(); pc !== undefined; pc = open.pop()) {
    const step = steps[pc - base];
    if (reached.has(pc)) continue;
    reached.add(pc);
    if (step === undefined) return;
    const framed = step.kind === 'do' && step.frames !== undefined ? c.steps[step.frames] : step;
    for (const to of framed === undefined ? [] : successors(step, framed)) if (to >= 0 && !reached.has(to)) open.push(to);
  }
  steps.forEach((step, i) => {
    const item = list.items[i];
    if (step !== undefined && item !== undefined && !reached.has(base + i))
      c.report.warn(item, `The step "${shorten(step.name)}" is never reached.`, 'Lead to it by "then", or remove it.');
  });
}

/** `own` is the step itself, or the extended step in its frame. */
function successors(step: Step, own: Step): Pc[] {
  const leads = (then: Then): Pc => (then.kind === 'goto' ? then.pc : then.kind === 'continue' ? step.next : -1);
  const found: Pc[] = [];
  if (step.if !== undefined) found.push(step.next);
  if (own.kind === 'switch') found.push(...own.cases.map((one) => leads(one.then)));
  if (own.kind === 'try' && own.catchThen !== undefined) found.push(leads(own.catchThen));
  const settled = own.kind === 'switch' && own.cases.some((one) => one.when === undefined);
  if (step !== own || (!settled && own.kind !== 'raise')) found.push(leads(step.then));
  return found;
}
