// The part of its environment that a run takes along: which variables its flow names, which of them are missing. Pure.
import type { Json } from '@palace/jq/json.ts';
import { DEFAULT_ENVIRONMENT } from '@palace/gateway/contract.ts';
import { standardFault } from './faults.ts';
import type { RunFault, Surroundings } from './model.ts';
import type { Program } from './program.ts';

export type Variables = NonNullable<Surroundings['variables']>;

export const environmentOf = ({ environment }: { readonly environment?: string | undefined }): string => environment ?? DEFAULT_ENVIRONMENT;

/** Of all variables of an environment, those that the flow names. */
export function namedVariables({ variables = [] }: Pick<Program, 'variables'>, all: Readonly<Record<string, Json>>): Variables {
  return Object.fromEntries(variables.flatMap(({ name }) => (Object.hasOwn(all, name) ? [[name, all[name] as Json]] : [])));
}

export function missingVariables({ variables = [] }: Pick<Program, 'variables'>, given: Surroundings['variables']): string[] {
  return variables.flatMap(({ name, optional }) => (optional === true || (given !== undefined && Object.hasOwn(given, name)) ? [] : [name]));
}

/** What is missing, and the command that sets it. */
export function missingSentence(names: readonly string[], environment: string): string {
  const quoted = names.map((name) => `"${name}"`).join(', ');
  const where = environment === DEFAULT_ENVIRONMENT ? '' : ` --env ${environment}`;
  const lacks = names.length === 1 ? `the variable ${quoted}, which is` : `the variables ${quoted}, which are`;
  return `The flow uses ${lacks} not set in the environment "${environment}". Set ${names.length === 1 ? 'it' : 'them'} with "palace variable set ${names[0]} VALUE${where}"`;
}

/** Of a run that nobody could refuse in time. What it was given it keeps: it has to be started again. */
export const missingVariablesFault = (names: readonly string[], environment: string): RunFault =>
  standardFault('configuration', `${missingSentence(names, environment)}, then start the flow again.`);
