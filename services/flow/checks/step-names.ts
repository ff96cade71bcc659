// How a check names a step: by its JSON pointer, or by its name with as many of the names above it as are needed, `billing/charge`.
// I1 The name that shortName gives is found again by findStep, and means the same step.
import { didYouMean } from '../core/language/nearest.ts';
import type { Program, Step } from '../core/program.ts';

export type Found = { readonly step: Step } | { readonly message: string; readonly suggestion?: string };

interface Names {
  /** Names from the outermost, joined by `/`; the lists inside a step have none of their own. */
  readonly full: readonly string[];
  readonly byEnding: ReadonlyMap<string, readonly Step[]>;
}

const known = new WeakMap<Program, Names>();

export function findStep(program: Program, written: string): Found {
  if (written.startsWith('/')) {
    const step = program.steps.find((one) => one.pointer === written);
    return step === undefined
      ? unknown(
          program,
          written,
          `There is no step at ${written}`,
          program.steps.map((one) => one.pointer),
        )
      : { step };
  }
  const { byEnding } = namesOf(program);
  const steps = byEnding.get(written) ?? [];
  const [step, ...others] = steps;
  if (step === undefined) return unknown(program, written, `There is no step "${written}"`, byEnding.keys());
  if (others.length === 0) return { step };
  return {
    message: `"${written}" names ${steps.length} steps.`,
    suggestion: `Write one of: ${steps
      .slice(0, 8)
      .map((one) => shortName(program, one))
      .join(', ')}.`,
  };
}

function unknown(program: Program, written: string, message: string, candidates: Iterable<string>): Found {
  const advice = didYouMean(written, candidates);
  const where = `${message} in ${program.namespace}/${program.name}.`;
  if (advice !== undefined) return { message: where, suggestion: advice };
  const some = namesOf(program)
    .full.filter((name) => name !== '')
    .slice(0, 12);
  return some.length === 0 ? { message: where } : { message: where, suggestion: `Its steps are: ${some.join(', ')}.` };
}

/** The shortest name that means this step alone, or its pointer. */
export function shortName(program: Program, step: Step): string {
  const { full, byEnding } = namesOf(program);
  const parts = (full[step.pc] ?? '').split('/');
  for (let count = 1; count <= parts.length; count++) {
    const ending = parts.slice(-count).join('/');
    if (ending !== '' && byEnding.get(ending)?.length === 1 && byEnding.get(ending)?.[0] === step) return ending;
  }
  return step.pointer;
}

/** A list inside a step (the body of a loop, a try, a handler): it has no name of its own. */
export function isInner(program: Program, step: Step): boolean {
  const parent = program.steps[step.parent];
  return parent === undefined || !/\/\d+\//.test(step.pointer.slice(parent.pointer.length));
}

function namesOf(program: Program): Names {
  const found = known.get(program);
  if (found !== undefined) return found;
  const full: string[] = [];
  const byEnding = new Map<string, Step[]>();
  for (const step of program.steps) {
    if (isInner(program, step)) continue;
    const names = [...namesAbove(program, step), step.name];
    full[step.pc] = names.join('/');
    for (let from = 0; from < names.length; from++) {
      const ending = names.slice(from).join('/');
      const steps = byEnding.get(ending);
      if (steps === undefined) byEnding.set(ending, [step]);
      else if (!steps.includes(step)) steps.push(step);
    }
  }
  const names = { full, byEnding };
  known.set(program, names);
  return names;
}

function namesAbove(program: Program, step: Step): string[] {
  const names: string[] = [];
  for (let above = program.steps[step.parent]; above !== undefined; above = program.steps[above.parent])
    if (!isInner(program, above)) names.unshift(above.name);
  return names;
}
