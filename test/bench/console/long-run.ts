// A run of ten thousand steps: how soon its page can be used, and the longest task of the page while it is scrolled from end to end.
import { LONG, long } from '../../e2e/flows.ts';
import { settled } from '../../e2e/settled.ts';
import { now, round } from '../engine/gauge.ts';
import { signedIn, tell, type Bench } from './bench.ts';

const ROUNDS = 5_000;
const LEAST_STEPS = 10_000;
const SCROLLS = 120;

export async function longRun(bench: Bench): Promise<void> {
  const { house } = bench;
  await house.publish(long(ROUNDS));
  const run = await house.start(LONG);
  await house.waitFor(run, 'completed');
  const { page, context } = await signedIn(bench);
  const from = now();
  await page.goto(`/runs/${run}`, { waitUntil: 'commit' });
  await settled(page, 60_000);
  await page.getByRole('treeitem').nth(1).waitFor();
  const firstMs = now() - from;
  const toolbar = page.getByRole('toolbar', { name: 'Tools for the steps' });
  await toolbar.getByText(/1\d,\d{3} steps/).waitFor({ timeout: 60_000 });
  const openMs = now() - from;
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
  tell('a run of 10,000 steps opens, all of them read', round(openMs, 0), 2_000, 'ms', { leastSteps: LEAST_STEPS, firstRowsMs: round(firstMs, 0) });
  tell('longest task while it is scrolled', round(longest, 0), 100, 'ms', { tasksOver50ms: tasks, scrolls: SCROLLS });
  await context.close();
}
