// A list of a hundred thousand runs: how long the API takes for a page of it, filtered too, and how soon the screen shows one.
import { randomUUID } from 'node:crypto';
import { visit } from '../../e2e/settled.ts';
import { latency, now, pool, round } from '../engine/gauge.ts';
import { signedIn, tell, type Bench } from './bench.ts';

const RUNS = 100_000;
const A_BATCH = 500;
const AT_ONCE = 4;
const SEEDING_LIMIT_MS = 900_000;
const TIMES = 7;
const FLOW = 'bench/plain';
const FILTERS = ['', '?status=failed', '?status=completed', '?flow=bench%2Fplain', '?flow=bench%2Fother&status=failed'];

const plain = (name: string, steps: readonly unknown[]): string =>
  JSON.stringify({ document: { dsl: '1.0.3', namespace: 'bench', name, version: '1.0.0' }, do: steps });

export async function manyRuns(bench: Bench): Promise<void> {
  const { house } = bench;
  await house.publish(plain('plain', [{ one: { set: { n: 1 } } }]));
  await house.publish(plain('other', [{ one: { raise: { error: { type: 'https://bench.test/e', status: 400, title: 'no' } } } }]));
  const batches = Math.ceil(RUNS / A_BATCH);
  const seeded = await pool(
    batches,
    AT_ONCE,
    async (n) => {
      const items = Array.from({ length: A_BATCH }, (_, i) => ({ flow: i % 50 === 0 ? 'bench/other' : FLOW, input: { n: n * A_BATCH + i } }));
      await house.door.must('POST', '/v1/runs/batch', { items }, randomUUID());
    },
    SEEDING_LIMIT_MS,
  );
  const runs = seeded.done * A_BATCH;
  const { page, context } = await signedIn(bench);
  for (const filter of FILTERS) {
    const shown: number[] = [];
    const answered: number[] = [];
    await visit(page, '/flows');
    for (let n = 0; n < TIMES; n += 1) {
      const from = now();
      await house.ask('GET', `/v1/runs${filter === '' ? '?' : `${filter}&`}limit=100`);
      answered.push(now() - from);
      const begun = now();
      await page.evaluate(`window.next.router.push('/runs${filter}')`);
      await page.getByRole('row').nth(1).waitFor();
      shown.push(now() - begun);
      await page.evaluate(`window.next.router.push('/flows')`);
      await page.waitForURL('**/flows');
    }
    tell(
      `the list of ${runs} runs${filter === '' ? '' : `, filtered by ${filter.slice(1)}`}`,
      round(latency(shown).p50, 0),
      300,
      'ms until its rows are seen',
      {
        apiMs: round(latency(answered).p50, 0),
      },
    );
  }
  await context.close();
}
