// strptime: reads a text by a format into a broken down time. English names, digits as C's strptime takes them; `%Z`
// takes a zone's name and `%z` an offset without using them, as in jq.
import { broken, DAYS, expand, type Moment, MONTHS, utc } from './dates.ts';
import type { Json } from './json.ts';

interface Draft {
  year: number;
  month: number;
  day: number;
  hours: number;
  minutes: number;
  seconds: number;
  afternoon: boolean | undefined;
  epoch: number | undefined;
  dayOfYear: number | undefined;
}

type Reader = (text: string, draft: Draft) => number | undefined;

function digits(most: number, low: number, high: number, store: (draft: Draft, value: number) => void): Reader {
  const shape = new RegExp(`^[ \\t]*([+-]?\\d{1,${most}})`);
  return (text, draft) => {
    const match = shape.exec(text);
    const value = Number(match?.[1]);
    if (match === null || value < low || value > high) return undefined;
    store(draft, value);
    return match[0].length;
  };
}

function name(names: readonly string[], store: (draft: Draft, index: number) => void): Reader {
  return (text, draft) => {
    const lower = text.toLowerCase();
    const index = names.findIndex((full) => lower.startsWith(full.slice(0, 3).toLowerCase()));
    if (index < 0) return undefined;
    store(draft, index);
    const full = (names[index] as string).toLowerCase();
    return lower.startsWith(full) ? full.length : 3;
  };
}

function shape(pattern: RegExp, store?: (draft: Draft, found: string) => void): Reader {
  return (text, draft) => {
    const found = pattern.exec(text)?.[0];
    if (found === undefined) return undefined;
    store?.(draft, found);
    return found.length;
  };
}

const weekday = name(DAYS, () => undefined);
const monthName = name(MONTHS, (draft, index) => (draft.month = index));
const dayOfMonth = digits(2, 1, 31, (draft, value) => (draft.day = value));
const hours24 = digits(2, 0, 23, (draft, value) => (draft.hours = value));
const hours12 = digits(2, 1, 12, (draft, value) => (draft.hours = value));

const READERS: Readonly<Record<string, Reader>> = {
  a: weekday,
  A: weekday,
  b: monthName,
  B: monthName,
  d: dayOfMonth,
  e: dayOfMonth,
  H: hours24,
  k: hours24,
  I: hours12,
  l: hours12,
  j: digits(3, 1, 366, (draft, value) => (draft.dayOfYear = value - 1)),
  m: digits(2, 1, 12, (draft, value) => (draft.month = value - 1)),
  M: digits(2, 0, 59, (draft, value) => (draft.minutes = value)),
  n: shape(/^\s*/),
  t: shape(/^\s*/),
  p: shape(/^[ap]m/i, (draft, found) => (draft.afternoon = /^p/i.test(found))),
  P: shape(/^[ap]m/i, (draft, found) => (draft.afternoon = /^p/i.test(found))),
  s: digits(15, -8.64e12, 8.64e12, (draft, value) => (draft.epoch = value)),
  S: digits(2, 0, 61, (draft, value) => (draft.seconds = value)),
  u: digits(1, 1, 7, () => undefined),
  w: digits(1, 0, 6, () => undefined),
  U: digits(2, 0, 53, () => undefined),
  W: digits(2, 0, 53, () => undefined),
  V: digits(2, 1, 53, () => undefined),
  G: digits(4, 0, 9999, () => undefined),
  g: digits(2, 0, 99, () => undefined),
  y: digits(2, 0, 99, (draft, value) => (draft.year = value < 69 ? 2000 + value : 1900 + value)),
  Y: digits(4, -9999, 9999, (draft, value) => (draft.year = value)),
  z: shape(/^(?:Z|[+-]\d{2}(?::?\d{2})?)/),
  Z: shape(/^[A-Za-z]+/),
  '%': shape(/^%/),
};

/** Undefined when the text does not match the format. */
export function parseMoment(text: string, format: string): Json[] | undefined {
  const draft: Draft = { year: 1900, month: 0, day: 1, hours: 0, minutes: 0, seconds: 0, afternoon: undefined, epoch: undefined, dayOfYear: undefined };
  const end = readAll(text, expand(format), draft);
  if (end !== text.length) return undefined;
  const moment = settle(draft);
  return broken(utc(moment), moment.seconds);
}

function readAll(text: string, format: string, draft: Draft): number | undefined {
  let at = 0;
  for (let i = 0; i < format.length; i++) {
    const char = format[i] as string;
    if (char === '%') {
      const used = READERS[format[++i] ?? '']?.(text.slice(at, at + 64), draft);
      if (used === undefined) return undefined;
      at += used;
    } else if (/\s/.test(char)) {
      while (/\s/.test(text[at] ?? '')) at++;
    } else if (text[at] === char) at++;
    else return undefined;
  }
  return at;
}

function settle(draft: Draft): Moment {
  if (draft.epoch !== undefined) {
    const date = new Date(draft.epoch * 1000);
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth(),
      day: date.getUTCDate(),
      hours: date.getUTCHours(),
      minutes: date.getUTCMinutes(),
      seconds: date.getUTCSeconds(),
    };
  }
  const { year, minutes, seconds } = draft;
  const hours = draft.afternoon === undefined ? draft.hours : (draft.hours % 12) + (draft.afternoon ? 12 : 0);
  if (draft.dayOfYear === undefined) return { year, month: draft.month, day: draft.day, hours, minutes, seconds };
  const date = utc({ year, month: 0, day: 1 + draft.dayOfYear, hours: 0, minutes: 0, seconds: 0 });
  return { year, month: date.getUTCMonth(), day: date.getUTCDate(), hours, minutes, seconds };
}
