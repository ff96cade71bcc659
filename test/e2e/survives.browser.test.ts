// What must not bring the console down: a server that goes and comes, a slow or absent network, nothing at all, and a great deal.
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Page, Request } from 'playwright-core';
import { firstReads } from '@palace/web/addresses/first-reads.ts';
import { REFUND, refund, SLOW, slow } from './flows.ts';
import { PLACES, type Furnished } from './places.ts';
import { settled, visit } from './settled.ts';
import { describeWalks } from './stage.ts';

const TICKS = 60;
const FLOWS = 1_000;
const PUBLISHED_AT_ONCE = 8;
/** What a server that is away makes a browser write into its console. */
const AWAY =
  /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_INTERNET_DISCONNECTED|ERR_NETWORK|status of 503|answer 503/;

const liveDot = (page: Page): Promise<string | null> => page.getByRole('banner').getByRole('status').textContent();

describeWalks('a server or a network that goes and comes', { empty: true }, (stage) => {
  beforeAll(async () => {
    for (const source of [refund, slow(TICKS)]) await stage.house().publish(source);
  });

  test('a run that is watched over a restart of the server: the dot tells, and the stream goes on without a gap', async () => {
    const house = stage.house();
    const run = await house.start(SLOW);
    const reader = await stage.owner(`/runs/${run}`);
    reader.tolerate(AWAY);
    const { page } = reader;
    const resumed: (string | undefined)[] = [];
    page.on('request', (request) => {
      if (request.headers()['accept'] === 'text/event-stream') resumed.push(request.headers()['last-event-id']);
    });
    await page.getByRole('treeitem', { name: /^tell/ }).first().waitFor();
    await sleep(1_500);
    await house.stop();
    await expect.poll(() => liveDot(page), { timeout: 15_000 }).toBe('Reconnecting');
    expect(await page.getByRole('treeitem').count()).toBeGreaterThan(1);
    await house.startAgain();
    await expect.poll(() => liveDot(page), { timeout: 30_000 }).toBe('Live');
    await page.getByRole('main').getByText('Completed', { exact: true }).first().waitFor({ timeout: 90_000 });
    // Each step is in the tree, those of the time without a connection too: the run, its loop, its laps and the steps in them.
    await page
      .getByRole('toolbar', { name: 'Tools for the steps' })
      .getByText(`${1 + TICKS * 2} steps`)
      .waitFor();
    expect(resumed.length).toBeGreaterThan(0);
    expect(resumed.every((id) => id !== undefined)).toBe(true);
  });

  test('without a network the dot says so, what is there stays, and it goes on when the network is back', async () => {
    const house = stage.house();
    const run = await house.start(REFUND);
    const reader = await stage.owner(`/runs/${run}`);
    reader.tolerate(AWAY);
    const { page, context } = reader;
    await page.getByText('waits for the signal approve').waitFor();
    await context.setOffline(true);
    await expect.poll(() => liveDot(page)).toBe('Offline');
    await house.ask('POST', `/v1/runs/${run}/signals`, { name: 'approve' });
    await sleep(2_000);
    expect(await page.getByRole('treeitem', { name: /^approval/ }).count()).toBe(1);
    await context.setOffline(false);
    await page.getByRole('main').getByText('Completed', { exact: true }).first().waitFor({ timeout: 30_000 });
    await expect.poll(() => liveDot(page)).toBe('Live');
  });

  test('over a slow network the frame is there early, and what is waited for has its place', async () => {
    const { page, context } = await stage.owner('/');
    const wire = await context.newCDPSession(page);
    await wire.send('Network.enable');
    await wire.send('Network.emulateNetworkConditions', { offline: false, latency: 400, downloadThroughput: 60_000, uploadThroughput: 30_000 });
    await page.goto('/runs', { waitUntil: 'commit' });
    await page.getByRole('heading', { level: 1, name: 'Runs' }).waitFor();
    await settled(page, 60_000);
    expect(await page.getByRole('main').getByRole('alert').count()).toBe(0);
  });

  test('what a place reads first is asked for once, beside the code of the page and not behind it', async () => {
    const run = await stage.house().start(REFUND);
    const { page } = await stage.owner('/health');
    for (const path of ['/', `/runs/${run}`]) {
      const asked: Request[] = [];
      const note = (request: Request): void => void asked.push(request);
      page.on('request', note);
      await visit(page, path);
      page.off('request', note);
      for (const address of firstReads(path)) {
        // By the browser, which takes any answer, and not again by the code, which wants JSON.
        const found = asked.filter((request) => request.url().endsWith(address));
        expect([address, ...found.map((request) => request.headers()['accept'])]).toEqual([address, '*/*']);
      }
    }
  });

  test('a screen whose first answer fails says what to do, and trying again brings it', async () => {
    const reader = await stage.owner('/');
    reader.tolerate(/answer 500|status of 500/);
    const { page } = reader;
    let fails = true;
    await page.route('**/v1/flows?**', (route) => (fails ? route.fulfill({ status: 500, contentType: 'application/json', body: '{}' }) : route.continue()));
    await page.goto('/flows');
    const alert = page.getByRole('main').getByRole('alert');
    await alert.waitFor({ timeout: 30_000 });
    fails = false;
    await alert.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('row', { name: /shop\/refund/ }).waitFor();
  });
});

describeWalks('an empty installation', { empty: true }, (stage) => {
  const furnished = { runs: { sample: 'none', failed: 'none', waiting: 'none', long: 'none' } } as unknown as Furnished;
  const screens = PLACES.filter(({ name }) => !/^(run-|flow$|flow-|editor$|not-found)/.test(name));

  describe.each(screens)('$name', ({ path }) => {
    test('says what would be here, without an error', async () => {
      const { page } = await stage.owner(path(furnished));
      await settled(page);
      expect(await page.getByRole('main').getByRole('alert').allTextContents()).toEqual([]);
      expect(((await page.getByRole('main').textContent()) ?? '').length).toBeGreaterThan(20);
    });
  });

  test.each(['/runs/run_01m8b6jqbh01dr14bgc7w0v4fx', '/flows/shop/unknown', '/flows/edit/shop/unknown', '/nowhere/at/all'])(
    'an address that leads to nothing says so and offers a way on: %s',
    async (path) => {
      const reader = await stage.owner();
      reader.tolerate(/status of 404/);
      await reader.page.goto(path);
      await settled(reader.page, 20_000);
      await expect.poll(() => reader.page.getByRole('main').textContent(), { timeout: 20_000 }).toMatch(/no page|nothing here/);
      expect(await reader.page.getByRole('main').getByRole('link').or(reader.page.getByRole('main').getByRole('button')).count()).toBeGreaterThan(0);
    },
  );
});

describeWalks('a thousand flows', { empty: true }, (stage) => {
  beforeAll(async () => {
    const names = Array.from({ length: FLOWS }, (_, n) => `flow-${String(n).padStart(4, '0')}`);
    await Promise.all(
      Array.from({ length: PUBLISHED_AT_ONCE }, async (_, lane) => {
        for (let n = lane; n < names.length; n += PUBLISHED_AT_ONCE) await stage.house().publish(plain(names[n] ?? ''));
      }),
    );
  }, 300_000);

  test('are all there, are found by a part of their name, and only those that are seen are drawn', async () => {
    const { page } = await stage.owner('/flows');
    await page.getByText('1,000 flows').waitFor();
    expect(await page.getByRole('row').count()).toBeLessThan(120);
    await page.getByLabel('Find a flow').fill('0777');
    await page.getByText('1 flow', { exact: true }).waitFor();
    await page.getByRole('row', { name: /flow-0777/ }).click();
    await page.waitForURL('**/flows/many/flow-0777');
    await page.goBack();
    await page.getByText('1 flow', { exact: true }).waitFor();
    expect(await page.getByLabel('Find a flow').inputValue()).toBe('0777');
  });

  test('the end of the list is reached by the End key', async () => {
    const { page } = await stage.owner();
    await visit(page, '/flows');
    await page.getByText('1,000 flows').waitFor();
    await page.getByRole('grid').or(page.getByRole('table')).first().focus();
    await page.keyboard.press('End');
    await page.getByRole('row', { name: /flow-0999/ }).waitFor();
  });
});

const plain = (name: string): string =>
  JSON.stringify({ document: { dsl: '1.0.3', namespace: 'many', name, version: '1.0.0' }, do: [{ one: { set: { n: 1 } } }] });
