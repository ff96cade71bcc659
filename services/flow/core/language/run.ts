// run: another flow, or a process (run-process.ts). What all four forms share is checked here: one of them, what is awaited and returned.
import type { StepCommon, StepKind, StepOf } from '../program.ts';
import { present, type Compilation, type Site } from './compilation.ts';
import { flowReference } from './flow-reference.ts';
import { containerOf, scriptOf, shellOf } from './run-process.ts';
import { orList } from './shape.ts';
import { refuseSettings } from './step-settings.ts';
import { templateOf } from './templates.ts';
import { booleanAt, entry, mapAt, textAt, type MapNode } from './tree.ts';

const FORMS = { workflow: workflowOf, script: scriptOf, shell: shellOf, container: containerOf } as const;
const NAMES = Object.keys(FORMS) as (keyof typeof FORMS)[];

export function runOf(c: Compilation, site: Site): StepKind | undefined {
  const run = mapAt(site.body, 'run');
  if (run === undefined) return undefined;
  const given = NAMES.filter((name) => run.entries.has(name));
  const [form, second] = given;
  if (form === undefined) {
    c.report.errorAtKey(run, 'A run does not say what it runs.', `Give it one of: ${orList(NAMES)}.`);
    return undefined;
  }
  if (second !== undefined) {
    c.report.errorAtKey(run, `A run is several things at once: ${given.join(', ')}.`, 'Make a step of its own of each.');
    return undefined;
  }
  if (form !== 'workflow') checkAwaited(c, run, form);
  const what = mapAt(run, form);
  return what === undefined ? undefined : FORMS[form](c, site, run, what);
}

/** An act belongs to its step and ends with it. What goes on by itself needs a run of its own, which people see and can cancel. */
function checkAwaited(c: Compilation, run: MapNode, form: string): void {
  const node = entry(run, 'await');
  if (node === undefined || booleanAt(run, 'await') !== false) return;
  c.report.error(
    node,
    form === 'script' ? 'A script acts on nothing but its output: not awaited it would do nothing.' : `A ${form} that nobody waits for belongs to no step.`,
    'Put it into a flow of its own and run that: "run: {workflow: {...}, await: false}".',
  );
}

function workflowOf(c: Compilation, site: Site, run: MapNode, workflow: MapNode): Omit<StepOf<'run'>, keyof StepCommon> | undefined {
  refuseSettings(c, site.body);
  const flow = flowReference(c, workflow);
  const silent = returnsNothing(c, run);
  if (flow === undefined) return undefined;
  const input = mapAt(workflow, 'input');
  return present<Omit<StepOf<'run'>, keyof StepCommon>>({
    kind: 'run',
    flow,
    input: input === undefined ? undefined : templateOf(c, input, site.scope),
    await: booleanAt(run, 'await') ?? true,
    silent: silent ? true : undefined,
  });
}

/** A sub-flow has an output and no streams: `stdout`, what is returned anyway, stands for it. */
function returnsNothing(c: Compilation, run: MapNode): boolean {
  const node = textAt(run, 'return');
  if (node === undefined || node.value === 'stdout') return false;
  if (node.value === 'none') return true;
  if (['stderr', 'code', 'all'].includes(node.value))
    c.report.error(node, `A sub-flow has no "${node.value}".`, 'Leave "return" out to get its output, or write "none".');
  return false;
}
