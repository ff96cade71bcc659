// A flow from its first line to its end: written with a mistake, mended by its message, published, run, watched, mended again and gone on.
import { beforeAll, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { HANDS, type Hands } from './hands.ts';
import { command, tabTo } from './keyboard.ts';
import { allow, openOutside, type Outside } from './outside.ts';
import { settled, visit } from './settled.ts';
import { describeWalks } from './stage.ts';

/** Five steps; the fourth says `cal` for `call`. */
const gift = (outside: string): string => `document:
  dsl: '1.0.3'
  namespace: shop
  name: gift
  version: '1.0.0'
do:
  - order:
      set: { order: O-7 }
  - price:
      set: { total: 42 }
  - rest:
      wait: { seconds: 1 }
  - label:
      cal: http
      with: { method: get, endpoint: '${outside}/label' }
  - done:
      set: { label: sent }
`;

for (const hands of HANDS) {
  describeWalks(`writing a flow, by ${hands.name}`, { empty: true }, (stage) => {
    let outside: Outside;
    beforeAll(async () => {
      outside = await openOutside(503);
      await allow(stage.house(), outside);
      return () => outside.close();
    });

    test('a flow of five steps is written, mended by the message, published, run, watched, and goes on after its failed step was mended', async () => {
      const { page } = await stage.owner('/flows');
      await beginNew(page, hands);
      const text = page.getByRole('textbox', { name: /^Text of/ });
      await writeText(page, hands, gift(outside.url));
      const mistakes = page.getByRole('region', { name: 'Mistakes' });
      await mistakes.getByText('1 mistake', { exact: true }).waitFor();
      expect(await page.getByRole('button', { name: 'Publish and run' }).isDisabled()).toBe(true);
      await hands.press(page, mistakes.getByRole('button', { name: 'Write call' }));
      await mistakes.getByText('No mistakes').waitFor();
      expect(await text.textContent()).toContain('call: http');

      await publishAndRun(page, hands);
      await page.getByRole('status').filter({ hasText: 'Failed' }).waitFor({ timeout: 30_000 });
      await hands.press(page, page.getByRole('link', { name: 'Open the run' }));
      await page.waitForURL(/\/runs\/run_/);
      await settled(page);
      await hands.pick(page, page.getByRole('tree', { name: 'Steps' }), page.getByRole('treeitem', { name: /^label/ }));
      await page.getByRole('tabpanel').getByText('The printer is out of paper.').first().waitFor();
      outside.answers(200);
      await hands.press(page, page.getByRole('button', { name: 'Retry', exact: true }));
      await hands.press(page, page.getByRole('dialog').getByRole('button', { name: 'Retry', exact: true }));
      await page.getByRole('main').getByText('Completed', { exact: true }).first().waitFor();
    });

    test('a second version needs a higher number, is offered one, and the difference is shown', async () => {
      const { page } = await stage.owner('/flows/edit/shop/gift');
      const changed = gift(outside.url).replace('cal: http', 'call: http').replace('total: 42', 'total: 43');
      await writeText(page, hands, changed);
      // The text of before had none either: only the button tells that this one was looked at.
      await expect.poll(() => page.getByRole('button', { name: 'Publish', exact: true }).isEnabled(), { timeout: 15_000 }).toBe(true);
      await (hands.name === 'mouse' ? page.getByRole('button', { name: 'Publish', exact: true }).click() : page.keyboard.press('ControlOrMeta+s'));
      const dialog = page.getByRole('dialog', { name: /^Publish shop\/gift/ });
      await dialog.getByText('total: 43').first().waitFor();
      await hands.press(page, dialog.getByRole('button', { name: 'Use 1.0.1' }));
      await dialog.getByText('is published with other content').waitFor({ state: 'detached' });
      await hands.press(page, dialog.getByRole('button', { name: 'Publish', exact: true }));
      await page.getByText('shop/gift 1.0.1 is published').first().waitFor();
      await visit(page, '/flows/shop/gift');
      await page.getByText('1.0.1').first().waitFor();
    });

    test('a draft is kept in this browser until it is published or discarded', async () => {
      const { page } = await stage.owner('/flows/edit/shop/gift');
      await writeText(page, hands, 'document: {}\n');
      await page.getByText('kept in this browser').waitFor();
      await page.reload();
      await settled(page);
      await expect.poll(() => page.getByRole('textbox', { name: /^Text of/ }).textContent()).toContain('document: {}');
      await hands.press(page, page.getByRole('button', { name: 'Discard the draft' }));
      await expect.poll(() => page.getByRole('textbox', { name: /^Text of/ }).textContent()).toContain('total: 43');
    });
  });
}

async function beginNew(page: Page, hands: Hands): Promise<void> {
  if (hands.name === 'mouse') await page.getByRole('link', { name: 'New flow' }).first().click();
  else await command(page, 'New flow');
  await page.waitForURL(/\/flows\/new/);
  await hands.press(page, page.getByRole('button', { name: /^First steps/ }));
}

/** All of it anew, as somebody does who pastes. */
async function writeText(page: Page, hands: Hands, words: string): Promise<void> {
  const text = page.getByRole('textbox', { name: /^Text of/ });
  if (hands.name === 'mouse') await text.click();
  else await tabTo(page, text);
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(words);
}

async function publishAndRun(page: Page, hands: Hands): Promise<void> {
  await (hands.name === 'mouse' ? page.getByRole('button', { name: 'Publish and run' }).click() : page.keyboard.press('ControlOrMeta+Enter'));
  await hands.press(page, page.getByRole('dialog', { name: /^Publish shop\/gift/ }).getByRole('button', { name: 'Publish and run' }));
  await hands.press(page, page.getByRole('dialog', { name: /^Run shop\/gift/ }).getByRole('button', { name: 'Start the run' }));
}
