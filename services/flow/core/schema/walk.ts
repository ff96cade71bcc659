// One check of one value against one schema: fuel, depth, the messages so far, references and patterns resolved once a schema.
// I1 Every applied schema and every unit of text work costs fuel; nesting is bounded: a check ends, and at the same point everywhere.
// I2 References stay inside the schema; patterns run in linear time (RE2).
import { RE2JS } from 're2js';
import type { Json, JsonObject } from '@palace/jq/json.ts';
import { isObject } from '@palace/jq/json.ts';
import type { ErrorPlace } from '@palace/platform/errors.ts';

export const MAX_FUEL = 1_000_000;
export const MAX_SCHEMA_DEPTH = 400;
export const MAX_SCHEMA_ERRORS = 20;
export const MAX_PATTERN_LENGTH = 1_000;

/** What a schema needs besides itself; kept as long as the schema lives. */
export interface Prepared {
  readonly root: Json;
  readonly targets: Map<string, Json | undefined>;
  readonly patterns: Map<string, RE2JS>;
}

export interface Walk {
  readonly prepared: Prepared;
  readonly errors: ErrorPlace[];
  fuel: number;
  depth: number;
  /** Above 0: only the answer counts, nothing is reported. */
  quiet: number;
}

/** Way into the value, rendered only for messages. */
export type Way = { readonly up: Way; readonly key: string | number } | undefined;

/** Names and items that some part of the schema has spoken for (`unevaluated*`). */
export interface Seen {
  readonly names: Set<string>;
  readonly items: Set<number>;
}
export const newSeen = (): Seen => ({ names: new Set(), items: new Set() });
export function addSeen(to: Seen | undefined, from: Seen): void {
  for (const name of from.names) to?.names.add(name);
  for (const item of from.items) to?.items.add(item);
}

/** The check reached its bound. */
export class Exhausted extends Error {}

export function spend(walk: Walk, amount: number): void {
  walk.fuel -= amount;
  if (walk.fuel < 0) throw new Exhausted('Checking the value against its schema takes too many steps.');
}

export function refuse(walk: Walk, way: Way, message: string, suggestion?: string): false {
  if (walk.quiet === 0 && walk.errors.length < MAX_SCHEMA_ERRORS)
    walk.errors.push({ path: pointerOf(way), message, ...(suggestion === undefined ? {} : { suggestion }) });
  return false;
}

export function pointerOf(way: Way): string {
  const parts: string[] = [];
  for (let step = way; step !== undefined; step = step.up) parts.push(`/${String(step.key).replaceAll('~', '~0').replaceAll('/', '~1')}`);
  return parts.reverse().join('');
}

export function patternOf(prepared: Prepared, source: string): RE2JS {
  let pattern = prepared.patterns.get(source);
  if (pattern === undefined) {
    if (source.length > MAX_PATTERN_LENGTH) throw new Exhausted(`A pattern is longer than ${MAX_PATTERN_LENGTH} characters.`);
    pattern = RE2JS.compile(RE2JS.translateRegExp(source));
    prepared.patterns.set(source, pattern);
  }
  return pattern;
}

export function matches(walk: Walk, source: string, text: string): boolean {
  spend(walk, 1 + Math.ceil((text.length * Math.min(source.length, 100)) / 200));
  return patternOf(walk.prepared, source).test(text);
}

/** `#`, `#/pointer` or `#anchor` of the same schema. */
export function targetOf(prepared: Prepared, reference: string): Json | undefined {
  if (!prepared.targets.has(reference)) prepared.targets.set(reference, findTarget(prepared.root, reference));
  return prepared.targets.get(reference);
}

function findTarget(root: Json, reference: string): Json | undefined {
  if (!reference.startsWith('#')) return undefined;
  let fragment: string;
  try {
    fragment = decodeURIComponent(reference.slice(1));
  } catch {
    return undefined;
  }
  if (fragment !== '' && !fragment.startsWith('/')) return findAnchor(root, fragment);
  let at: Json | undefined = root;
  for (const part of fragment.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(at)) at = /^\d{1,6}$/.test(key) ? at[Number(key)] : undefined;
    else at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return isObject(at) || typeof at === 'boolean' ? at : undefined;
}

function findAnchor(root: Json, name: string): JsonObject | undefined {
  const open: Json[] = [root];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (isObject(at) && at.$anchor === name) return at;
    if (typeof at === 'object' && at !== null) for (const child of Object.values(at)) open.push(child);
  }
  return undefined;
}
