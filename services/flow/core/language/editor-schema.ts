// A JSON Schema (draft 2020-12) of the language for editors: completion, hover and the mistakes that can be seen without compiling.
// I1 Made of the tables that the compiler checks by (grammar.ts): what compiles is accepted. Not the other way round: the compiler sees more.
// I2 Every key has a sentence (editor-notes.ts); a key without one is a mistake of ours, thrown here.
// I3 No address in it is ever fetched: every $ref points into the schema itself.
// Written to docs/flow.schema.json by bin/write-schema.ts, printed by `palace schema`.
import type { Json, JsonObject } from '@palace/jq/json.ts';
import { CALL_ARGUMENTS, HOLDS, NOTES, type Holds } from './editor-notes.ts';
import { ROOT, RETRY, STEP_KINDS, STEP_SHAPES, type StepKindName } from './grammar.ts';
import { MAX_NAME_LENGTH } from './limits.ts';
import type { Field, Shape, ValueKind } from './shape.ts';
import { SUGAR_KIND, SUGAR_WORDS } from './sugar.ts';
import { DIRECTIVES } from './then.ts';

interface Making {
  readonly defs: JsonObject;
  readonly names: Map<Shape, string>;
}

export function editorSchema(): JsonObject {
  const making: Making = { defs: {}, names: new Map() };
  const root = shapeSchema(making, ROOT);
  const properties = { kind: { description: noteOf('a flow', 'kind'), const: SUGAR_KIND }, ...(root['properties'] as JsonObject) };
  making.defs['steps'] = stepsSchema();
  making.defs['step'] = stepSchema(making);
  making.defs['duration'] = DURATION;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...root,
    title: 'Flow of AgentsPalace',
    description: 'A document in the Open Workflow Specification 1.0.3, as AgentsPalace reads it.',
    properties,
    $defs: making.defs,
  };
}

function shapeSchema(making: Making, shape: Shape): JsonObject {
  const keys = Object.entries(shape.keys);
  const required = keys.filter(([, field]) => field.required === true).map(([key]) => key);
  return {
    title: shape.what,
    type: 'object',
    properties: Object.fromEntries(keys.map(([key, field]) => [key, { description: noteOf(shape.what, key), ...fieldSchema(making, shape.what, key, field) }])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

/** Each table once, by name: they hold each other in circles. */
function refTo(making: Making, shape: Shape): JsonObject {
  let name = making.names.get(shape);
  if (name === undefined) {
    name = shape.what.replaceAll(/^an? |"/g, '').replaceAll(/[^a-zA-Z.]+/g, '-');
    if (Object.hasOwn(making.defs, name)) name += `-${making.names.size}`;
    making.names.set(shape, name);
    making.defs[name] = null;
    making.defs[name] = shapeSchema(making, shape);
  }
  return { $ref: `#/$defs/${name}` };
}

function noteOf(what: string, key: string): string {
  const note = NOTES[`${what}.${key}`] ?? NOTES[key];
  if (note === undefined) throw new Error(`editor-notes.ts has no sentence for "${what}.${key}"`);
  return note;
}

const TYPES: Readonly<Record<ValueKind, string>> = { text: 'string', boolean: 'boolean', integer: 'integer', map: 'object', list: 'array' };

function fieldSchema(making: Making, what: string, key: string, field: Field): JsonObject {
  if (field.is === undefined) return {};
  const holds = HOLDS[`${what}.${key}`] ?? HOLDS[key];
  if (holds !== undefined && 'duration' in holds) return { $ref: '#/$defs/duration' };
  const kinds = field.is.map((kind): JsonObject => kindSchema(making, kind, field, holds));
  return kinds.length === 1 ? (kinds[0] as JsonObject) : { anyOf: kinds };
}

function kindSchema(making: Making, kind: ValueKind, field: Field, holds: Holds | undefined): JsonObject {
  const type = TYPES[kind];
  if (kind === 'text')
    return { type, ...(field.oneOf !== undefined && { enum: [...field.oneOf] }), ...(holds !== undefined && 'pattern' in holds && { pattern: holds.pattern }) };
  if (kind === 'map' && field.shape !== undefined) return refTo(making, field.shape);
  if (holds === undefined) return { type };
  if (kind === 'list' && 'steps' in holds) return { $ref: '#/$defs/steps' };
  if (kind === 'list' && 'listOf' in holds) return { type, items: refTo(making, holds.listOf) };
  if (kind === 'list' && 'namedListOf' in holds) return { type, items: named(refTo(making, holds.namedListOf)) };
  if (kind === 'map' && 'mapOf' in holds) return { type, additionalProperties: refTo(making, holds.mapOf) };
  if (kind === 'map' && 'one' in holds)
    return holds.open === true ? { ...shapeSchema(making, holds.one), additionalProperties: true } : refTo(making, holds.one);
  return { type };
}

/** One name with its body under it. */
const named = (body: JsonObject): JsonObject => ({ type: 'object', minProperties: 1, maxProperties: 1, additionalProperties: body });

function stepsSchema(): JsonObject {
  const names = { minLength: 1, maxLength: MAX_NAME_LENGTH, not: { enum: [...DIRECTIVES] } };
  return { type: 'array', minItems: 1, items: { ...named({ $ref: '#/$defs/step' }), propertyNames: names } };
}

/** The kind of a step is the key that it has: the keys of that kind alone are then allowed. */
function stepSchema(making: Making): JsonObject {
  const isKind = (kind: StepKindName): JsonObject => (kind === 'do' ? { required: ['do'], not: { required: ['for'] } } : { required: [kind] });
  const words = Object.fromEntries(STEP_KINDS.map((kind) => [kind, { description: noteOf(STEP_SHAPES[kind].what, kind) }]));
  return {
    title: 'a step',
    type: 'object',
    description: `A step: one of ${STEP_KINDS.join(', ')}.`,
    properties: words,
    anyOf: STEP_KINDS.map((kind) => ({ required: [kind] })),
    allOf: [...STEP_KINDS.map((kind): Json => ({ if: isKind(kind), then: { $ref: kindRef(making, kind) } })), ...callsSchema(making)],
  };
}

function kindRef(making: Making, kind: StepKindName): string {
  const shape = shapeSchema(making, STEP_SHAPES[kind]);
  const steps = { anyOf: [{ type: 'string' }, { $ref: '#/$defs/steps' }] };
  const policy = { anyOf: [{ type: 'string' }, { type: 'integer', minimum: 1 }, refTo(making, RETRY)] };
  const sugar = SUGAR_WORDS.map((word) => [word, { description: noteOf('', word), ...(word === 'retry' ? policy : word === 'fallback' ? {} : steps) }]);
  making.defs[`${kind}-step`] = { ...shape, properties: { ...(shape['properties'] as JsonObject), ...Object.fromEntries(sugar) } };
  return `#/$defs/${kind}-step`;
}

function callsSchema(making: Making): Json[] {
  return Object.entries(CALL_ARGUMENTS).map(([name, shape]) => ({
    if: { properties: { call: { const: name } }, required: ['call'] },
    then: { properties: { with: refTo(making, shape) }, required: ['with'] },
  }));
}

const UNITS = ['days', 'hours', 'minutes', 'seconds', 'milliseconds'];
const DURATION: JsonObject = {
  anyOf: [
    { type: 'string', pattern: '^\\s*(P|\\$\\{)', description: 'ISO 8601 (PT10S, PT1H30M, P1D), or an expression in ${ }.' },
    {
      type: 'object',
      minProperties: 1,
      additionalProperties: false,
      properties: Object.fromEntries(
        UNITS.map((unit) => [unit, { type: 'integer', minimum: 0, description: `${unit.charAt(0).toUpperCase()}${unit.slice(1)}.` }]),
      ),
    },
  ],
};
