// The console as people feel it, on the real product with a real browser beside it on the same machine: how soon it can be used, how soon
// the next screen is there, how much JavaScript a screen begins with, long runs, long lists, live news, and what many open pages cost.
// Every figure stands beside the bound that it must keep; nothing fails here, a machine that does other things measures other things.
// Where there is no Chromium, the figures that need none are taken and the rest is named as skipped.
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

const program = findChromium();
const house = await openHouse();
try {
  await idleMemory(house);
  await firstLoads(house);
  if (program === undefined) skip('console', 'there is no Chromium on this machine (apt-get install chromium)');
  else {
    const browser = await openChromium(program);
    const bench: Bench = { house, browser };
    try {
      for (const part of [homeOpens, movesBetween, longRun, newsShows, manyPages, manyRuns]) await part(bench);
    } finally {
      await browser.close();
    }
  }
} finally {
  await house.close();
}
