// What the JSON Schema of flows (docs/flow.schema.json) allows at a place: keys with their sentences, values by name. Pure.
// I1 Conditions are asked of the keys that stand there: `call` beside the cursor makes it a call step. I2 Circles end: a schema is looked at
// once a place.
import type { Level } from './cursor-place.ts';

export interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly not?: Schema;
  readonly if?: Schema;
  readonly then?: Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

export interface KeyOffer {
  readonly key: string;
  readonly description: string | undefined;
  readonly required: boolean;
  /** What comes behind the key. */
  readonly holds: 'map' | 'list' | 'steps' | 'value';
}
export interface ValueOffer {
  readonly value: string;
  readonly description: string | undefined;
}

type Keys = ReadonlyMap<string, string>;
const NO_KEYS: Keys = new Map();

/** All schemas that count for what has these keys: references, alternatives and conditions resolved. */
function expanded(root: Schema, schemas: readonly Schema[], keys: Keys): Schema[] {
  const found = new Set<Schema>();
  const visit = (schema: Schema | undefined): void => {
    if (schema === undefined || found.has(schema)) return;
    found.add(schema);
    if (schema.$ref !== undefined) visit(root.$defs?.[schema.$ref.replace('#/$defs/', '')]);
    schema.anyOf?.forEach(visit);
    schema.allOf?.forEach(visit);
    if (schema.if !== undefined && holds(schema.if, keys)) visit(schema.then);
  };
  schemas.forEach(visit);
  return [...found];
}

function holds({ required = [], properties = {}, not }: Schema, keys: Keys): boolean {
  if (!required.every((key) => keys.has(key))) return false;
  if (not !== undefined && holds(not, keys)) return false;
  return Object.entries(properties).every(([key, { const: only }]) => only === undefined || keys.get(key)?.replaceAll(/^["']|["']$/g, '') === only);
}

/** The schemas of the innermost map around the cursor. */
export function schemasAt(root: Schema, levels: readonly Level[]): Schema[] {
  let schemas: Schema[] = expanded(root, [root], levels[0]?.keys ?? NO_KEYS);
  for (const { by, isItem, keys } of levels.slice(1)) {
    const under = by === undefined ? schemas : schemas.flatMap((schema) => childOf(schema, by));
    const lists = isItem ? expanded(root, under, NO_KEYS).flatMap(({ items }) => items ?? []) : under;
    schemas = expanded(root, lists, keys);
  }
  return schemas;
}

function childOf({ properties, additionalProperties }: Schema, key: string): Schema[] {
  const named = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
  if (named !== undefined) return [named];
  return typeof additionalProperties === 'object' ? [additionalProperties] : [];
}

export function keysAt(root: Schema, levels: readonly Level[]): KeyOffer[] {
  const offers = new Map<string, KeyOffer>();
  const present = levels.at(-1)?.keys ?? NO_KEYS;
  for (const schema of schemasAt(root, levels)) {
    for (const [key, child] of Object.entries(schema.properties ?? {})) {
      if (present.has(key) || offers.get(key)?.description !== undefined) continue;
      offers.set(key, { key, description: child.description, required: schema.required?.includes(key) ?? false, holds: heldBy(root, child) });
    }
  }
  return [...offers.values()];
}

function heldBy(root: Schema, child: Schema): KeyOffer['holds'] {
  const all = expanded(root, [child], NO_KEYS);
  if (all.some((schema) => schema === root.$defs?.['steps'])) return 'steps';
  const types = all.flatMap(({ type }) => type ?? []);
  if (types.includes('string') || types.includes('integer') || types.includes('boolean')) return 'value';
  if (types.includes('array')) return 'list';
  return types.includes('object') ? 'map' : 'value';
}

export function valuesAt(root: Schema, levels: readonly Level[], key: string): ValueOffer[] {
  const offers = new Map<string, ValueOffer>();
  const children = schemasAt(root, levels).flatMap((schema) => childOf(schema, key));
  for (const { enum: some, const: only, type, description } of expanded(root, children, NO_KEYS)) {
    const values = [...(some ?? []), ...(only === undefined ? [] : [only]), ...(type === 'boolean' ? [true, false] : [])];
    for (const value of values) offers.set(String(value), { value: String(value), description });
  }
  return [...offers.values()];
}

/** The sentence of a key, and what it may be. */
export function noteOf(root: Schema, levels: readonly Level[], key: string): string | undefined {
  for (const schema of schemasAt(root, levels)) {
    const note = schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key]?.description : undefined;
    if (note !== undefined) return note;
  }
  return undefined;
}
