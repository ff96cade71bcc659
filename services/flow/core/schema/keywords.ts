// The keywords of JSON Schema 2020-12 (and the two of draft-07 that differ), each a function over one value.
// `apply` is the only way from schema to schema; json-schema.ts starts it.
import type { Json, JsonObject } from '@palace/jq/json.ts';
import { codepointLength, isObject } from '@palace/jq/json.ts';
import { canonicalText } from '../language/canonical.ts';
import { didYouMean } from '../language/nearest.ts';
import { orList, shorten } from '../language/shape.ts';
import { FORMATS } from './formats.ts';
import { addSeen, Exhausted, matches, MAX_SCHEMA_DEPTH, newSeen, refuse, spend, targetOf, type Seen, type Walk, type Way } from './walk.ts';

interface Site {
  readonly schema: JsonObject;
  readonly value: Json;
  readonly way: Way;
  readonly seen: Seen | undefined;
}
type Keyword = (walk: Walk, rule: Json, site: Site) => boolean;

export function apply(walk: Walk, schema: Json, value: Json, way: Way, seen?: Seen): boolean {
  spend(walk, 1);
  if (schema === false) return refuse(walk, way, 'Nothing is accepted here.');
  if (!isObject(schema)) return true;
  if (++walk.depth > MAX_SCHEMA_DEPTH) throw new Exhausted('The schema leads deeper than its limit.');
  const inner = 'unevaluatedProperties' in schema || 'unevaluatedItems' in schema ? newSeen() : seen;
  const site: Site = { schema, value, way, seen: inner };
  let fine = true;
  for (const name of Object.keys(schema)) {
    const keyword = KEYWORDS[name];
    if (keyword === undefined) continue;
    if (!keyword(walk, schema[name]!, site)) fine = false;
    if (!fine && walk.quiet > 0) break;
  }
  if (inner !== seen && inner !== undefined) {
    if (!unevaluated(walk, site, inner)) fine = false;
    addSeen(seen, inner);
  }
  walk.depth--;
  return fine;
}

/** The answer alone; what a failing part has seen does not count. */
function quietly(walk: Walk, schema: Json, site: Site): boolean {
  const seen = site.seen === undefined ? undefined : newSeen();
  walk.quiet++;
  const fine = apply(walk, schema, site.value, site.way, seen);
  walk.quiet--;
  if (fine && seen !== undefined) addSeen(site.seen, seen);
  return fine;
}

const isNumber = (value: Json | undefined): value is number => typeof value === 'number';
const down = (way: Way, key: string | number): Way => ({ up: way, key });
const listOf = (rule: Json | undefined): Json[] => (Array.isArray(rule) ? rule : []);

const KINDS: Readonly<Record<string, readonly [words: string, is: (value: Json) => boolean]>> = {
  null: ['null', (value) => value === null],
  boolean: ['true or false', (value) => typeof value === 'boolean'],
  integer: ['a whole number', (value) => Number.isInteger(value)],
  number: ['a number', isNumber],
  string: ['text', (value) => typeof value === 'string'],
  array: ['a list', Array.isArray],
  object: ['a map', isObject],
};
export const TYPE_NAMES = Object.keys(KINDS);

function kindWords(value: Json): string {
  return Object.values(KINDS).find(([, is]) => is(value))?.[0] ?? 'something else';
}

const ofType = (type: Json | undefined, value: Json): boolean =>
  typeof type === 'string' ? (KINDS[type]?.[1](value) ?? true) : !Array.isArray(type) || type.some((one) => ofType(one, value));

function same(walk: Walk, a: Json, b: Json): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const [left, right] = [canonicalText(a), canonicalText(b)];
  spend(walk, Math.ceil((left.length + right.length) / 16));
  return left === right;
}

/** A bound on a number: of the value itself or of its size. */
function bound(measure: (value: Json) => number | undefined, holds: (measured: number, limit: number) => boolean, words: (limit: number) => string): Keyword {
  return (walk, rule, { value, way }) => {
    const measured = measure(value);
    if (measured === undefined || !isNumber(rule) || holds(measured, rule)) return true;
    return refuse(walk, way, words(rule));
  };
}
const itself = (value: Json): number | undefined => (isNumber(value) ? value : undefined);
const textLength = (value: Json): number | undefined => (typeof value === 'string' ? codepointLength(value) : undefined);
const listLength = (value: Json): number | undefined => (Array.isArray(value) ? value.length : undefined);
const mapSize = (value: Json): number | undefined => (isObject(value) ? Object.keys(value).length : undefined);
const atLeast = (measured: number, limit: number): boolean => measured >= limit;
const atMost = (measured: number, limit: number): boolean => measured <= limit;
const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

function isMultiple(value: number, of: number): boolean {
  const quotient = value / of;
  return (
    of > 0 && (Number.isInteger(quotient) || (Math.abs(quotient - Math.round(quotient)) < 1e-9 * Math.max(1, Math.abs(quotient)) && Number.isFinite(quotient)))
  );
}

const combine = (walk: Walk, rule: Json, site: Site): number => listOf(rule).reduce((fits: number, one) => fits + (quietly(walk, one, site) ? 1 : 0), 0);

/** Says what is wrong with the one alternative of the right type, when there is just one. */
function noneFits(walk: Walk, rule: Json, site: Site): false {
  const typed = listOf(rule).filter((one) => isObject(one) && ofType(one.type, site.value));
  if (walk.quiet === 0 && typed.length === 1 && typed[0] !== undefined) return apply(walk, typed[0], site.value, site.way) && false;
  return refuse(walk, site.way, `This fits none of the ${listOf(rule).length} alternatives.`);
}

const KEYWORDS: Readonly<Record<string, Keyword>> = Object.assign(Object.create(null) as Record<string, Keyword>, {
  $ref: (walk, rule, { value, way, seen }) => {
    const target = typeof rule === 'string' ? targetOf(walk.prepared, rule) : undefined;
    return target === undefined
      ? refuse(walk, way, `The schema refers to ${shorten(JSON.stringify(rule))}, which is not part of it.`)
      : apply(walk, target, value, way, seen);
  },
  type: (walk, rule, { value, way }) =>
    ofType(rule, value) ||
    refuse(
      walk,
      way,
      `This must be ${orList((Array.isArray(rule) ? rule : [rule]).map((one) => KINDS[String(one)]?.[0] ?? String(one)))}, not ${kindWords(value)}.`,
    ),
  enum: (walk, rule, { value, way }) => {
    spend(walk, listOf(rule).length);
    if (listOf(rule).some((one) => same(walk, one, value))) return true;
    const words = listOf(rule)
      .slice(0, 10)
      .map((one) => shorten(JSON.stringify(one)));
    const texts = listOf(rule).filter((one) => typeof one === 'string');
    return refuse(
      walk,
      way,
      `This must be ${words.length > 1 ? 'one of ' : ''}${words.join(', ')}.`,
      typeof value === 'string' ? didYouMean(value, texts) : undefined,
    );
  },
  const: (walk, rule, { value, way }) => same(walk, rule, value) || refuse(walk, way, `This must be ${shorten(JSON.stringify(rule))}.`),
  minimum: bound(itself, atLeast, (n) => `This must be at least ${n}.`),
  maximum: bound(itself, atMost, (n) => `This must be at most ${n}.`),
  exclusiveMinimum: bound(
    itself,
    (a, b) => a > b,
    (n) => `This must be more than ${n}.`,
  ),
  exclusiveMaximum: bound(
    itself,
    (a, b) => a < b,
    (n) => `This must be less than ${n}.`,
  ),
  multipleOf: bound(itself, isMultiple, (n) => `This must be a multiple of ${n}.`),
  minLength: bound(textLength, atLeast, (n) => `This must have at least ${count(n, 'character', 'characters')}.`),
  maxLength: bound(textLength, atMost, (n) => `This must have at most ${count(n, 'character', 'characters')}.`),
  minItems: bound(listLength, atLeast, (n) => `This needs at least ${count(n, 'item', 'items')}.`),
  maxItems: bound(listLength, atMost, (n) => `This may have at most ${count(n, 'item', 'items')}.`),
  minProperties: bound(mapSize, atLeast, (n) => `This needs at least ${count(n, 'key', 'keys')}.`),
  maxProperties: bound(mapSize, atMost, (n) => `This may have at most ${count(n, 'key', 'keys')}.`),
  pattern: (walk, rule, { value, way }) =>
    typeof value !== 'string' ||
    typeof rule !== 'string' ||
    matches(walk, rule, value) ||
    refuse(walk, way, `This text does not fit the pattern ${shorten(rule)}.`),
  format: (walk, rule, { value, way }) => {
    const fits = typeof value === 'string' && typeof rule === 'string' && Object.hasOwn(FORMATS, rule) ? FORMATS[rule] : undefined;
    return fits === undefined || (String(value).length <= 2_000 && fits(String(value))) || refuse(walk, way, `This text is not a valid ${String(rule)}.`);
  },
  uniqueItems: (walk, rule, { value, way }) => {
    if (rule !== true || !Array.isArray(value)) return true;
    const known = new Set<string>();
    for (const [i, item] of value.entries()) {
      const text = canonicalText(item);
      spend(walk, 1 + Math.ceil(text.length / 16));
      if (known.has(text)) return refuse(walk, down(way, i), 'This item is there twice.');
      known.add(text);
    }
    return true;
  },
  required: (walk, rule, { value, way }) => {
    if (!isObject(value)) return true;
    spend(walk, listOf(rule).length);
    const missing = listOf(rule).filter((name) => typeof name === 'string' && !Object.hasOwn(value, name));
    for (const name of missing) refuse(walk, down(way, String(name)), `"${shorten(String(name))}" is missing.`);
    return missing.length === 0;
  },
  properties: (walk, rule, { value, way, seen }) => {
    if (!isObject(value) || !isObject(rule)) return true;
    let fine = true;
    for (const name of Object.keys(rule)) {
      if (!Object.hasOwn(value, name)) continue;
      seen?.names.add(name);
      if (!apply(walk, rule[name]!, value[name]!, down(way, name))) fine = false;
    }
    return fine;
  },
  patternProperties: (walk, rule, { value, way, seen }) => {
    if (!isObject(value) || !isObject(rule)) return true;
    let fine = true;
    for (const [pattern, schema] of Object.entries(rule)) {
      for (const name of Object.keys(value)) {
        if (!matches(walk, pattern, name)) continue;
        seen?.names.add(name);
        if (!apply(walk, schema, value[name]!, down(way, name))) fine = false;
      }
    }
    return fine;
  },
  additionalProperties: (walk, rule, { schema, value, way, seen }) => {
    if (!isObject(value)) return true;
    const known = isObject(schema.properties) ? schema.properties : {};
    const patterns = isObject(schema.patternProperties) ? Object.keys(schema.patternProperties) : [];
    const rest = Object.keys(value).filter((name) => !Object.hasOwn(known, name) && !patterns.some((pattern) => matches(walk, pattern, name)));
    spend(walk, rest.length);
    return eachName(walk, rest, rule, { value, way, seen, known: Object.keys(known) });
  },
  propertyNames: (walk, rule, { value, way }) =>
    !isObject(value) ||
    Object.keys(value)
      .map((name) => apply(walk, rule, name, down(way, name)))
      .every(Boolean),
  dependentRequired: (walk, rule, site) => dependent(walk, rule, site),
  dependentSchemas: (walk, rule, site) => dependent(walk, rule, site),
  dependencies: (walk, rule, site) => dependent(walk, rule, site),
  prefixItems: (walk, rule, site) => leadingItems(walk, rule, site),
  items: (walk, rule, site) => (Array.isArray(rule) ? leadingItems(walk, rule, site) : restItems(walk, rule, site, listOf(site.schema.prefixItems).length)),
  additionalItems: (walk, rule, site) => !Array.isArray(site.schema.items) || restItems(walk, rule, site, site.schema.items.length),
  contains: (walk, rule, { schema, value, way, seen }) => {
    if (!Array.isArray(value)) return true;
    let found = 0;
    walk.quiet++;
    for (const [i, item] of value.entries()) {
      if (!apply(walk, rule, item, undefined)) continue;
      found++;
      seen?.items.add(i);
    }
    walk.quiet--;
    const least = isNumber(schema.minContains) ? schema.minContains : 1;
    const most = isNumber(schema.maxContains) ? schema.maxContains : Number.POSITIVE_INFINITY;
    return (
      (found >= least && found <= most) ||
      refuse(
        walk,
        way,
        found < least
          ? `This needs at least ${count(least, 'item', 'items')} of the kind asked for.`
          : `This may have at most ${count(most, 'item', 'items')} of that kind.`,
      )
    );
  },
  allOf: (walk, rule, { value, way, seen }) =>
    listOf(rule)
      .map((one) => apply(walk, one, value, way, seen))
      .every(Boolean),
  anyOf: (walk, rule, site) => combine(walk, rule, site) > 0 || noneFits(walk, rule, site),
  oneOf: (walk, rule, site) => {
    const fits = combine(walk, rule, site);
    if (fits === 1) return true;
    return fits === 0 ? noneFits(walk, rule, site) : refuse(walk, site.way, `This fits ${fits} of the alternatives; it must fit exactly one.`);
  },
  not: (walk, rule, site) => !quietly(walk, rule, { ...site, seen: undefined }) || refuse(walk, site.way, 'This is of a kind that is excluded here.'),
  if: (walk, rule, site) => {
    const branch = quietly(walk, rule, site) ? site.schema.then : site.schema.else;
    return branch === undefined || apply(walk, branch, site.value, site.way, site.seen);
  },
} satisfies Record<string, Keyword>);

interface Names {
  readonly value: JsonObject;
  readonly way: Way;
  readonly seen: Seen | undefined;
  readonly known: readonly string[];
}

function eachName(walk: Walk, names: readonly string[], rule: Json, { value, way, seen, known }: Names): boolean {
  let fine = true;
  for (const name of names) {
    seen?.names.add(name);
    if (rule === false) fine = refuse(walk, down(way, name), `"${shorten(name)}" is not known here.`, walk.quiet > 0 ? undefined : didYouMean(name, known));
    else if (!apply(walk, rule, value[name]!, down(way, name))) fine = false;
  }
  return fine;
}

function dependent(walk: Walk, rule: Json, { value, way, seen }: Site): boolean {
  if (!isObject(value) || !isObject(rule)) return true;
  let fine = true;
  for (const [name, needs] of Object.entries(rule)) {
    if (!Object.hasOwn(value, name)) continue;
    const schema: Json = Array.isArray(needs) ? { required: needs } : needs;
    if (!apply(walk, schema, value, way, seen)) fine = false;
  }
  return fine;
}

function leadingItems(walk: Walk, rule: Json, { value, way, seen }: Site): boolean {
  if (!Array.isArray(value)) return true;
  let fine = true;
  for (const [i, schema] of listOf(rule).slice(0, value.length).entries()) {
    seen?.items.add(i);
    if (!apply(walk, schema, value[i]!, down(way, i))) fine = false;
  }
  return fine;
}

function restItems(walk: Walk, rule: Json, { value, way, seen }: Site, from: number): boolean {
  if (!Array.isArray(value)) return true;
  let fine = true;
  for (let i = from; i < value.length; i++) {
    seen?.items.add(i);
    if (!apply(walk, rule, value[i]!, down(way, i))) fine = false;
    if (!fine && walk.quiet > 0) return false;
  }
  return fine;
}

function unevaluated(walk: Walk, { schema, value, way }: Site, seen: Seen): boolean {
  let fine = true;
  if (isObject(value) && schema.unevaluatedProperties !== undefined) {
    const rest = Object.keys(value).filter((name) => !seen.names.has(name));
    if (!eachName(walk, rest, schema.unevaluatedProperties, { value, way, seen, known: [] })) fine = false;
  }
  if (Array.isArray(value) && schema.unevaluatedItems !== undefined) {
    for (const [i, item] of value.entries()) {
      if (seen.items.has(i)) continue;
      seen.items.add(i);
      if (!apply(walk, schema.unevaluatedItems, item, down(way, i))) fine = false;
    }
  }
  return fine;
}
