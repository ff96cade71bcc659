// Is a schema itself in order? Asked when a flow is compiled, so that a run never meets a broken schema.
import { RE2JS } from 're2js';
import type { Json, JsonObject } from '@palace/jq/json.ts';
import { isObject } from '@palace/jq/json.ts';
import type { ErrorPlace } from '@palace/platform/errors.ts';
import { didYouMean } from '../language/nearest.ts';
import { shorten } from '../language/shape.ts';
import { TYPE_NAMES } from './keywords.ts';
import { MAX_PATTERN_LENGTH, MAX_SCHEMA_ERRORS, pointerOf, targetOf, type Prepared, type Way } from './walk.ts';

const ONE_SCHEMA = new Set([
  'items',
  'additionalItems',
  'contains',
  'additionalProperties',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
  'unevaluatedItems',
  'unevaluatedProperties',
]);
const SCHEMA_LISTS = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const SCHEMA_MAPS = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies']);
const NUMBERS = new Set(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum']);
const COUNTS = new Set(['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties', 'minContains', 'maxContains']);

export function wellFormed(prepared: Prepared): ErrorPlace[] {
  const errors: ErrorPlace[] = [];
  const say = (way: Way, message: string, suggestion?: string): void => {
    if (errors.length < MAX_SCHEMA_ERRORS) errors.push({ path: pointerOf(way), message, ...(suggestion === undefined ? {} : { suggestion }) });
  };
  const open: { schema: Json; way: Way }[] = [{ schema: prepared.root, way: undefined }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { schema, way } = next;
    if (typeof schema === 'boolean') continue;
    if (!isObject(schema)) {
      say(way, 'A schema must be a map, true or false.');
      continue;
    }
    for (const [key, rule] of Object.entries(schema)) {
      const here: Way = { up: way, key };
      checkRule(prepared, key, rule, (message, suggestion) => say(here, message, suggestion));
      for (const child of childSchemas(key, rule)) open.push({ schema: child.schema, way: child.key === undefined ? here : { up: here, key: child.key } });
    }
  }
  return errors;
}

function childSchemas(key: string, rule: Json): { schema: Json; key?: string | number }[] {
  if (ONE_SCHEMA.has(key) && !(key === 'items' && Array.isArray(rule))) return [{ schema: rule }];
  if ((SCHEMA_LISTS.has(key) || key === 'items') && Array.isArray(rule)) return rule.map((schema, i) => ({ schema, key: i }));
  if (SCHEMA_MAPS.has(key) && isObject(rule))
    return Object.entries(rule)
      .filter(([, schema]) => key !== 'dependencies' || !Array.isArray(schema))
      .map(([name, schema]) => ({ schema, key: name }));
  return [];
}

type Say = (message: string, suggestion?: string) => void;

function checkRule(prepared: Prepared, key: string, rule: Json, say: Say): void {
  if (key === 'type') checkType(rule, say);
  else if (key === '$ref') checkReference(prepared, rule, say);
  else if (key === '$dynamicRef' || key === '$recursiveRef') say(`"${key}" is not available; use "$ref".`);
  else if (key === 'pattern') checkPattern(rule, say);
  else if (key === 'patternProperties' && isObject(rule)) for (const pattern of Object.keys(rule)) checkPattern(pattern, say);
  else if (SCHEMA_LISTS.has(key) && !(Array.isArray(rule) && rule.length > 0)) say(`"${key}" must be a list of schemas.`);
  else if (SCHEMA_MAPS.has(key) && !isObject(rule)) say(`"${key}" must be a map.`);
  else if (NUMBERS.has(key) && typeof rule !== 'number') say(`"${key}" must be a number.`);
  else if (COUNTS.has(key) && !(Number.isInteger(rule) && Number(rule) >= 0)) say(`"${key}" must be a whole number, not below 0.`);
  else if (key === 'multipleOf' && !(typeof rule === 'number' && rule > 0)) say('"multipleOf" must be a number above 0.');
  else if (key === 'required' && !isTextList(rule))
    say('"required" must be a list of names.', typeof rule === 'boolean' ? 'It stands beside "properties", not inside a property.' : undefined);
  else if (key === 'enum' && !Array.isArray(rule)) say('"enum" must be a list.');
  else if (key === 'uniqueItems' && typeof rule !== 'boolean') say('"uniqueItems" must be true or false.');
  else if (key === 'dependentRequired' && !(isObject(rule) && Object.values(rule).every(isTextList)))
    say('"dependentRequired" must be a map of lists of names.');
}

const isTextList = (rule: Json | undefined): boolean => Array.isArray(rule) && rule.every((name) => typeof name === 'string');

function checkType(rule: Json, say: Say): void {
  const names = Array.isArray(rule) ? rule : [rule];
  if (names.length === 0) say('"type" must name a type.');
  for (const name of names) {
    if (typeof name !== 'string' || !TYPE_NAMES.includes(name))
      say(`${shorten(JSON.stringify(name))} is not a type.`, didYouMean(String(name), TYPE_NAMES) ?? `Types are: ${TYPE_NAMES.join(', ')}.`);
  }
}

function checkReference(prepared: Prepared, rule: Json, say: Say): void {
  if (typeof rule !== 'string') say('"$ref" must be text.');
  else if (!rule.startsWith('#')) say('Only references inside the same schema are followed.', 'Write "#/$defs/NAME" and put the definition there.');
  else if (targetOf(prepared, rule) === undefined) say(`There is no "${shorten(rule)}" in this schema.`, didYouMean(rule, definitions(prepared.root)));
}

function definitions(root: Json): string[] {
  const names = (map: Json | undefined, prefix: string): string[] => (isObject(map) ? Object.keys(map).map((name) => `${prefix}${name}`) : []);
  const object: JsonObject = isObject(root) ? root : {};
  return [...names(object.$defs, '#/$defs/'), ...names(object.definitions, '#/definitions/')];
}

function checkPattern(rule: Json, say: Say): void {
  if (typeof rule !== 'string') return say('"pattern" must be text.');
  if (rule.length > MAX_PATTERN_LENGTH) return say(`A pattern is longer than ${MAX_PATTERN_LENGTH} characters.`);
  try {
    RE2JS.compile(RE2JS.translateRegExp(rule));
  } catch (error) {
    say(
      `The pattern ${shorten(rule)} cannot be used: ${error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : 'unknown'}.`,
      'Look-around and back-references are not available.',
    );
  }
}
