// When a page can be worked with: what the server rendered is alive in the browser, and nothing is a placeholder any more.
// I1 A key that is pressed before that is lost, as it is for a person; walks press none before.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { ACTION_LIMIT_MS } from './browser.ts';

const LOOK_AGAIN_MS = 20;

/** React has taken over the head of the page, and no skeleton is shown. */
const IS_SETTLED = `(() => {
  const head = document.querySelector('h1');
  const alive = head !== null && Object.keys(head).some((key) => key.startsWith('__reactFiber'));
  return alive && document.querySelector('.skeleton-late') === null;
})()`;

export async function settled(page: Page, limitMs = ACTION_LIMIT_MS): Promise<void> {
  const end = Date.now() + limitMs;
  for (;;) {
    // The page may be about to be another one.
    if (await page.evaluate<boolean>(IS_SETTLED).catch(() => false)) return;
    if (Date.now() > end) throw new Error(`${page.url()} was not settled within ${limitMs} ms`);
    await sleep(LOOK_AGAIN_MS);
  }
}

export async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await settled(page);
}
