// Calls that compile and are not available yet: they fail before anything is sent, always in the same words.
import { standardFault } from '../core/faults.ts';
import { DEFAULT_FUNCTIONS } from '../core/language/protocol-shapes.ts';
import type { EffectOutcome } from './executor.ts';

const PROTOCOLS: readonly string[] = ['grpc', 'asyncapi', 'a2a', 'mcp'];

/** For a function that has no executor. */
export function notAvailable(name: string): EffectOutcome {
  const known =
    PROTOCOLS.includes(name) ||
    /^(.*):[^:@]+@default$/
      .exec(name)
      ?.slice(1)
      .some((one) => Object.hasOwn(DEFAULT_FUNCTIONS, one)) === true;
  const detail = known ? `"call: ${name}" is not available yet.` : `This server has no function "${name}".`;
  return { ok: false, fault: standardFault('configuration', detail), reach: 'not-sent' };
}
