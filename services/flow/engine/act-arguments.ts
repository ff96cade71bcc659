// The arguments of an act at the moment it begins: those of its intent, with the secrets in their places.
// I1 The values live in the arguments and the mask of one act; nothing of the engine holds them when it is over.
// I2 What is missing or cannot be opened is a fault of the step, and nothing was sent.
import type { Json } from '@palace/jq/jq.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { standardFault } from '../core/faults.ts';
import { Mask } from '../core/mask.ts';
import type { RunFault } from '../core/model.ts';
import type { OpenEffect } from '../core/run.ts';
import { argumentsOf, missingSecret, namesIn, secretsNeeded, withSecretsNow, type SecretValues } from '../core/secrets.ts';
import { environmentOf } from '../core/surroundings.ts';
import { StepFault } from '../core/turn.ts';
import { runtimeOf } from '../core/variables.ts';
import type { Verify } from '../core/program.ts';
import type { EngineParts } from './parts.ts';
import type { Slot } from './slot.ts';

const READ_AGAIN_MS = 250;

export interface AtHand {
  readonly args: Json;
  readonly mask: Mask;
}

/** Throws StepFault. */
export async function argumentsAtHand(parts: EngineParts, slot: Slot, effect: OpenEffect, untilMs: number): Promise<AtHand> {
  const names = secretsNeeded(slot.run, effect);
  if (effect.seen === undefined) return { args: effect.args, mask: new Mask() };
  const secrets = await readSecrets(parts, slot, names, untilMs);
  return { args: argumentsOf(slot.run, effect, secrets, parts.settings.decide.expressionFuel), mask: new Mask(secrets) };
}

/** Of the request that asks what became of an act. Throws StepFault. */
export async function verifyAtHand(parts: EngineParts, slot: Slot, effect: OpenEffect, verify: Verify, untilMs: number): Promise<AtHand> {
  const { linked } = slot.run;
  const variables = verifyVariables(parts, slot, effect);
  const secrets = await readSecrets(parts, slot, namesIn(linked, verify.with), untilMs);
  const args = withSecretsNow(linked, verify.with, effect.args, variables, secrets, parts.node().timeMs(), parts.settings.decide.expressionFuel);
  return { args, mask: new Mask(secrets) };
}

export const verifyVariables = (parts: EngineParts, { run }: Slot, effect: OpenEffect) => ({
  variables: run.variables ?? {},
  effect: { key: effect.key, args: effect.args },
  runtime: runtimeOf(parts.settings),
});

/** A database that is away for a moment is asked again until the act's time is over. */
async function readSecrets(parts: EngineParts, { tenant, run }: Slot, names: readonly string[], untilMs: number): Promise<SecretValues> {
  if (names.length === 0) return new Map();
  for (;;) {
    try {
      const found = await parts.secrets.read(tenant, environmentOf(run), names);
      const missing = names.find((name) => !found.has(name));
      if (missing !== undefined) throw new StepFault(missingSecret(missing, run.environment));
      return found;
    } catch (error) {
      if (!(error instanceof PalaceError)) throw error;
      if (error.row.retry !== 'later' || parts.scheduler.nowMs() + READ_AGAIN_MS >= untilMs) throw new StepFault(unreadable(error));
      await new Promise<void>((resolve) => parts.scheduler.after(READ_AGAIN_MS, resolve));
    }
  }
}

function unreadable(error: PalaceError): RunFault {
  const kind = error.row.retry === 'later' ? 'runtime' : 'configuration';
  return standardFault(kind, `The secrets of the step cannot be read: ${error.message} ${error.row.next}`);
}
