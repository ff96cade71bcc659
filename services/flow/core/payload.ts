// How large a value is, and whether it fits its schema: checked where a value comes into being, never again.
import type { Json } from '@palace/jq/jq.ts';
import { standardFault } from './faults.ts';
import { checkSchema } from './json-schema.ts';
import { limitFault, StepFault, type Turn } from './turn.ts';

/** Throws StepFault when the value is larger than one value may be. */
export function checkSize(turn: Turn, value: Json, what: string): void {
  const { payloadBytes } = turn.env.limits;
  if (!fits(value, payloadBytes)) throw new StepFault(limitFault('payloadBytes', `The ${what} is larger than ${payloadBytes} bytes.`));
}

/** True when the value's JSON text takes at most about `bytes`. Stops counting as soon as it knows. */
export function fits(value: Json, bytes: number): boolean {
  return room(value, bytes) >= 0;
}

const measured = new WeakMap<object, number>();

/** About the bytes of the value's JSON text. Values never change, so that one is measured once. */
export function bytesOf(value: Json): number {
  if (typeof value !== 'object' || value === null) return measure(value);
  let bytes = measured.get(value);
  if (bytes === undefined) measured.set(value, (bytes = measure(value)));
  return bytes;
}

const measure = (value: Json): number => Number.MAX_SAFE_INTEGER - room(value, Number.MAX_SAFE_INTEGER);

/** Deeper values than this count as too large: nothing that walks them shall run out of stack. */
const MAX_DEPTH = 1000;

function room(value: Json, left: number, depth = 0): number {
  if (typeof value === 'string') return left - 2 - (value.length < 64 ? value.length : Buffer.byteLength(value));
  if (typeof value !== 'object' || value === null) return left - 5;
  if (depth > MAX_DEPTH) return -1;
  let rest = left - 2;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length && rest >= 0; i++) rest = room(value[i] as Json, rest - 1, depth + 1);
    return rest;
  }
  for (const key in value) {
    if (rest < 0) return rest;
    rest = room(value[key] as Json, rest - key.length - 4, depth + 1);
  }
  return rest;
}

/** Throws StepFault. */
export function checkFits(schema: Json | undefined, value: Json, what: string): void {
  if (schema === undefined) return;
  const errors = checkSchema(schema, value);
  if (errors.length === 0) return;
  const said = errors.slice(0, 3).map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  throw new StepFault(standardFault('validation', `The ${what} does not fit its schema: ${said.join('; ')}`));
}
