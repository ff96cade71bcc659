// JSON Schema checks of inputs, outputs and contexts. First form; the interpreter is bounded by refusing remote references.
import { Validator, type Schema } from '@cfworker/json-schema';
import type { Json } from '@palace/jq/json.ts';
import type { ErrorPlace } from '@palace/platform/errors.ts';

const validators = new WeakMap<object, Validator>();

export function checkSchema(schema: Json, value: Json): ErrorPlace[] {
  if (schema === true) return [];
  const key = typeof schema === 'object' && schema !== null ? schema : {};
  let validator = validators.get(key);
  if (validator === undefined) {
    validator = new Validator(structuredClone(schema) as Schema, '2020-12', true);
    validators.set(key, validator);
  }
  const result = validator.validate(value);
  return result.valid ? [] : result.errors.slice(-1).map((unit) => ({ path: unit.instanceLocation.replace(/^#/, ''), message: unit.error }));
}

export function checkSchemaItself(_schema: Json): ErrorPlace[] {
  return [];
}
