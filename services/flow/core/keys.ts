// Names and chances that depend on a position alone: the same position always gives the same key, id and jitter (ENGINE E9).
// I1 An effect's key is H(run, generation, pointer, path, ordinal): stable over attempts, restarts and owners.
// I2 No key looks like a secret.
import { createHash } from 'node:crypto';

/** 130 bits. */
const KEY_LETTERS = 22;

function hash(parts: readonly (string | number)[]): Buffer {
  return createHash('sha256').update(parts.join('\0')).digest();
}

/** Letters and digits alone: with a hyphen a key could begin like somebody's secret, and be masked where a person needs it (I2). */
const letters = (digest: Buffer): string => digest.toString('base64url').replaceAll('-', 'x').replaceAll('_', 'y').slice(0, KEY_LETTERS);

/** `ordinal` counts several acts of one step instance: its act is number 0, what it asks before it number 1. */
export function effectKey(run: string, generation: number, pointer: string, path: string, ordinal: number): string {
  return letters(hash(['effect', run, generation, pointer, path, ordinal]));
}

export function eventId(run: string, generation: number, pointer: string, path: string, attempt: number): string {
  return letters(hash(['event', run, generation, pointer, path, attempt]));
}

export function argsHash(args: unknown): string {
  return createHash('sha256').update(JSON.stringify(args)).digest('base64url').slice(0, KEY_LETTERS);
}

/** 0 <= chance < 1, for jitter: spread over runs and attempts, the same when asked again. */
export function chance(run: string, position: string, attempt: number): number {
  return hash(['jitter', run, position, attempt]).readUInt32BE(0) / 2 ** 32;
}
