// Where a step goes next (`then`), and which steps of a list can be reached at all.
import type { Pc, Step, Then } from '../program.ts';
import type { Compilation, Site } from './compilation.ts';
import { didYouMean } from './nearest.ts';
import { shorten } from './shape.ts';
import type { ListNode, TextNode } from './tree.ts';

export const DIRECTIVES: ReadonlySet<string> = new Set(['continue', 'exit', 'end']);

export function thenOf(c: Compilation, node: TextNode | undefined, site: Site): Then {
  if (node === undefined || node.value === 'continue') return { kind: 'continue' };
  if (node.value === 'exit') return { kind: 'exit' };
  if (node.value === 'end') return { kind: 'end' };
  const pc = site.inBranches ? undefined : site.siblings.get(node.value);
  if (pc !== undefined) return { kind: 'goto', pc, back: pc <= site.pc };
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
    for (const to of successors(step)) if (to >= 0 && !reached.has(to)) open.push(to);
  }
  steps.forEach((step, i) => {
    const item = list.items[i];
    if (step !== undefined && item !== undefined && !reached.has(base + i))
      c.report.warn(item, `The step "${shorten(step.name)}" is never reached.`, 'Lead to it by "then", or remove it.');
  });
}

function successors(step: Step): Pc[] {
  const leads = (then: Then): Pc => (then.kind === 'goto' ? then.pc : then.kind === 'continue' ? step.next : -1);
  const found: Pc[] = [];
  if (step.if !== undefined) found.push(step.next);
  if (step.kind === 'switch') found.push(...step.cases.map((one) => leads(one.then)));
  if (step.kind === 'try' && step.catchThen !== undefined) found.push(leads(step.catchThen));
  const settled = step.kind === 'switch' && step.cases.some((one) => one.when === undefined);
  if (!settled && step.kind !== 'raise') found.push(leads(step.then));
  return found;
}
