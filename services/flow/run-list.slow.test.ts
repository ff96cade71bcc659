// The list of runs among many: no filter makes the database look at many times what it shows. How long it takes is the bench's
// (`palace bench console`, over 100,000 runs): here the rows are counted that the plans really touched.
import { expect, test, beforeAll, afterAll } from 'vitest';
import type { Sql } from '@palace/platform/database/port.ts';
import { testDatabase, type TestDatabase } from '@palace/platform/database/testing.ts';
import { listRuns } from './contract.ts';
import { flowIndexes, flowMigrations } from './migrations.ts';
import { listSummaries } from './store/run-list.ts';

const TENANT = 'acme';
const RUNS = 100_000;
const LIMIT = 100;
/** What a filter with an index of its own may touch: a page, the one behind it, and what else fits. */
const FEW = 1_000;

/** One in a thousand is open, failed, of another environment or flow. */
const FILL = `insert into flow.run (id, shard, tenant, flow, version, hash, status, started_ms, ended_ms, environment, trigger, parent, fork_of)
  select 'run_' || lpad(i::text, 26, '0'), i % 16, $1, case when i % 1000 = 7 then 'test/rare' else 'test/common-' || i % 5 end, '1.0.0', 'h',
    case i % 1000 when 1 then 'running' when 2 then 'waiting' when 3 then 'failed' when 4 then 'paused' when 5 then 'cancelled' else 'completed' end,
    1700000000000 + i::bigint * 1000, case when i % 1000 in (1, 2, 4) then null else 1700000000500 + i::bigint * 1000 end,
    case when i % 1000 = 8 then 'staging' end, case when i % 1000 = 9 then 'webhook/shop/' || i when i % 2 = 0 then 'schedule/x' end,
    case when i % 1000 = 11 then 'run_above' end, case when i = 13 then 'run_before' end
  from generate_series(1, $2::int) i`;

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await db.database.migrate(flowMigrations());
  await db.database.buildIndexes(flowIndexes());
  await db.database.owner.query(FILL, [TENANT, RUNS]);
  await db.database.owner.query('vacuum (analyze) flow.run');
}, 60_000);
afterAll(() => db?.close());

interface Plan {
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

/** Rows that the scans of a plan came by, those that they left out included. */
function touched({ Plans: parts = [], ...node }: Plan): number {
  if (parts.length > 0) return parts.reduce((sum, part) => sum + touched(part), 0);
  return ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) * (node['Actual Loops'] ?? 1);
}

async function listed(query: string): Promise<{ readonly rows: number; readonly next: string | undefined }> {
  return db.database.asTenant(TENANT, async (sql) => {
    let rows = 0;
    const counting: Sql = {
      query: async (text, values) => {
        const found = await sql.query<{ 'QUERY PLAN': readonly { readonly Plan: Plan }[] }>(`explain (analyze, format json) ${text}`, values);
        rows += touched(found.rows[0]!['QUERY PLAN'][0]!.Plan);
        return sql.query(text, values);
      },
    };
    const { next } = await listSummaries(counting, listRuns.parse({ limit: String(LIMIT), ...Object.fromEntries(new URLSearchParams(query)) }));
    return { rows, next };
  });
}

test.each([
  '',
  ...['pending', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled', 'quarantined'].map((status) => `status=${status}`),
  'flow=test/rare',
  'flow=test/common-1&status=failed',
  'flow=test/common-1&status=running',
  'environment=staging',
  'environment=nowhere',
  'environment=default',
  'origin=request',
  'id=run_0000000000000000000000042',
  'id=run_00000',
  'id=run_zz',
  'startedAfter=2023-11-15T00:00:00Z&startedBefore=2023-11-15T00:10:00Z',
  'startedBefore=2023-11-14T22:13:25Z',
  'status=completed&environment=staging&origin=webhook',
])('a page of "%s" among 100,000 runs, and the one behind it, touch few of them', async (query) => {
  const first = await listed(query);
  expect(first.rows).toBeLessThan(FEW);
  if (first.next !== undefined) expect((await listed(`${query}&cursor=${encodeURIComponent(first.next)}`)).rows).toBeLessThan(FEW);
});

// Origins have no index: what is rare among them is looked for in all runs, once.
test.each(['schedule', 'after', 'event', 'webhook', 'parent', 'fork'])('a page of "origin=%s" comes by each run once at most', async (origin) => {
  const { rows, next } = await listed(`origin=${origin}`);
  expect(rows).toBeLessThanOrEqual(RUNS + FEW);
  if (next !== undefined) expect((await listed(`origin=${origin}&cursor=${encodeURIComponent(next)}`)).rows).toBeLessThanOrEqual(RUNS + FEW);
});
