import { expect, test } from 'vitest';
import type { Storage } from './api.ts';
import { bytesText, storageTable, storageText } from './storage-report.ts';

const STORAGE: Storage = { bytes: 12_345_678, retention: { completedMs: 2_592_000_000, failedMs: 7_776_000_000, keysMs: 60_000 }, items: [] };

test('sizes are told in the unit that fits, growth with its sign', () => {
  expect([0, 999, 1_000, 12_345_678, 999_600, 1.5e12, -2_500].map(bytesText)).toEqual(['0 B', '999 B', '1.0 kB', '12.3 MB', '1.0 MB', '1.5 TB', '-2.5 kB']);
});

test('what is not known is said, and how to make it known', () => {
  expect(storageText(STORAGE)).toEqual([
    'database   12.3 MB',
    'growth     not known yet; it takes ten minutes',
    'room       not known; say it with PALACE_RETENTION_CAPACITY_BYTES',
    'full       not known',
    'kept       completed runs 30 days, failed 90 days, keys and events 60 s',
    '',
  ]);
  expect(storageText({ ...STORAGE, freeBytes: 5e9, growthBytesADay: 1e9, daysUntilFull: 5 })).toContain('full       in 5 days');
  expect(storageText({ ...STORAGE, freeBytes: 5e9, growthBytesADay: -1 })).toContain('full       never, as it goes now');
});

test('a table has a line with its size, its age and its bound', () => {
  const item = { name: 'flow.journal', bytes: 5, rows: 7, partitions: 3, oldest: '2026-01-02T03:04:05.000Z', bound: 'a period goes with the last of its runs' };
  expect(storageTable({ ...STORAGE, items: [item] })[1]).toEqual([
    ['flow.journal (3 parts)', '5 B', '7', '', '2026-01-02 03:04', '', 'a period goes with the last of its runs'],
  ]);
});
