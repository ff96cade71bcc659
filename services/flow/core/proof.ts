// How a fetch at publishing proves who it is: evaluated with the secrets of that moment, when there is no run. Pure.
// I1 It sees secrets and nothing else, and is kept nowhere.
import type { Json } from '@palace/jq/json.ts';
import type { Proof } from './language/expansion.ts';
import { link, type Linked } from './link.ts';
import { PROGRAM_FORMAT, type Program } from './program.ts';
import { namesIn, withSecretsNow, type SecretValues } from './secrets.ts';

const FUEL = 100_000;

/** A program of expressions alone. */
function linked({ expressions }: Proof): Linked {
  const program: Program = { format: PROGRAM_FORMAT, namespace: '', name: '', version: '', steps: [], expressions, input: {}, output: {}, document: null };
  return link(program, '');
}

export const secretsOfProof = (proof: Proof): readonly string[] => namesIn(linked(proof), proof.template);

/** Throws StepFault. */
export const evaluateProof = (proof: Proof, secrets: SecretValues): Json => withSecretsNow(linked(proof), proof.template, null, {}, secrets, 0, FUEL);
