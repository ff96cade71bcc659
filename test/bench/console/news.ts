// How soon what was committed is seen: runs that wait are answered while their page is open; the time of the journal's last event against
// the time at which the page shows the end. Server and browser have one clock.
import { REFUND, refund } from '../../e2e/flows.ts';
import { visit } from '../../e2e/settled.ts';
import { latency, round } from '../engine/gauge.ts';
import { signedIn, tell, type Bench } from './bench.ts';

const TIMES = 15;

export async function newsShows(bench: Bench): Promise<void> {
  const { house } = bench;
  await house.publish(refund);
  const { page, context } = await signedIn(bench);
  const took: number[] = [];
  for (let n = 0; n < TIMES; n += 1) {
    const run = await house.start(REFUND);
    await house.waitFor(run, 'waiting');
    await visit(page, `/runs/${run}`);
    await page.getByRole('treeitem', { name: /^approval/ }).waitFor();
    const seen = page.evaluate<number>(`new Promise((resolve) => {
      const look = () => ([...document.querySelectorAll('[role="treeitem"]')].some((one) => one.textContent.startsWith('pay')) ? resolve(Date.now()) : requestAnimationFrame(look));
      look();
    })`);
    await house.ask('POST', `/v1/runs/${run}/signals`, { name: 'approve' });
    const seenAt = await seen;
    const { items } = await house.ask<{ items: readonly { at: string }[] }>('GET', `/v1/runs/${run}/events?limit=100`);
    took.push(seenAt - Date.parse(items.at(-1)?.at ?? ''));
  }
  const { p50, p95, max } = latency(took);
  tell('an event shows after its commit', round(p95, 0), 500, 'ms, p95', { p50: round(p50, 0), max: round(max, 0), times: TIMES });
  await context.close();
}
