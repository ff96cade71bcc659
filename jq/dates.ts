// Calendar time, always UTC: seconds since 1970, "broken down" arrays [year, month 0-11, day, hours, minutes, seconds,
// weekday, day of year], and strftime/strptime in English. The host's zone and locale are never asked.
import type { Json } from './json.ts';
import { raise } from './errors.ts';

export interface Moment {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const DAY_MS = 86_400_000;
/** The farthest a JavaScript date reaches. */
const MAX_SECONDS = 8.64e12;

function utc(moment: Moment): Date {
  const date = new Date(0);
  date.setUTCFullYear(moment.year, moment.month, moment.day);
  date.setUTCHours(moment.hours, moment.minutes, Math.trunc(moment.seconds), 0);
  return date;
}

function dayOfYear(date: Date): number {
  const start = new Date(0);
  start.setUTCFullYear(date.getUTCFullYear(), 0, 1);
  return Math.floor((date.getTime() - start.getTime()) / DAY_MS);
}

/** Seconds since 1970 to a broken down time; the fraction stays with the seconds. */
export function breakDown(seconds: number): Json[] {
  if (!(Math.abs(seconds) <= MAX_SECONDS)) return raise('error converting number of seconds since epoch to datetime');
  const whole = Math.floor(seconds);
  const date = new Date(whole * 1000);
  return broken(date, date.getUTCSeconds() + (seconds - whole));
}

function broken(date: Date, seconds: number): Json[] {
  return [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes(), seconds, date.getUTCDay(), dayOfYear(date)];
}

/** Reads a broken down time; missing parts are the first of their kind. */
export function toMoment(value: Json, name: string): Moment {
  if (!Array.isArray(value)) return raise(`${name} requires array of 6 numbers`);
  if (value.length === 0 || value.some((part) => typeof part !== 'number')) return raise(`${name} requires parsed datetime inputs`);
  const [year = 0, month = 0, day = 1, hours = 0, minutes = 0, seconds = 0] = value as number[];
  const moment = { year: Math.trunc(year), month: Math.trunc(month), day: Math.trunc(day), hours: Math.trunc(hours), minutes: Math.trunc(minutes), seconds };
  if (Number.isNaN(utc(moment).getTime())) return raise(`${name} requires a date within 275,760 years of 1970`);
  return moment;
}

export function toSeconds(moment: Moment): number {
  return Math.floor(utc(moment).getTime() / 1000);
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Year and week number of the week (Monday first) that holds a date's Thursday. */
function isoWeek(date: Date): { year: number; week: number } {
  const thursday = new Date(date.getTime() + (3 - ((date.getUTCDay() + 6) % 7)) * DAY_MS);
  return { year: thursday.getUTCFullYear(), week: Math.floor(dayOfYear(thursday) / 7) + 1 };
}

type Writer = (date: Date) => string;

const WRITERS: Readonly<Record<string, Writer>> = {
  a: (date) => (DAYS[date.getUTCDay()] ?? '').slice(0, 3),
  A: (date) => DAYS[date.getUTCDay()] ?? '',
  b: (date) => (MONTHS[date.getUTCMonth()] ?? '').slice(0, 3),
  B: (date) => MONTHS[date.getUTCMonth()] ?? '',
  C: (date) => two(Math.floor(date.getUTCFullYear() / 100)),
  d: (date) => two(date.getUTCDate()),
  e: (date) => String(date.getUTCDate()).padStart(2, ' '),
  G: (date) => String(isoWeek(date).year),
  g: (date) => two(isoWeek(date).year % 100),
  H: (date) => two(date.getUTCHours()),
  I: (date) => two(date.getUTCHours() % 12 || 12),
  j: (date) => String(dayOfYear(date) + 1).padStart(3, '0'),
  k: (date) => String(date.getUTCHours()).padStart(2, ' '),
  l: (date) => String(date.getUTCHours() % 12 || 12).padStart(2, ' '),
  m: (date) => two(date.getUTCMonth() + 1),
  M: (date) => two(date.getUTCMinutes()),
  n: () => '\n',
  p: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  P: (date) => (date.getUTCHours() < 12 ? 'am' : 'pm'),
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  S: (date) => two(date.getUTCSeconds()),
  t: () => '\t',
  u: (date) => String(date.getUTCDay() || 7),
  U: (date) => two(Math.floor((dayOfYear(date) + 7 - date.getUTCDay()) / 7)),
  V: (date) => two(isoWeek(date).week),
  w: (date) => String(date.getUTCDay()),
  W: (date) => two(Math.floor((dayOfYear(date) + 7 - ((date.getUTCDay() + 6) % 7)) / 7)),
  y: (date) => two(date.getUTCFullYear() % 100),
  Y: (date) => String(date.getUTCFullYear()),
  z: () => '+0000',
  Z: () => 'UTC',
  '%': () => '%',
};

/** Letters that stand for several others. */
const COMBINED: Readonly<Record<string, string>> = {
  c: '%a %b %e %H:%M:%S %Y',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  h: '%b',
  r: '%I:%M:%S %p',
  R: '%H:%M',
  T: '%H:%M:%S',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
};

export function expand(format: string): string {
  return format.replace(/%[EO]?([a-zA-Z%])/g, (whole, letter: string) => COMBINED[letter] ?? `%${letter}`.replace('%%', whole));
}

export function formatMoment(moment: Moment, format: string): string {
  const date = utc(moment);
  return expand(format).replace(/%(.)/gs, (whole, letter: string) => WRITERS[letter]?.(date) ?? whole);
}

export { DAYS, MONTHS, broken, utc };
