// The two ways to work with the console: by mouse, and by keyboard alone. A walk is written once and done by both.
// `pick` is for what Tab does not stop at: items of menus, lists and trees, where arrows lead.
import type { Locator, Page } from 'playwright-core';
import { tabTo, write as writeByKeyboard } from './keyboard.ts';

export interface Hands {
  readonly name: 'mouse' | 'keyboard';
  /** A button, a link, a tab. */
  press(page: Page, target: Locator): Promise<void>;
  /** Replaces what the field has. */
  write(page: Page, field: Locator, words: string): Promise<void>;
  /** `among`: what Tab stops at; undefined of a menu, which has the focus when it opens. */
  pick(page: Page, among: Locator | undefined, item: Locator): Promise<void>;
  /** A choice of a select, by its words. */
  choose(page: Page, select: Locator, words: string): Promise<void>;
}

const MAX_MOVES = 60;

const mouse: Hands = {
  name: 'mouse',
  press: (_page, target) => target.click(),
  write: (_page, field, words) => field.fill(words),
  pick: (_page, _among, item) => item.click(),
  choose: async (page, select, words) => {
    await select.click();
    await page.getByRole('option', { name: words }).click();
  },
};

const keyboard: Hands = {
  name: 'keyboard',
  press: async (page, target) => {
    await tabTo(page, target);
    await page.keyboard.press('Enter');
  },
  write: writeByKeyboard,
  pick: async (page, among, item) => {
    if (among !== undefined) await tabTo(page, among);
    await moveTo(page, item);
    if (among === undefined) await page.keyboard.press('Enter');
  },
  choose: async (page, select, words) => {
    await tabTo(page, select);
    await page.keyboard.press('Enter');
    await moveTo(page, page.getByRole('option', { name: words }));
    await page.keyboard.press('Enter');
  },
};

export const HANDS: readonly Hands[] = [mouse, keyboard];

async function moveTo(page: Page, item: Locator): Promise<void> {
  await item.first().waitFor();
  for (let n = 0; n < MAX_MOVES; n += 1) {
    if (await isCurrent(item.first())) return;
    await page.keyboard.press('ArrowDown');
  }
  throw new Error(`arrows do not lead to ${String(item)}`);
}

const isCurrent = (item: Locator): Promise<boolean> =>
  item.evaluate((element: { matches(selector: string): boolean }) => element.matches(':focus, [data-highlighted], [aria-selected="true"]'));
