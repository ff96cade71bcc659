// Numbers, times and durations as a language writes them. Made once a language: Intl objects are dear.
import type { Language } from './languages.ts';
import type { Writer } from './fill.ts';

export interface Formats extends Writer {
  /** 0.987 as 98.7% */
  percent(share: number): string;
  /** 12,300 as 12K, for a place where no more fits. */
  compact(value: number): string;
  bytes(count: number): string;
  /** To the second, with the zone. */
  dateTime(at: Date): string;
  /** Day and minute. */
  shortDateTime(at: Date): string;
  date(at: Date): string;
  time(at: Date): string;
  /** With milliseconds. */
  exactTime(at: Date): string;
  /** "3 minutes ago", "in 2 hours". */
  relative(at: Date, now: Date): string;
  /** 0 ms, 340 ms, 2.4 s, 1 m 5 s, 3 h 20 m, 2 d 4 h. */
  duration(ms: number): string;
}

const made = new Map<Language, Formats>();

export function formatsOf(language: Language): Formats {
  const known = made.get(language);
  if (known !== undefined) return known;
  const formats = makeFormats(language);
  made.set(language, formats);
  return formats;
}

function makeFormats(language: Language): Formats {
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });
  const compact = new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 });
  const plurals = new Intl.PluralRules(language);
  const dateTime = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'long' });
  const short = new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const date = new Intl.DateTimeFormat(language, { dateStyle: 'medium' });
  const time = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const exact = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' });
  return {
    plural: (count) => plurals.select(count),
    number: (value) => number.format(value),
    percent: (share) => percent.format(share),
    compact: (value) => compact.format(value),
    bytes: (count) => bytesText(language, count),
    dateTime: (at) => dateTime.format(at),
    shortDateTime: (at) => short.format(at),
    date: (at) => date.format(at),
    time: (at) => time.format(at),
    exactTime: (at) => exact.format(at),
    relative: (at, now) => {
      const { value, unit } = relativeParts(at.getTime() - now.getTime());
      return relative.format(value, unit);
    },
    duration: (ms) => durationText(language, ms),
  };
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Whole units, cut towards now. */
export function relativeParts(ms: number): { value: number; unit: 'second' | 'minute' | 'hour' | 'day' } {
  const size = Math.abs(ms);
  if (size < MINUTE_MS) return { value: Math.trunc(ms / SECOND_MS), unit: 'second' };
  if (size < HOUR_MS) return { value: Math.trunc(ms / MINUTE_MS), unit: 'minute' };
  if (size < DAY_MS) return { value: Math.trunc(ms / HOUR_MS), unit: 'hour' };
  return { value: Math.trunc(ms / DAY_MS), unit: 'day' };
}

const UNITS: Readonly<Record<Language, { ms: string; s: string; m: string; h: string; d: string }>> = {
  en: { ms: 'ms', s: 's', m: 'm', h: 'h', d: 'd' },
  tr: { ms: 'ms', s: 'sn', m: 'dk', h: 'sa', d: 'gün' },
};

function durationText(language: Language, ms: number): string {
  const unit = UNITS[language];
  if (ms < SECOND_MS) return `${Math.max(0, Math.round(ms))} ${unit.ms}`;
  const seconds = ms / SECOND_MS;
  if (seconds < 9.95) return `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(seconds)} ${unit.s}`;
  if (seconds < 59.5) return `${Math.round(seconds)} ${unit.s}`;
  const [big, bigUnit, small, smallUnit] = twoUnits(Math.round(seconds), unit);
  return small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
}

function twoUnits(seconds: number, unit: (typeof UNITS)[Language]): [number, string, number, string] {
  if (seconds < 3600) return [Math.floor(seconds / 60), unit.m, seconds % 60, unit.s];
  if (seconds < 86_400) return [Math.floor(seconds / 3600), unit.h, Math.floor((seconds % 3600) / 60), unit.m];
  return [Math.floor(seconds / 86_400), unit.d, Math.floor((seconds % 86_400) / 3600), unit.h];
}

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

function bytesText(language: Language, count: number): string {
  const step = count < 1000 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log10(count) / 3));
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: BYTE_UNITS[step] ?? 'byte',
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: 1,
  }).format(count / 1000 ** step);
}
