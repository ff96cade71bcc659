// A run of ten thousand steps: how soon its page can be used, in a new browser and from the list, and the longest task of the page while it is scrolled from end to end.
import { LONG, long } from '../../e2e/flows.ts';
import type { Page } from 'playwright-core';
import { settled, visit } from '../../e2e/settled.ts';
import { latency, now, round } from '../engine/gauge.ts';
import { signedIn, tell, type Bench } from './bench.ts';

const ROUNDS = 5_000;
const LEAST_STEPS = 10_000;
const SCROLLS = 120;
const COLD_TIMES = 5;

export async function longRun(bench: Bench): Promise<void> {
  const { house } = bench;
  await house.publish(long(ROUNDS));
  const run = await house.start(LONG);
  await house.waitFor(run, 'completed');
  const cold = [];
  for (let n = 0; n < COLD_TIMES; n += 1) {
    const { page, context } = await signedIn(bench);
    cold.push(await opened(page, () => page.goto(`/runs/${run}`, { waitUntil: 'commit' })));
    await context.close();
  }
  const [first, ...later] = cold;
  const firstRows = latency(later.map(({ firstMs }) => firstMs));
  const { page, context } = await signedIn(bench);
  await visit(page, '/runs');
  const warm = await opened(page, () => page.getByRole('main').locator(`a[href="/runs/${run}"]`).first().click());
  const toolbar = page.getByRole('toolbar', { name: 'Tools for the steps' });
  await toolbar.getByRole('button', { name: 'Open all' }).click();
  await page.evaluate(`globalThis.longest = 0; globalThis.tasks = 0;
    new PerformanceObserver((list) => { for (const one of list.getEntries()) { longest = Math.max(longest, one.duration); tasks += 1; } }).observe({ entryTypes: ['longtask'] })`);
  const tree = await page.getByRole('tree', { name: 'Steps' }).boundingBox();
  await page.mouse.move((tree?.x ?? 0) + 60, (tree?.y ?? 0) + 100);
  for (let n = 0; n < SCROLLS; n += 1) {
    await page.mouse.wheel(0, n % 40 === 39 ? -6_000 : 3_000);
    await page.waitForTimeout(16);
  }
  const { longest, tasks } = await page.evaluate<{ longest: number; tasks: number }>('({ longest, tasks })');
  tell('a run of 10,000 steps is shown, nothing cached in the browser', round(firstRows.p50, 0), 2_000, 'ms', {
    leastSteps: LEAST_STEPS,
    max: round(firstRows.max, 0),
    firstOfServer: first?.firstMs,
    allReadMs: round(latency(later.map(({ allMs }) => allMs)).p50, 0),
  });
  tell('a run of 10,000 steps opens from the list', warm.firstMs, 2_000, 'ms', { allReadMs: warm.allMs });
  tell('longest task while it is scrolled', round(longest, 0), 100, 'ms', { tasksOver50ms: tasks, scrolls: SCROLLS });
  await context.close();
}

/** Until its first rows can be worked with, and until the last step was read. */
async function opened(page: Page, open: () => Promise<unknown>): Promise<{ readonly firstMs: number; readonly allMs: number }> {
  const from = now();
  await open();
  await settled(page, 60_000);
  await page.getByRole('treeitem').nth(1).waitFor();
  const firstMs = round(now() - from, 0);
  await page
    .getByRole('toolbar', { name: 'Tools for the steps' })
    .getByText(/1\d,\d{3} steps/)
    .waitFor({ timeout: 60_000 });
  return { firstMs, allMs: round(now() - from, 0) };
}
