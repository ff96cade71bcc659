// Cron: the moments that an expression names in a time zone. croner finds the wall-clock times, this file maps them to moments.
// I1 A fixed time that a zone skips happens at the first moment after the gap, once however many fall into it; one that a zone has twice
//    happens once, the first time. Where the minute, the hour or the second begins with "*" it is an interval: it follows the clock on
//    the wall, so it has nothing in a gap and runs in both passes of a repeated hour (Debian's cron has the same rule).
// I2 Where neither day field begins with "*", a day fits that fits one of them; otherwise it must fit both.
// I3 Looking for the next moment is bounded, also for what never comes.
// Called by language/schedule.ts (is it right?) and by schedule.ts (when is it due?).
import { Cron as Croner } from 'croner';

export interface Cron {
  /** The first moment after this one, ms since the epoch; undefined when there is none within 40 years. */
  next(afterMs: number): number | undefined;
}

export class CronMistake extends Error {
  override readonly name = 'CronMistake';
  readonly advice: string | undefined;

  constructor(message: string, advice?: string) {
    super(message);
    this.advice = advice;
  }
}

interface FieldRule {
  readonly what: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const SECOND: FieldRule = { what: 'second', min: 0, max: 59 };
const FIELDS: readonly FieldRule[] = [
  { what: 'minute', min: 0, max: 59 },
  { what: 'hour', min: 0, max: 23 },
  { what: 'day of the month', min: 1, max: 31 },
  { what: 'month', min: 1, max: 12, names: MONTHS },
  { what: 'day of the week', min: 0, max: 7, names: DAYS },
];
const LONGEST = 200;
const NICKNAMES: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const HOUR_MS = 3_600_000;
const HORIZON_MS = 40 * 366 * 24 * HOUR_MS;
/** Changes of the zone's offset on the way to the next moment. */
const MOST_CHANGES = 500;
/** Two changes of a zone lie further apart. */
const CHANGE_STEP_MS = 48 * HOUR_MS;
/** No zone has ever set its clock back by more. */
const LARGEST_FOLD_MS = 25 * HOUR_MS;

/** Throws CronMistake for an expression that is none, and for a zone that nobody knows. */
export function parseCron(expression: string, zone: string): Cron {
  const fields = checkedFields(expression);
  const offset = offsetsOf(zone);
  const [second, minute, hour, day, , weekday] = fields as [string, string, string, string, string, string];
  const fixed = ![second, minute, hour].some((field) => field.startsWith('*'));
  const walls = new Croner(fields.join(' '), { mode: '6-part', utcOffset: 0, domAndDow: day.startsWith('*') || weekday.startsWith('*') });
  const wallAfter = (wallMs: number): number | undefined => walls.nextRun(new Date(wallMs))?.getTime();
  return { next: (afterMs) => next({ wallAfter, offset, fixed }, afterMs) };
}

interface Clock {
  /** The first wall-clock time after this one, as if it were UTC. */
  wallAfter(wallMs: number): number | undefined;
  offset(atMs: number): number;
  readonly fixed: boolean;
}

function next(clock: Clock, afterMs: number): number | undefined {
  let at = afterMs;
  let wall = begin(clock, afterMs);
  for (let changes = 0; changes < MOST_CHANGES; changes++) {
    const before = clock.offset(at);
    const match = clock.wallAfter(wall);
    if (match === undefined || match - before > afterMs + HORIZON_MS) return undefined;
    const change = firstChange(clock, at, match - before);
    if (change === undefined) return match - before;
    const later = clock.offset(change);
    // Wall-clock times in a gap belong to the moment that ends it.
    if (clock.fixed && match < change + later) return change;
    at = change;
    // Up to here the wall has been; a millisecond less, because it is looked after it.
    wall = change + (clock.fixed ? Math.max(before, later) : later) - 1;
  }
  return undefined;
}

/** Wall-clock times up to here are past. In the second pass of a repeated hour a fixed time of that hour is past too. */
function begin(clock: Clock, afterMs: number): number {
  const wall = afterMs + clock.offset(afterMs);
  if (!clock.fixed) return wall;
  const since = afterMs - LARGEST_FOLD_MS;
  const change = firstChange(clock, since, afterMs);
  return change === undefined ? wall : Math.max(wall, change + clock.offset(since) - 1);
}

/** The first moment in (after, upTo] at which the zone has another offset than at `after`. */
function firstChange({ offset }: Clock, afterMs: number, upToMs: number): number | undefined {
  const known = offset(afterMs);
  let low = afterMs;
  while (low < upToMs) {
    let high = Math.min(low + CHANGE_STEP_MS, upToMs);
    if (offset(high) === known) {
      low = high;
      continue;
    }
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (offset(middle) === known) low = middle;
      else high = middle;
    }
    return high;
  }
  return undefined;
}

const OFFSET = /^GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/;

/** Local time minus UTC, in ms. */
function offsetsOf(zone: string): (atMs: number) => number {
  const format = zoneFormat(zone);
  return (atMs) => {
    const name = format.formatToParts(atMs).find((part) => part.type === 'timeZoneName')?.value ?? '';
    const [, sign, hours = 0, minutes = 0, seconds = 0] = OFFSET.exec(name) ?? [];
    return (sign === '-' ? -1 : 1) * ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
  };
}

function zoneFormat(zone: string): Intl.DateTimeFormat {
  const asName = 'Write it as in the IANA list: Europe/Berlin, America/New_York, UTC.';
  // An offset is no zone: it knows no daylight-saving time.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,60}$/.test(zone)) throw new CronMistake(`"${zone.slice(0, 60)}" is not a time zone.`, asName);
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  } catch {
    throw new CronMistake(`There is no time zone "${zone}".`, asName);
  }
}

/** Six fields, seconds first. */
function checkedFields(expression: string): string[] {
  if (expression.length > LONGEST) throw new CronMistake(`A cron expression has at most ${LONGEST} characters.`);
  const text = expression.trim().toUpperCase();
  const known = NICKNAMES[text.toLowerCase()];
  if (text.startsWith('@')) {
    const advice = known === undefined ? 'Write five fields: minute, hour, day of the month, month, day of the week.' : `Write "${known}".`;
    throw new CronMistake('Names instead of the fields of a cron expression are not taken.', advice);
  }
  const fields = text.split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6)
    throw new CronMistake(
      `A cron expression has five fields, not ${text === '' ? 0 : fields.length}.`,
      'Minute, hour, day of the month, month, day of the week: "0 9 * * MON-FRI". A sixth in front counts seconds.',
    );
  const rules = fields.length === 6 ? [SECOND, ...FIELDS] : FIELDS;
  for (const [i, rule] of rules.entries()) for (const term of (fields[i] ?? '').split(',')) checkTerm(term, rule);
  return fields.length === 6 ? fields : ['0', ...fields];
}

function checkTerm(term: string, rule: FieldRule): void {
  if (rule.what === 'day of the month' && (term === 'L' || term === 'LW')) return;
  if (rule.names === DAYS) {
    const special = /^([A-Z0-9]+)(?:#[1-5]|L)$/.exec(term);
    if (special !== null) return void valueOf(special[1] ?? '', term, rule);
  }
  const [range = '', step, ...rest] = term.split('/');
  if (rest.length > 0) throw wrong(term, rule);
  const [from = '', to, ...more] = range.split('-');
  if (more.length > 0) throw wrong(term, rule);
  const first = range === '*' ? rule.min : valueOf(from, term, rule);
  const last = range === '*' ? rule.max : to === undefined ? first : valueOf(to, term, rule);
  if (last < first) throw new CronMistake(`"${term}" runs backwards in the ${rule.what}.`, `Write two ranges: "${from}-${rule.max},${rule.min}-${to}".`);
  if (step === undefined) return;
  if (range !== '*' && to === undefined)
    throw new CronMistake(`"${term}" has a step and no range in the ${rule.what}.`, `Write "${from}-${rule.max}/${step}".`);
  if (!/^\d{1,2}$/.test(step) || Number(step) < 1 || Number(step) > rule.max) throw wrong(term, rule);
}

function valueOf(text: string, term: string, rule: FieldRule): number {
  const named = rule.names?.indexOf(text) ?? -1;
  if (named >= 0) return named + rule.min;
  if (!/^\d{1,2}$/.test(text) || Number(text) < rule.min || Number(text) > rule.max) throw wrong(term, rule);
  return Number(text);
}

function wrong(term: string, { what, min, max, names }: FieldRule): CronMistake {
  const named = names === undefined ? '' : ` or ${names[0]} to ${names.at(-1)}`;
  return new CronMistake(`"${term}" is no ${what}.`, `It is ${min} to ${max}${named}, a range like ${min}-${max}, or * with a step like */2.`);
}
