// A second person: invited, they watch what happens and change nothing.
import { expect, test } from 'vitest';
import { REFUND, refund } from './flows.ts';
import { HANDS } from './hands.ts';
import { settled, visit } from './settled.ts';
import { describeWalks } from './stage.ts';

for (const hands of HANDS) {
  describeWalks(`a second person, by ${hands.name}`, { empty: true }, (stage) => {
    test('who is invited as a viewer joins by the link, watches a run live, and can change nothing', async () => {
      const house = stage.house();
      await house.publish(refund);
      const run = await house.start(REFUND);
      const { page } = await stage.owner('/settings/people');
      await hands.press(page, page.getByRole('button', { name: 'Invite person' }));
      const dialog = page.getByRole('dialog');
      await hands.write(page, dialog.getByLabel('E-mail'), 'second@shop.test');
      await hands.choose(page, dialog.getByLabel('Role'), 'Viewer');
      await hands.press(page, dialog.getByRole('button', { name: 'Make link' }));
      const link = /https?:\/\/\S+#token=[\w-]{43}/.exec((await page.getByRole('dialog', { name: /The invitation for/ }).textContent()) ?? '')?.[0];
      expect(link).toBeDefined();

      const second = await stage.stranger();
      await second.page.goto(link ?? '');
      await settled(second.page);
      expect(new URL(second.page.url()).hash).toBe('');
      await second.page.getByText('Owner invites you as Viewer.').waitFor();
      await hands.write(second.page, second.page.getByLabel('Your name'), 'Second');
      await hands.write(second.page, second.page.getByLabel('Password'), 'only to watch, thanks');
      await hands.press(second.page, second.page.getByRole('button', { name: 'Join' }));
      await second.page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
      await settled(second.page);

      await visit(second.page, `/runs/${run}`);
      await second.page.getByText('waits for the signal approve').waitFor();
      for (const verb of [/^Send signal/, /^Retry/, /^Cancel/, /^Pause/]) expect(await second.page.getByRole('button', { name: verb }).count()).toBe(0);
      await hands.press(second.page, second.page.getByRole('button', { name: 'Actions' }));
      const verbs = await second.page.getByRole('menuitem').allTextContents();
      expect(verbs).toEqual(['Copy the command for it']);
      await second.page.keyboard.press('Escape');

      // What a page does not show, the server refuses.
      const refused = await second.context.request.post(`/v1/runs/${run}/signals`, {
        data: { name: 'approve' },
        headers: { origin: house.url, 'idempotency-key': 'from-a-viewer' },
      });
      expect(refused.status()).toBe(403);

      await house.ask('POST', `/v1/runs/${run}/signals`, { name: 'approve' });
      await second.page.getByRole('main').getByText('Completed', { exact: true }).first().waitFor();
      await visit(second.page, '/settings/people');
      expect(await second.page.getByRole('button', { name: 'Invite person' }).count()).toBe(0);
    });
  });
}
