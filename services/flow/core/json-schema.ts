// JSON Schema checks of inputs, outputs and contexts: an interpreter of 2020-12 that is bounded in every case.
// I1 checkSchema never throws and always ends: fuel, depth, linear patterns (schema/walk.ts). Same schema and value, same answer.
// I2 Nothing outside the schema is read: remote references are refused when a flow is compiled.
import type { Json } from '@palace/jq/json.ts';
import type { ErrorPlace } from '@palace/platform/errors.ts';
import { apply } from './schema/keywords.ts';
import { Exhausted, MAX_FUEL, type Prepared, type Walk } from './schema/walk.ts';
import { wellFormed } from './schema/well-formed.ts';

/** References and patterns found so far; they live as long as the schema, which belongs to a program. */
const prepared = new WeakMap<object, Prepared>();

function prepare(schema: Json): Prepared {
  const known = typeof schema === 'object' && schema !== null ? prepared.get(schema) : undefined;
  if (known !== undefined) return known;
  const fresh: Prepared = { root: schema, targets: new Map(), patterns: new Map() };
  if (typeof schema === 'object' && schema !== null) prepared.set(schema, fresh);
  return fresh;
}

/** What is wrong with `value`; empty when it fits. Paths are JSON pointers into the value. */
export function checkSchema(schema: Json, value: Json): ErrorPlace[] {
  const walk: Walk = { prepared: prepare(schema), errors: [], fuel: MAX_FUEL, depth: 0, quiet: 0 };
  try {
    apply(walk, schema, value, undefined);
  } catch (error) {
    const message = error instanceof Exhausted ? error.message : 'The value cannot be checked against its schema.';
    walk.errors.unshift({ path: '', message });
  }
  return walk.errors;
}

/** What is wrong with a schema; paths are JSON pointers into the schema. */
export function checkSchemaItself(schema: Json): ErrorPlace[] {
  return wellFormed(prepare(schema));
}
