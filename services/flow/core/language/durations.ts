// Durations: ISO 8601 (`PT10S`, `P1DT12H`), inline maps, or an expression that yields either. Also used on values at run time.
import type { Json } from '@palace/jq/json.ts';
import { isObject } from '@palace/jq/json.ts';
import type { Duration } from '../program.ts';
import type { Compilation } from './compilation.ts';
import { recognise, type Scope } from './expressions.ts';
import { MAX_DURATION_MS } from './limits.ts';
import { didYouMean } from './nearest.ts';
import { shorten } from './shape.ts';
import { isText, type MapNode, type Node, type TextNode } from './tree.ts';

const UNITS_MS = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1_000, milliseconds: 1 } as const;
const isUnit = (key: string): key is keyof typeof UNITS_MS => Object.hasOwn(UNITS_MS, key);
const ISO = /^P(?!$)(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?=\d)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const CALENDAR = /^P(?:\d+(?:\.\d+)?Y)?(?:\d+(?:\.\d+)?M)?/;

/** Milliseconds of an ISO 8601 text of weeks, days, hours, minutes and seconds; undefined when it is not one. */
export function isoDurationMs(text: string): number | undefined {
  if (text.length > 100) return undefined;
  const parts = ISO.exec(text);
  if (parts === null) return undefined;
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  return Math.round((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1_000);
}

/** Milliseconds of a value that an expression yielded, or undefined. */
export function valueDurationMs(value: Json): number | undefined {
  if (typeof value === 'string') return bounded(isoDurationMs(value));
  if (!isObject(value)) return undefined;
  let ms = 0;
  for (const [unit, amount] of Object.entries(value)) {
    if (!isUnit(unit) || typeof amount !== 'number' || !(amount >= 0)) return undefined;
    ms += amount * UNITS_MS[unit];
  }
  return Object.keys(value).length === 0 ? undefined : bounded(Math.round(ms));
}

const bounded = (ms: number | undefined): number | undefined => (ms !== undefined && ms <= MAX_DURATION_MS ? ms : undefined);

export function durationOf(c: Compilation, node: Node | undefined, scope: Scope): Duration | undefined {
  if (node?.kind === 'map') return inlineDuration(c, node);
  return isText(node) ? textDuration(c, node, scope) : undefined;
}

/** Where only a fixed duration makes sense. */
export function fixedDurationMs(c: Compilation, node: Node | undefined, scope: Scope): number | undefined {
  const duration = durationOf(c, node, scope);
  if (duration === undefined || 'ms' in duration) return duration?.ms;
  if (node !== undefined) c.report.error(node, 'This duration must be fixed, not an expression.', 'Write it like PT30S.');
  return undefined;
}

function textDuration(c: Compilation, node: TextNode, scope: Scope): Duration | undefined {
  const found = recognise(c.report, node);
  if (found.kind === 'refused') return undefined;
  if (found.kind === 'expression')
    return oneLine(c, node) ? { template: { t: 'jq', e: c.expressions.add(node, found.source, found.offset, scope) } } : undefined;
  const ms = isoDurationMs(node.value);
  if (ms !== undefined) return fits(c, node, ms);
  const calendar = CALENDAR.exec(node.value)?.[0] ?? '';
  if (calendar.length > 1) c.report.error(node, 'Years and months have no fixed length.', 'Count in weeks (P4W) or days (P30D).');
  else c.report.error(node, `"${shorten(node.value)}" is not a duration.`, isoAdvice(node.value));
  return undefined;
}

function fits(c: Compilation, node: Node, ms: number): Duration | undefined {
  if (ms <= MAX_DURATION_MS) return { ms };
  c.report.error(node, 'This duration is longer than a hundred years.');
  return undefined;
}

/** The official schema knows one-line expressions only in places where it demands one. */
export function oneLine(c: Compilation, node: TextNode): boolean {
  if (!node.value.trim().includes('\n')) return true;
  c.report.error(node, 'This expression must stand on one line.', 'Use ">-" instead of "|" to fold the lines.');
  return false;
}

const SHORT = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|sec|m|min|h|d)[a-z]*\s*$/i;
const ISO_OF: Readonly<Record<string, (n: string) => string>> = {
  ms: (n) => `PT${Number(n) / 1_000}S`,
  s: (n) => `PT${n}S`,
  sec: (n) => `PT${n}S`,
  m: (n) => `PT${n}M`,
  min: (n) => `PT${n}M`,
  h: (n) => `PT${n}H`,
  d: (n) => `P${n}D`,
};

function isoAdvice(text: string): string {
  const parts = text.length > 40 ? null : SHORT.exec(text);
  const iso = parts === null ? undefined : ISO_OF[(parts[2] ?? '').toLowerCase()]?.(parts[1] ?? '');
  return iso === undefined ? 'Write it like PT10S, PT1H30M or P1D.' : `Write ${iso}.`;
}

function inlineDuration(c: Compilation, node: MapNode): Duration | undefined {
  let ms = 0;
  let fine = node.entries.size > 0;
  if (!fine) c.report.error(node, 'A duration needs at least one unit.', 'For example: seconds: 10.');
  for (const [unit, amount] of node.entries) {
    const known = isUnit(unit);
    if (!known)
      c.report.errorAtKey(
        amount,
        `Unknown key "${shorten(unit)}" in a duration.`,
        didYouMean(unit, Object.keys(UNITS_MS)) ?? `It may have: ${Object.keys(UNITS_MS).join(', ')}.`,
      );
    const whole = amount.kind === 'scalar' && typeof amount.value === 'number' && Number.isInteger(amount.value) && amount.value >= 0;
    if (known && !whole) {
      const dynamic = isText(amount) && amount.value.includes('${');
      c.report.error(
        amount,
        `"${unit}" must be a whole number, not below 0.`,
        dynamic ? `Make the whole duration one expression: \${ {${unit}: ...} }.` : undefined,
      );
    }
    if (known && whole) ms += Number(amount.value) * UNITS_MS[unit];
    fine &&= known && whole;
  }
  return fine ? fits(c, node, ms) : undefined;
}
