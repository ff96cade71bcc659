// What an HTTP method makes of an act when nobody says more (decisions/0006).
import type { EffectClass } from './program.ts';

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

/** From the weakest promise that is needed to the strongest. */
const ORDER: readonly EffectClass[] = ['read', 'idempotent', 'unique', 'irreversible'];

export const isEffectClass = (value: unknown): value is EffectClass => ORDER.some((one) => one === value);

export const isStronger = (one: EffectClass, other: EffectClass): boolean => ORDER.indexOf(one) > ORDER.indexOf(other);
