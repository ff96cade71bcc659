// `combinations`: one item of each list, the first list turning slowest.
import { raise } from '../errors.ts';
import type { Json } from '../json.ts';
import { type Code, eachCode, type Env } from '../machine.ts';
import { checkArray } from '../operators.ts';
import { itemsOf } from '../access.ts';
import type { Form } from './generators.ts';

function eachCombination(env: Env, lists: readonly Json[], emit: (value: Json) => boolean): boolean {
  const from = (at: number, chosen: readonly Json[]): boolean => {
    if (at === lists.length) return emit([...chosen]);
    env.run.enter(3);
    for (const item of itemsOf(lists[at] as Json)) {
      env.run.spend(1 + (chosen.length >> 2));
      if (from(at + 1, [...chosen, item])) return true;
    }
    env.run.depth -= 3;
    return false;
  };
  const { depth } = env.run;
  const stop = from(0, []);
  env.run.depth = depth;
  return stop;
}

const combinations: Form = () => eachCode((env, input, emit) => eachCombination(env, itemsOf(input), emit));

const combinationsOf: Form = (args) =>
  eachCode((env, input, emit) =>
    (args[0] as Code).each(env, input, (size) => {
      if (typeof size !== 'number') return raise('Range bounds must be numeric');
      const count = size > 0 ? Math.min(Math.ceil(size), env.run.limits.arrayLength + 1) : 0;
      checkArray(env.run, count);
      return eachCombination(env, new Array<Json>(count).fill(input), emit);
    }),
  );

export const COMBINATION_FORMS: ReadonlyMap<string, Form> = new Map<string, Form>([
  ['combinations/0', combinations],
  ['combinations/1', combinationsOf],
]);
