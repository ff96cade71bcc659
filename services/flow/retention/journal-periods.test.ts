import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lintCatalog } from '@palace/platform/database/catalog-lint.ts';
import { testDatabase, type TestDatabase } from '@palace/platform/database/testing.ts';
import { makeRunId, runsFrom } from '../core/run-id.ts';
import { flowMigrations } from '../migrations.ts';
import { makePeriods, readPeriods } from './journal-periods.ts';

const DAY_MS = 86_400_000;
const NOW_MS = 20_000 * DAY_MS + 5;
const said: string[] = [];
const log = { debug: note, info: note, warn: note, error: note, child: () => log };
function note(message: string): void {
  said.push(message);
}

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await db.database.migrate(flowMigrations());
});
afterAll(() => db.close());

const write = (id: string): Promise<unknown> =>
  db.database.asEngine({ shards: [3], tenants: ['acme'] }, (sql) =>
    sql.query(`insert into flow.journal (run, seq, count, format, shard, tenant, at_ms, body) values ($1, 1, 1, 1, 3, 'acme', 0, '[]')`, [id]),
  );
const partitionOf = async (id: string): Promise<unknown> =>
  (await db.database.owner.query<{ part: string }>('select tableoid::regclass::text as part from flow.journal where run = $1', [id])).rows[0]?.part;

describe('periods of the journal in the database', () => {
  test('are made once, by however many processes, and the runs of now and of the days ahead lie in them', async () => {
    await Promise.all(Array.from({ length: 4 }, () => makePeriods(db.database, NOW_MS, DAY_MS, log)));
    const periods = await readPeriods(db.database.owner);
    expect(periods.map(({ fromRun, toRun }) => [fromRun, toRun])).toEqual([0, 1, 2].map((n) => [n, n + 1].map((at) => runsFrom((20_000 + at) * DAY_MS))));
    for (const [n, atMs] of [NOW_MS, NOW_MS + DAY_MS, NOW_MS + 2 * DAY_MS].entries()) {
      const id = makeRunId(3, atMs, new Uint8Array(9));
      await write(id);
      expect(await partitionOf(id)).toBe(`flow.${periods[n]?.name}`);
    }
  });

  test('that are not there lose nothing: the run lies in the rest, and its period is then left out', async () => {
    const late = makeRunId(3, NOW_MS + 10 * DAY_MS, new Uint8Array(9));
    await write(late);
    expect(await partitionOf(late)).toBe('flow.journal_rest');
    await makePeriods(db.database, NOW_MS + 10 * DAY_MS, DAY_MS, log);
    const from = (await readPeriods(db.database.owner)).map(({ fromRun }) => fromRun);
    expect(from).not.toContain(runsFrom(20_010 * DAY_MS));
    expect(from).toContain(runsFrom(20_011 * DAY_MS));
    expect(said).toEqual(['a period of the journal has no partition: some of its runs were written without one']);
  });

  test('are under row security like the journal, and reached through it alone', async () => {
    const findings = async (): Promise<string[]> => (await lintCatalog(db.database.owner)).filter((finding) => finding.includes('journal'));
    expect(await findings()).toEqual([]);
    const [period] = await readPeriods(db.database.owner);
    await expect(db.database.asEngine({ shards: [3], tenants: ['acme'] }, (sql) => sql.query(`select from flow.${period?.name}`))).rejects.toThrow(
      'permission',
    );
    await db.database.owner.query(`grant select on flow.${period?.name} to palace_api`);
    expect(await findings()).toEqual([`The partition flow.${period?.name} can be reached past its parent, whose policies it would escape.`]);
    await db.database.owner.query(`revoke select on flow.${period?.name} from palace_api`);
  });
});
