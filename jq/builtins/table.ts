// Every builtin by `name/arity`, and the names left out on purpose with the sentence that says why.
import type { FunctionNode } from '../ast.ts';
import type { Native } from '../native.ts';
import { COLLECTION_NATIVES } from './collections.ts';
import { COMBINATION_FORMS } from './combinations.ts';
import { DATE_NATIVES } from './dates.ts';
import { PATH_FORMS } from './forms.ts';
import { type Form, GENERATOR_FORMS } from './generators.ts';
import { MATH_NATIVES } from './math.ts';
import { prelude } from './prelude.ts';
import { REGEX_FORMS } from './regexes.ts';
import { STRING_NATIVES } from './strings.ts';
import { VALUE_NATIVES } from './values.ts';

export const FORMS: ReadonlyMap<string, Form> = new Map([...GENERATOR_FORMS, ...PATH_FORMS, ...COMBINATION_FORMS, ...REGEX_FORMS]);

export const NATIVES: ReadonlyMap<string, Native> = new Map<string, Native>([
  ...VALUE_NATIVES,
  ...COLLECTION_NATIVES,
  ...STRING_NATIVES,
  ...MATH_NATIVES,
  ...DATE_NATIVES,
  ['builtins/0', () => builtinNames().filter((key) => !key.startsWith('_'))],
]);

export function preludeFunction(key: string): FunctionNode | undefined {
  return prelude().get(key);
}

export function builtinNames(): string[] {
  return [...new Set([...FORMS.keys(), ...NATIVES.keys(), ...prelude().keys()])];
}

const ONE_INPUT = 'a program has one input, given by its caller';
const NO_ENVIRONMENT = 'a program cannot read the environment';
const NO_EFFECTS = 'a program has no side effects';

export const EXCLUDED: ReadonlyMap<string, string> = new Map([
  ['input', `input is not available: ${ONE_INPUT}`],
  ['inputs', `inputs is not available: ${ONE_INPUT}`],
  ['input_filename', `input_filename is not available: ${ONE_INPUT}`],
  ['input_line_number', `input_line_number is not available: ${ONE_INPUT}`],
  ['env', `env is not available: ${NO_ENVIRONMENT}`],
  ['$ENV', `$ENV is not available: ${NO_ENVIRONMENT}`],
  ['debug', `debug is not available: ${NO_EFFECTS}`],
  ['stderr', `stderr is not available: ${NO_EFFECTS}`],
  ['halt', `halt is not available: ${NO_EFFECTS}`],
  ['halt_error', `halt_error is not available: ${NO_EFFECTS}; use error`],
  ['exec', `exec is not available: ${NO_EFFECTS}`],
  ['modulemeta', 'modulemeta is not available: programs stand alone, without modules or files'],
  ['get_search_list', 'get_search_list is not available: programs stand alone, without modules or files'],
]);
