// Cron against two references that share nothing with it: a table written by Python's cronsim over the IANA zones (cron-reference.json:
// expression, zone, from, the moments that follow), and a count of minutes over Intl.DateTimeFormat.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CronMistake, parseCron } from './cron.ts';

type Row = readonly [expression: string, zone: string, from: string, moments: readonly string[]];
const TABLE = JSON.parse(readFileSync(new URL('./cron-reference.json', import.meta.url), 'utf8')) as Row[];

const iso = (ms: number | undefined): string => (ms === undefined ? 'never' : new Date(ms).toISOString().replace('.000Z', 'Z'));

function moments(expression: string, zone: string, from: string, count: number): string[] {
  const cron = parseCron(expression, zone);
  const found: string[] = [];
  for (let at: number | undefined = Date.parse(from); found.length < count;) {
    at = cron.next(at);
    found.push(iso(at));
    if (at === undefined) break;
  }
  return found;
}

test('every row of the reference table comes out as there', () => {
  expect(TABLE.length).toBeGreaterThan(300);
  const wrong = TABLE.map(([expression, zone, from, wanted]) => ({
    expression,
    zone,
    from,
    wanted,
    got: moments(expression, zone, from, wanted.length),
  })).filter(({ wanted, got }) => got.join() !== wanted.join());
  expect(wrong).toEqual([]);
});

test('a time that does not exist happens at the first moment after the gap, once', () => {
  // 02:00 to 03:00 is missing on 29 March 2026 in Berlin; 03:00 there is 01:00 UTC.
  expect(moments('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2)).toEqual(['2026-03-29T01:00:00Z', '2026-03-30T00:30:00Z']);
  expect(moments('0,20,40 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2)).toEqual(['2026-03-29T01:00:00Z', '2026-03-30T00:00:00Z']);
  expect(moments('0 3 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2)).toEqual(['2026-03-29T01:00:00Z', '2026-03-30T01:00:00Z']);
});

test('a time that exists twice happens once, the first time', () => {
  expect(moments('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)).toEqual(['2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z']);
  // Also when it is asked for in between, in the second pass.
  expect(moments('30 2 * * *', 'Europe/Berlin', '2026-10-25T01:10:00Z', 1)).toEqual(['2026-10-26T01:30:00Z']);
});

test('an interval runs in both passes of a repeated hour and goes on through a gap', () => {
  expect(moments('*/30 * * * *', 'Europe/Berlin', '2026-10-24T23:45:00Z', 5)).toEqual([
    '2026-10-25T00:00:00Z',
    '2026-10-25T00:30:00Z',
    '2026-10-25T01:00:00Z',
    '2026-10-25T01:30:00Z',
    '2026-10-25T02:00:00Z',
  ]);
  expect(moments('*/30 * * * *', 'Europe/Berlin', '2026-03-29T00:15:00Z', 3)).toEqual(['2026-03-29T00:30:00Z', '2026-03-29T01:00:00Z', '2026-03-29T01:30:00Z']);
});

test('intervals agree with a count of minutes where clocks change by half an hour', () => {
  for (const [expression, from] of [
    ['30 * * * *', '2026-10-03T12:00:00Z'],
    ['*/20 * * * *', '2026-10-03T13:00:00Z'],
    ['45 * * * *', '2026-04-04T12:00:00Z'],
    ['*/25 */2 * * *', '2026-04-04T12:00:00Z'],
  ] as const) {
    expect(moments(expression, 'Australia/Lord_Howe', from, 8), expression).toEqual(countedMinutes(expression, 'Australia/Lord_Howe', from, 8));
  }
});

/** Minute by minute; knows only steps, single values and stars of minute and hour. */
function countedMinutes(expression: string, zone: string, from: string, count: number): string[] {
  const [minute = '', hour = ''] = expression.split(' ');
  const fits = (field: string, value: number): boolean =>
    field === '*' || (field.startsWith('*/') ? value % Number(field.slice(2)) === 0 : value === Number(field));
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const found: string[] = [];
  for (let at = Date.parse(from) + 60_000; found.length < count; at += 60_000) {
    const [h = '', m = ''] = format.format(at).split(':');
    if (fits(minute, Number(m)) && fits(hour, Number(h))) found.push(iso(at));
  }
  return found;
}

test('what never comes is found out in bounded work', () => {
  for (const never of ['0 0 30 2 *', '0 0 31 4,6,9,11 *', '0 0 30 2 */7', '0 0 31 FEB *']) {
    expect(parseCron(never, 'Europe/Berlin').next(Date.parse('2026-01-01T00:00:00Z')), never).toBeUndefined();
  }
  // The 29th of February that is a Monday is far away and comes.
  expect(moments('0 0 * 2 MON#5', 'UTC', '2026-01-01T00:00:00Z', 1)).toEqual(['2044-02-29T00:00:00Z']);
});

test('a step of moments never goes back and never stands still, whatever the zone does', () => {
  for (const zone of ['Australia/Lord_Howe', 'America/St_Johns', 'Pacific/Apia', 'Antarctica/Troll', 'Africa/Cairo']) {
    for (const expression of ['*/7 * * * *', '17 */3 * * *', '30 2 * * *', '5,55 0-3 * * *']) {
      const cron = parseCron(expression, zone);
      let at = Date.parse('2011-12-20T00:00:00Z');
      for (let i = 0; i < 400; i++) {
        const following = cron.next(at);
        if (following === undefined || following <= at) throw new Error(`${expression} in ${zone} after ${iso(at)}: ${iso(following)}`);
        at = following;
      }
    }
  }
});

test.each([
  ['', 'five fields, not 0'],
  ['* * * *', 'five fields, not 4'],
  ['* * * * * * *', 'five fields, not 7'],
  ['60 * * * *', '"60" is no minute'],
  ['* 24 * * *', '"24" is no hour'],
  ['* * 0 * *', '"0" is no day of the month'],
  ['* * * 13 *', '"13" is no month'],
  ['* * * * 8', '"8" is no day of the week'],
  ['* * * FOO *', '"FOO" is no month'],
  ['5/15 * * * *', 'has a step and no range'],
  ['*/0 * * * *', '"*/0" is no minute'],
  ['* * * * FRI-MON', 'runs backwards'],
  ['* * 15W * *', '"15W" is no day of the month'],
  ['* * L-3 * *', 'is no day of the month'],
  ['* * ? * *', 'is no day of the month'],
  ['1,,2 * * * *', '"" is no minute'],
  ['1-2-3 * * * *', 'is no minute'],
  ['@daily', 'Names instead of the fields'],
  [`${'1,'.repeat(200)}1 * * * *`, 'at most 200 characters'],
])('"%s" is refused in words', (expression, said) => {
  expect(() => parseCron(expression, 'UTC')).toThrow(CronMistake);
  expect(() => parseCron(expression, 'UTC')).toThrow(said);
});

test.each(['Europe/Atlantis', '+02:00', '', 'CET ', '../etc/passwd', 'x'.repeat(100)])('the zone "%s" is refused in words', (zone) => {
  expect(() => parseCron('0 0 * * *', zone)).toThrow(CronMistake);
});
