// Runs as people look after them: watched live, retried, forked, answered.
import { beforeAll, expect, test } from 'vitest';
import { PARCEL, parcel, REFUND, refund, SLOW, slow } from './flows.ts';
import { HANDS } from './hands.ts';
import { allow, openOutside, type Outside } from './outside.ts';
import { settled, visit } from './settled.ts';
import { describeWalks } from './stage.ts';

const TICKS = 30;

for (const hands of HANDS) {
  describeWalks(`looking after runs, by ${hands.name}`, { empty: true }, (stage) => {
    let outside: Outside;
    beforeAll(async () => {
      outside = await openOutside(503);
      await allow(stage.house(), outside);
      for (const source of [refund, parcel(outside.url), slow(TICKS)]) await stage.house().publish(source);
      return () => outside.close();
    });

    test('a run is watched while it runs: each step comes by itself', async () => {
      const run = await stage.house().start(SLOW);
      const { page } = await stage.owner(`/runs/${run}`);
      expect(await page.getByRole('banner').getByRole('status').textContent()).toBe('Live');
      await page.getByRole('treeitem', { name: /^tell/ }).first().waitFor();
      await page
        .getByRole('main')
        .getByText(/^(Running|Waiting)$/)
        .first()
        .waitFor();
      const told = page.getByRole('toolbar', { name: 'Tools for the steps' }).getByText(/^\d+ steps$/);
      const steps = async (): Promise<number> => parseInt((await told.textContent()) ?? '', 10);
      const before = await steps();
      await expect.poll(steps).toBeGreaterThan(before);
      await page.getByRole('main').getByText('Completed', { exact: true }).first().waitFor({ timeout: 30_000 });
      await expect.poll(steps).toBe(1 + TICKS * 2);
    });

    test('a failed step says why; mended outside, the run goes on from it and ends well', async () => {
      const house = stage.house();
      outside.answers(503);
      const run = await house.start(PARCEL);
      await house.waitFor(run, 'failed');
      const { page } = await stage.owner('/');
      await hands.press(
        page,
        page
          .getByRole('region', { name: 'Recent runs' })
          .getByRole('link', { name: /Failed.*shop\/parcel/ })
          .first(),
      );
      await page.waitForURL(/\/runs\/run_/);
      await settled(page);
      await hands.pick(page, page.getByRole('tree', { name: 'Steps' }), page.getByRole('treeitem', { name: /^label/ }));
      await page.getByRole('tabpanel').getByText('The printer is out of paper.').first().waitFor();
      outside.answers(200);
      await hands.press(page, page.getByRole('button', { name: 'Retry', exact: true }));
      await hands.press(page, page.getByRole('dialog').getByRole('button', { name: 'Retry', exact: true }));
      await page.getByRole('main').getByText('Completed', { exact: true }).first().waitFor();
      await page.getByRole('treeitem', { name: /^done Done/ }).waitFor();
    });

    test('a run is forked at a step; the fork is a run of its own that names where it comes from', async () => {
      const house = stage.house();
      outside.answers(200);
      const run = await house.start(PARCEL);
      await house.waitFor(run, 'completed');
      const { page } = await stage.owner(`/runs/${run}`);
      await hands.pick(page, page.getByRole('tree', { name: 'Steps' }), page.getByRole('treeitem', { name: /^weigh/ }));
      await hands.press(page, page.getByRole('button', { name: 'Actions' }));
      await hands.pick(page, undefined, page.getByRole('menuitem', { name: /^Fork at weigh/ }));
      await hands.press(page, page.getByRole('dialog').getByRole('button', { name: 'Fork', exact: true }));
      await page.waitForURL((url) => url.pathname.startsWith('/runs/run_') && !url.pathname.endsWith(run));
      await settled(page);
      expect(await page.getByRole('link', { name: 'Fork of' }).getAttribute('href')).toBe(`/runs/${run}`);
      await page.getByRole('main').getByText('Completed', { exact: true }).first().waitFor();
    });

    test('a run that waits for a person is found on the bell, answered, and goes on', async () => {
      const house = stage.house();
      const run = await house.start(REFUND);
      await house.waitFor(run, 'waiting');
      const { page } = await stage.owner('/');
      await hands.press(page, page.getByRole('button', { name: '1 thing waits for a person' }));
      await hands.press(page, page.getByRole('dialog').getByRole('link', { name: /shop\/refund/ }));
      await page.waitForURL(`**/runs/${run}`);
      await settled(page);
      await hands.press(page, page.getByRole('button', { name: 'Send signal approve' }));
      const dialog = page.getByRole('dialog', { name: 'Send a signal' });
      expect(await dialog.getByLabel('Name').inputValue()).toBe('approve');
      await hands.write(page, dialog.getByLabel('Data'), '{ "by": "the owner" }');
      await hands.press(page, dialog.getByRole('button', { name: 'Send signal' }));
      await page.getByRole('main').getByText('Completed', { exact: true }).first().waitFor();
      await visit(page, '/');
      await page.getByRole('button', { name: 'Waiting for you' }).waitFor();
    });
  });
}
