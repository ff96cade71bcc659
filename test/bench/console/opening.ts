// How soon the console can be used: home in a browser that has nothing of it, and each place in one that is warm.
import { settled, visit } from '../../e2e/settled.ts';
import { latency, now, round } from '../engine/gauge.ts';
import { signedIn, tell, type Bench } from './bench.ts';

const COLD_TIMES = 7;
const ROUNDS = 5;
const PLACES = ['Runs', 'Flows', 'Settings', 'Home'] as const;

/** From the request to a page that has its data, answers to keys and has no task to end. */
export async function homeOpens(bench: Bench): Promise<void> {
  const took: number[] = [];
  for (let n = 0; n < COLD_TIMES; n += 1) {
    const { page, context } = await signedIn(bench);
    const from = now();
    await page.goto('/', { waitUntil: 'commit' });
    await settled(page, 60_000);
    took.push(now() - from);
    await context.close();
  }
  const [first = 0, ...later] = took;
  tell('home can be used, nothing cached in the browser', round(latency(later).p50, 0), 1_500, 'ms', {
    max: round(latency(later).max, 0),
    firstOfServer: round(first, 0),
  });
}

/** From the click in the rail to the other screen with its data. Each place was there before. */
export async function movesBetween(bench: Bench): Promise<void> {
  const { page, context } = await signedIn(bench);
  await visit(page, '/');
  const rail = page.getByRole('navigation', { name: 'Navigation' });
  const took = new Map<string, number[]>(PLACES.map((place) => [place, []]));
  for (let n = -1; n < ROUNDS; n += 1) {
    for (const place of PLACES) {
      const ms = await timeOf(place);
      if (n >= 0) took.get(place)?.push(ms);
    }
  }
  const all = [...took.values()].flat();
  const each = Object.fromEntries([...took].map(([place, times]) => [place, round(latency(times).p50, 0)]));
  tell('the next screen is there, warm', round(latency(all).p95, 0), 300, 'ms', { p50: round(latency(all).p50, 0), each });
  await context.close();

  async function timeOf(place: string): Promise<number> {
    const shown = `new Promise((resolve) => {
      const from = performance.now();
      const link = [...document.querySelectorAll('nav a')].find((one) => one.textContent.trim().startsWith('${place}'));
      const path = new URL(link.href).pathname;
      const look = () => {
        const there = location.pathname.startsWith(path) && document.querySelector('a[aria-current="page"]')?.href === link.href;
        if (there && document.querySelector('main h1') !== null && document.querySelector('.skeleton-late') === null) resolve(performance.now() - from);
        else requestAnimationFrame(look);
      };
      link.click();
      requestAnimationFrame(look);
    })`;
    await rail.getByRole('link', { name: place }).waitFor();
    return page.evaluate<number>(shown);
  }
}
