// What was released stays as it was, and what is new can live beside it: migrations, formats, the words of the journal (ENGINE E10).
import { describe, expect, it } from 'vitest';
import { flowMigrations } from '@palace/flow/migrations.ts';
import { migrations as gatewayMigrations } from '@palace/gateway/migrations.ts';
import { loadMigrations } from '../platform/database/load-migrations.ts';
import type { Migration } from '../platform/database/port.ts';
import { isBefore, VERSION } from '../platform/release.ts';
import { namesOf } from './journals/kept.ts';
import { namedPrevious } from './upgrade/previous.ts';
import { presentRelease, recordedReleases } from './upgrade/releases.ts';
import { faultsBeside } from './upgrade/side-by-side.ts';

const released = recordedReleases();
const present = presentRelease();
const previous = released.findLast(({ version }) => isBefore(version, VERSION));

describe.each(released)('release $version', (release) => {
  it('has its migrations here unchanged, under their numbers', () => {
    for (const [schema, steps] of Object.entries(release.migrations))
      expect({ [schema]: present.migrations[schema]?.slice(0, steps.length) }).toEqual({ [schema]: steps });
  });

  it('has journals of the formats that it wrote, which every build folds', () => {
    expect(namesOf(release.writes).length).toBeGreaterThan(0);
  });
});

describe('this release', () => {
  it('follows the one that the rolling upgrade begins with', () => {
    expect(previous?.version).toBe(namedPrevious().version);
  });

  it('writes what the previous one reads', () => {
    expect(present.writes).toBeLessThanOrEqual(previous?.reads ?? 1);
    expect(present.program).toBeLessThanOrEqual(previous?.program ?? 1);
  });

  it('raises the format that it reads when the journal has new words', () => {
    const isNew = present.words.some((word) => previous?.words.includes(word) !== true);
    if (isNew) expect(present.reads).toBeGreaterThan(previous?.reads ?? 0);
  });

  it('adds only migrations that the previous one can live with', () => {
    const plans: Readonly<Record<string, readonly Migration[]>> = {
      palace: loadMigrations(new URL('../platform/database/migrations/', import.meta.url)),
      flow: flowMigrations().migrations,
      gateway: gatewayMigrations,
    };
    const faults = Object.entries(plans).flatMap(([schema, migrations]) =>
      migrations
        .slice(previous?.migrations[schema]?.length ?? 0)
        .flatMap((migration) => faultsBeside(migration, previous?.version ?? '0.0.0').map((fault) => `${schema} ${migration.number}: ${fault}`)),
    );
    expect(faults).toEqual([]);
  });
});

describe('a migration beside the previous release 0.4.0', () => {
  const faults = (sql: string, breaksBefore?: string): string[] =>
    faultsBeside({ number: 9, name: 'x', sql, ...(breaksBefore !== undefined && { breaksBefore }) }, '0.4.0');

  it('may add tables with their indexes, columns, functions and policies', () => {
    expect(
      faults('create table {{schema}}.a (n int not null); create index a_n on {{schema}}.a (n); alter table {{schema}}.b add column m int default 0;'),
    ).toEqual([]);
    expect(faults('-- drop table a\ncreate or replace function {{schema}}.f() returns int language sql as $$ select 1 $$;')).toEqual([]);
  });

  it.each([
    ['drop table {{schema}}.a', 'takes away'],
    ['alter table {{schema}}.a drop column n', 'takes away'],
    ['alter table {{schema}}.a rename column n to m', 'takes away'],
    ['alter table {{schema}}.a alter column n type bigint', 'takes away'],
    ['alter table {{schema}}.a alter column n set not null', 'takes away'],
    ['alter table {{schema}}.a add column n int not null', 'without a default'],
    ['create index b_n on {{schema}}.b (n)', 'holds up'],
    ['create unique index if not exists b_n on {{schema}}.b (n)', 'holds up'],
  ])('%s is a fault', (sql, fault) => {
    expect(faults(sql)).toEqual([expect.stringContaining(fault)]);
  });

  it('takes away only what the previous release lives without: it breaks nobody but those before it', () => {
    expect(faults('drop table {{schema}}.a', '0.4.0')).toEqual([]);
    expect(faults('drop table {{schema}}.a', '0.5.0')).toEqual([expect.stringContaining('breaks release 0.4.0')]);
  });
});
