// What an HTTP method, or the name of a function, makes of an act when nobody says more (decisions/0006).
import { DEFAULT_FUNCTIONS } from './language/protocol-shapes.ts';
import type { EffectClass, StepOf } from './program.ts';

const CLASSES: Readonly<Record<string, EffectClass>> = {
  GET: 'read',
  HEAD: 'read',
  OPTIONS: 'read',
  PUT: 'idempotent',
  DELETE: 'idempotent',
  POST: 'unique',
  PATCH: 'unique',
};

export const METHODS: readonly string[] = Object.keys(CLASSES);

export function methodEffect(method: string | undefined): EffectClass {
  const known = method?.trim().toUpperCase() ?? '';
  return Object.hasOwn(CLASSES, known) ? (CLASSES[known] ?? 'unique') : 'unique';
}

/** Calls that are not available yet fail before anything is sent: nothing of them can be in doubt. Here stands what they are once they come. */
const OF_FUNCTIONS: ReadonlyMap<string, EffectClass> = new Map(
  ['grpc', 'asyncapi', 'a2a', 'mcp', ...Object.keys(DEFAULT_FUNCTIONS)].map((name) => [name, 'read']),
);

/** A function that nobody knows may do anything. */
export const classOf = ({ effect, function: name }: Pick<StepOf<'call'>, 'effect' | 'function'>): EffectClass =>
  effect ?? OF_FUNCTIONS.get(name.replace(/:[^:@]+@default$/, '')) ?? 'unique';

/** From the weakest promise that is needed to the strongest. */
const ORDER: readonly EffectClass[] = ['read', 'idempotent', 'unique', 'irreversible'];

export const isEffectClass = (value: unknown): value is EffectClass => ORDER.some((one) => one === value);

export const isStronger = (one: EffectClass, other: EffectClass): boolean => ORDER.indexOf(one) > ORDER.indexOf(other);
