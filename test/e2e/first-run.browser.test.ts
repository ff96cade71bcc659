// The first minutes: from an empty data folder to a finished sample, and who works here.
import { expect, test } from 'vitest';
import { HANDS } from './hands.ts';
import { settled } from './settled.ts';
import { describeWalks } from './stage.ts';

const SAMPLE_LIMIT_MS = 40_000;

for (const hands of HANDS) {
  describeWalks(`the first run, by ${hands.name}`, {}, (stage) => {
    test('the checklist leads to a finished sample, and knows what was done', async () => {
      const { page } = await stage.owner();
      const steps = page.getByRole('region', { name: 'First steps' });
      await steps.getByText('1 of 5 done').waitFor();
      await hands.press(page, steps.getByRole('button', { name: 'Run the sample' }));
      await page.waitForURL(/\/runs\/run_/);
      await settled(page);
      await page.getByRole('treeitem', { name: /^readOrders Done/ }).waitFor();
      await page.getByRole('main').getByText('Completed', { exact: true }).first().waitFor({ timeout: SAMPLE_LIMIT_MS });
      await page.getByRole('treeitem', { name: /^report Done/ }).waitFor();

      await hands.press(page, page.getByRole('navigation', { name: 'Navigation' }).getByRole('link', { name: 'Home' }));
      await steps.getByText('3 of 5 done').waitFor();
      expect(await steps.getByRole('listitem').filter({ hasText: 'Done:' }).count()).toBe(3);
      await page
        .getByRole('region', { name: 'Recent runs' })
        .getByRole('link', { name: /Completed.*samples\/order-intake/ })
        .waitFor();
    });

    test('a password is set and signs in from then on; a wrong one is told plainly', async () => {
      const { page } = await stage.owner();
      await hands.press(page, page.getByRole('region', { name: 'First steps' }).getByRole('link', { name: 'Set a password' }));
      await page.waitForURL(/\/settings\/(profile|me)/);
      await settled(page);
      await hands.write(page, page.getByLabel('New password'), 'a fine day at the sea');
      await hands.press(page, page.getByRole('button', { name: 'Set password' }));
      await page.getByText('Your password is set').first().waitFor();

      const other = await stage.stranger();
      other.tolerate(/status of 401/);
      await other.page.goto('/sign-in');
      await settled(other.page);
      await hands.write(other.page, other.page.getByLabel('E-mail'), 'owner@localhost');
      await hands.write(other.page, other.page.getByLabel('Password'), 'a fine day at the lake');
      await hands.press(other.page, other.page.getByRole('button', { name: 'Sign in' }));
      await other.page.getByText('E-mail and password do not fit together').waitFor();
      await hands.write(other.page, other.page.getByLabel('Password'), 'a fine day at the sea');
      await hands.press(other.page, other.page.getByRole('button', { name: 'Sign in' }));
      await other.page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
    });
  });
}
