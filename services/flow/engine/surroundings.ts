// What a run takes along of its environment when it begins: read once, journaled with its first event, never looked up again.
// I1 A flow that names no variable, in the default environment, reads nothing: most starts cost what they did.
// I2 Who asks for a start is told at once of an environment that is not there and of variables that are missing; what something started by
//    itself begins all the same, and fails with the same words where people see it.
import { PalaceError } from '@palace/platform/errors.ts';
import { DEFAULT_ENVIRONMENT } from '@palace/gateway/contract.ts';
import type { Linked } from '../core/link.ts';
import type { Surroundings } from '../core/model.ts';
import { fits } from '../core/payload.ts';
import { environmentOf, missingSentence, missingVariables, namedVariables } from '../core/surroundings.ts';
import { settingOf } from '../core/turn.ts';
import type { EngineParts } from './parts.ts';

const NOTHING: Surroundings = {};

/** I1: undefined when there is something to read. */
export function plainSurroundings({ program }: Linked, environment: string | undefined): Surroundings | undefined {
  return program.variables === undefined && environmentOf({ environment }) === DEFAULT_ENVIRONMENT ? NOTHING : undefined;
}

/** For who waits for an answer. Throws `environment.unknown`, `run.variables-missing`, `run.input-refused`. */
export async function askedSurroundings(parts: EngineParts, tenant: string, linked: Linked, environment: string | undefined): Promise<Surroundings> {
  const plain = plainSurroundings(linked, environment);
  if (plain !== undefined) return plain;
  const name = environmentOf({ environment });
  const all = await parts.environments.variables(tenant, name);
  if (all === undefined) throw new PalaceError('environment.unknown', { detail: `There is no environment "${name}".` });
  const variables = namedVariables(linked.program, all);
  const missing = missingVariables(linked.program, variables);
  if (missing.length > 0) throw new PalaceError('run.variables-missing', { detail: `${missingSentence(missing, name)}.` });
  if (!fits(variables, parts.settings.decide.payloadBytes)) throw new PalaceError('run.input-refused', { detail: tooLarge(parts) });
  return given(linked, environment, variables);
}

/** For what nobody waits for. */
export async function ownSurroundings(parts: EngineParts, tenant: string, linked: Linked, environment: string | undefined): Promise<Surroundings> {
  const plain = plainSurroundings(linked, environment);
  if (plain !== undefined) return plain;
  if (linked.program.variables === undefined) return given(linked, environment, {});
  const variables = namedVariables(linked.program, (await parts.environments.variables(tenant, environmentOf({ environment }))) ?? {});
  // Without them it fails at once, with a sentence about what is missing.
  return given(linked, environment, fits(variables, parts.settings.decide.payloadBytes) ? variables : {});
}

function given({ program }: Linked, environment: string | undefined, variables: NonNullable<Surroundings['variables']>): Surroundings {
  const isOther = environmentOf({ environment }) !== DEFAULT_ENVIRONMENT;
  return { ...(isOther && environment !== undefined && { environment }), ...(program.variables !== undefined && { variables }) };
}

const tooLarge = ({ settings }: EngineParts): string =>
  `The variables that the flow uses are larger than ${settings.decide.payloadBytes} bytes together. The setting is ${settingOf('payloadBytes')}.`;
