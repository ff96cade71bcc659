// What a new migration may do while the previous release runs beside it. Looks at the text: coarse, and on the safe side.
import type { Migration } from '../../platform/database/port.ts';
import { isBefore } from '../../platform/release.ts';

const TAKES_AWAY = [
  /\bdrop (?:table|view|function|schema|sequence|policy|column|constraint)\b/,
  /\brename\b/,
  /\balter column \S+ (?:set data )?type\b/,
  /\balter column \S+ set not null\b/,
  /\btruncate\b/,
  /\brevoke\b/,
];

/** A sentence for each fault. */
export function faultsBeside({ sql, breaksBefore }: Migration, previous: string): string[] {
  const text = withoutBodies(sql);
  const faults: string[] = [];
  if (breaksBefore !== undefined && isBefore(previous, breaksBefore))
    faults.push(`it breaks release ${previous}, which must run beside it: take away one release later`);
  if (breaksBefore === undefined && TAKES_AWAY.some((pattern) => pattern.test(text)))
    faults.push('it takes away what older releases may use: say `breaksBefore`, and do it two releases after they stopped');
  if (/\badd column (?:if not exists )?\S+ [^,;]*\bnot null\b/.test(text) && !/\badd column [^;]*\b(?:default|generated)\b/.test(text))
    faults.push('a column that must have a value, without a default, refuses the rows of the previous release');
  const made = [...text.matchAll(/\bcreate table (?:if not exists )?(\S+)/g)].map(([, table]) => table);
  const indexed = [...text.matchAll(/\bcreate (?:unique )?index (?:if not exists )?\S+ on (?:only )?(\S+)/g)].map(([, table]) => table);
  if (indexed.some((table) => !made.includes(table)))
    faults.push('an index on a table that is in use holds up who writes: it belongs to the indexes that are built concurrently');
  return faults;
}

/** Lower case, one space, without comments and without what stands in bodies of functions. */
function withoutBodies(sql: string): string {
  return sql
    .replace(/--[^\n]*/g, '')
    .replace(/\$(\w*)\$[^]*?\$\1\$/g, "''")
    .replace(/\s+/g, ' ')
    .toLowerCase();
}
