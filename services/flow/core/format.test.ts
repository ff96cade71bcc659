import { describe, expect, it } from 'vitest';
import { formatToWrite, JOURNAL_FORMAT, READS_FORMAT } from './model.ts';

describe('the format that is written', () => {
  it('is the old one until the database says that every node reads the new one, and never one that this release does not read', () => {
    const formats = { writes: 4, reads: 5 };
    expect([0, 3, 4, 5, 6].map((minReader) => formatToWrite(minReader, formats))).toEqual([4, 4, 4, 5, 5]);
  });

  it('is at most one behind what is read', () => {
    expect([JOURNAL_FORMAT, JOURNAL_FORMAT + 1]).toContain(READS_FORMAT);
  });
});
