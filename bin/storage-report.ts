// What the database holds, for a terminal.
import type { Storage } from './api.ts';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
const DAY_MS = 86_400_000;

/** 12.3 MB; with its sign when it is negative. */
export function bytesText(bytes: number): string {
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${bytes < 0 ? '-' : ''}${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

const time = (iso: string | undefined): string => iso?.slice(0, 16).replace('T', ' ') ?? '';
const days = (ms: number): string => (ms === DAY_MS ? '1 day' : ms % DAY_MS === 0 ? `${ms / DAY_MS} days` : `${Math.round(ms / 1_000)} s`);

export function storageText({ bytes, freeBytes, growthBytesADay, daysUntilFull, retention }: Storage): string[] {
  const growth = growthBytesADay === undefined ? 'not known yet; it takes ten minutes' : `${bytesText(growthBytesADay)} a day`;
  const room = freeBytes === undefined ? 'not known; say it with PALACE_RETENTION_CAPACITY_BYTES' : bytesText(freeBytes);
  const full =
    daysUntilFull === undefined
      ? growthBytesADay !== undefined && growthBytesADay <= 0
        ? 'never, as it goes now'
        : 'not known'
      : `in ${daysUntilFull} ${daysUntilFull === 1 ? 'day' : 'days'}`;
  return [
    `database   ${bytesText(bytes)}`,
    `growth     ${growth}`,
    `room       ${room}`,
    `full       ${full}`,
    `kept       completed runs ${days(retention.completedMs)}, failed ${days(retention.failedMs)}, keys and events ${days(retention.keysMs)}`,
    '',
  ];
}

/** Header and rows; a bound is a sentence and comes last. */
export function storageTable({ items }: Storage): [string[], string[][]] {
  return [
    ['TABLE', 'BYTES', 'ROWS', 'A DAY', 'OLDEST', 'NEXT TO GO', 'BOUND'],
    items.map((one) => [
      one.partitions > 0 ? `${one.name} (${one.partitions} parts)` : one.name,
      bytesText(one.bytes),
      String(one.rows),
      one.growthBytesADay === undefined ? '' : bytesText(one.growthBytesADay),
      time(one.oldest),
      time(one.nextExpiry),
      one.bound ?? '',
    ]),
  ];
}
