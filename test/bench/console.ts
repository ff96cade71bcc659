// The console as people feel it, on the real product with a real browser beside it on the same machine: how soon it can be used, how soon
// the next screen is there, how much JavaScript a screen begins with, long runs, long lists, live news, and what many open pages cost.
// Every figure stands beside the bound that it must keep; nothing fails here, a machine that does other things measures other things.
// Where there is no Chromium, the figures that need none are taken and the rest is named as skipped.
//   node test/bench/console.ts [home] [moves] [long-run] [news] [pages] [runs]    nothing named: all of them
import { findChromium, openChromium } from '../e2e/browser.ts';
import { openHouse } from '../e2e/house.ts';
import { homeOpens, movesBetween } from './console/opening.ts';
import { firstLoads } from './console/first-load.ts';
import { idleMemory, manyPages } from './console/load.ts';
import { longRun } from './console/long-run.ts';
import { manyRuns } from './console/many-runs.ts';
import { newsShows } from './console/news.ts';
import type { Bench } from './console/bench.ts';
import { skip } from './engine/line.ts';

const PARTS = { home: homeOpens, moves: movesBetween, 'long-run': longRun, news: newsShows, pages: manyPages, runs: manyRuns } as const;
const named = process.argv.slice(2);
const unknown = named.find((name) => !(name in PARTS));
if (unknown !== undefined) throw new Error(`There is no part "${unknown}". There are: ${Object.keys(PARTS).join(', ')}.`);

const program = findChromium();
const house = await openHouse();
try {
  if (named.length === 0) {
    await idleMemory(house);
    await firstLoads(house);
  }
  if (program === undefined) skip('console', 'there is no Chromium on this machine (apt-get install chromium)');
  else {
    const browser = await openChromium(program);
    const bench: Bench = { house, browser };
    try {
      for (const [name, part] of Object.entries(PARTS)) if (named.length === 0 || named.includes(name)) await part(bench);
    } finally {
      await browser.close();
    }
  }
} finally {
  await house.close();
}
