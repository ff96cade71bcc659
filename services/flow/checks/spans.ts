// Times and counts as people write them in a check: `2s`, `1h30m`, `PT5S`; `3`, `2..4`, `>= 2`.
import { isoDurationMs } from '../core/language/durations.ts';
import { MAX_DURATION_MS } from '../core/language/limits.ts';

const WHOLE_UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;
const UNITS = [...WHOLE_UNITS, ['s', 1_000], ['ms', 1]] as const;
const SHORT = /^(?:\d+(?:\.\d+)?(?:ms|d|h|m|s))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|d|h|m|s)/g;

/** Milliseconds; undefined when the text is no time. */
export function spanMs(text: string): number | undefined {
  if (text.length > 100) return undefined;
  if (text === '0') return 0;
  if (!SHORT.test(text)) return isoDurationMs(text);
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(PART)) ms += Number(amount) * (UNITS.find(([name]) => name === unit)?.[1] ?? 0);
  return ms <= MAX_DURATION_MS ? Math.round(ms) : undefined;
}

/** `1h30m`, `2.5s`, `250ms`: what spanMs reads back. */
export function spanText(ms: number): string {
  if (ms > 0 && ms < 1_000) return `${ms}ms`;
  let rest = ms;
  let text = '';
  for (const [unit, size] of WHOLE_UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return rest > 0 || text === '' ? `${text}${rest / 1_000}s` : text;
}

export interface Range {
  readonly least: number;
  readonly most: number;
  /** As written. */
  readonly text: string;
}

/** Of numbers that `read` understands. Undefined when the text is no range. */
export function rangeOf(written: string, read: (text: string) => number | undefined): Range | undefined {
  const text = written.trim();
  const range = (least: number | undefined, most: number | undefined): Range | undefined =>
    least === undefined || most === undefined || least > most ? undefined : { least, most, text };
  const between = /^(.+?)\s*\.\.\s*(.+)$/.exec(text);
  if (between !== null) return range(read(between[1] ?? ''), read(between[2] ?? ''));
  const [, sign = '', edge = ''] = /^(>=|<=|>|<)\s*(.+)$/.exec(text) ?? [];
  const value = read(sign === '' ? text : edge);
  if (value === undefined) return undefined;
  if (sign === '>=') return range(value, Infinity);
  if (sign === '>') return range(value + 1, Infinity);
  if (sign === '<=') return range(0, value);
  if (sign === '<') return value === 0 ? undefined : range(0, value - 1);
  return range(value, value);
}

export const wholeNumber = (text: string): number | undefined => (/^\d{1,9}$/.test(text) ? Number(text) : undefined);

export const isWithin = (range: Range, value: number): boolean => value >= range.least && value <= range.most;
