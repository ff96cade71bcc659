// Texts of others that want more than to be read. Wherever they are shown: no script runs, nothing is loaded, nobody is led away, nothing is
// read the other way round than it is.
import { beforeAll, describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import { openOutside, type Outside } from './outside.ts';
import { visit } from './settled.ts';
import { describeWalks, type Stage } from './stage.ts';

const RIGHT_TO_LEFT = '\u202E';
const HUGE_CHARACTERS = 900_000;
const NAMES = { namespace: 'shop', name: 'hostile' };

const hostileTexts = (canary: string): readonly string[] => [
  `<img src=x onerror="window.ran=1;fetch('${canary}/img')">`,
  `<script>window.ran=2;new Image().src='${canary}/script'</script>`,
  `<svg/onload=window.ran=3><iframe srcdoc="<script>parent.ran=4</script>"></iframe>`,
  `"><a href="javascript:window.ran=5" autofocus onfocus=window.ran=6>a</a>`,
  `javascript:window.ran=7`,
  `![picture](${canary}/markdown.png) [link](javascript:window.ran=8) <${canary}/auto>`,
  `${canary}/bare`,
  `invoice${RIGHT_TO_LEFT}fdp.exe`,
  'مرحبا بالعالم، هذا نص من اليمين إلى اليسار 123',
  '{{constructor.constructor("window.ran=9")()}} #{window.ran=10} </textarea></style></title>',
  '\u0007\u001b[31mred\u001b[0m\u200b\u2028\u2029\ufeff',
];

function hostileFlow(canary: string): string {
  const texts = hostileTexts(canary);
  const keyed = Object.fromEntries(texts.map((text, n) => [`${n} ${text}`, text]));
  return JSON.stringify({
    document: { dsl: '1.0.3', ...NAMES, version: '1.0.0', title: texts[0], summary: texts.join(' ') },
    do: [
      { 'one <img src=x onerror=window.ran=11>': { set: keyed } },
      { huge: { set: { text: `\${ "x" * ${HUGE_CHARACTERS} }`, keyed: '${ . }' } } },
      { raised: { raise: { error: { type: 'https://shop.test/hostile', status: 500, title: texts[1], detail: texts.join(' ') } } } },
    ],
  });
}

describeWalks('hostile texts', { empty: true }, (stage) => {
  let canary: Outside;
  let runs: readonly string[] = [];
  beforeAll(async () => {
    canary = await openOutside();
    runs = await plant(stage.house(), canary.url);
    return () => canary.close();
  }, 120_000);

  const paths: readonly [string, () => string][] = [
    ['home', () => '/'],
    ['the runs', () => '/runs'],
    ['the failed run', () => `/runs/${runs[0] ?? ''}`],
    ['the waiting run', () => `/runs/${runs[1] ?? ''}`],
    ['the flows', () => '/flows'],
    ['the flow', () => `/flows/${NAMES.namespace}/${NAMES.name}`],
    ['the editor', () => `/flows/edit/${NAMES.namespace}/${NAMES.name}`],
    ['the events', () => '/events'],
    ['the webhooks', () => '/webhooks'],
    ['the variables', () => '/settings/variables'],
    ['the people', () => '/settings/people'],
    ['the rules', () => '/settings/egress'],
    ['the audit log', () => '/settings/audit'],
  ];

  describe.each(paths)('%s', (_name, path) => {
    test('shows them as texts and does nothing of what they say', async () => {
      const { page } = await stage.owner();
      await visit(page, path());
      await openAll(page);
      await quiet(page, path(), stage, canary);
    });
  });

  test('values and events of the failed run are opened one by one', async () => {
    const { page } = await stage.owner();
    await visit(page, `/runs/${runs[0] ?? ''}`);
    for (const step of ['one', 'huge', 'raised']) {
      await page.getByRole('treeitem', { name: new RegExp(`^${step}`) }).click();
      for (const tab of await page.getByRole('tab').all()) {
        await tab.click();
        await openAll(page);
      }
    }
    await quiet(page, `/runs/${runs[0] ?? ''}`, stage, canary);
  });

  test.each([
    '?step=/do/0&panel=values',
    '?step=-1&panel=nothing',
    '?step=99999999999999999999',
    '?status=nothing&flow=<b>&from=yesterday',
    '?tab=%00&q=%F0%9F%92%A5',
  ])('an address that somebody wrote by hand breaks nothing: %s', async (query) => {
    const reader = await stage.owner();
    reader.tolerate(/status of 400/);
    for (const path of [`/runs/${runs[0] ?? ''}`, '/runs', '/flows', `/flows/${NAMES.namespace}/${NAMES.name}`, '/events', '/settings/audit']) {
      await visit(reader.page, `${path}${query}`);
    }
  });
});

/** Texts with marks of direction whose element does not keep them to itself. */
const LOOSE = `[...document.querySelectorAll('body *')]
  .filter((one) => one.tagName !== 'SCRIPT' && [...one.childNodes].some((node) => node.nodeType === 3 && /[\\u202A-\\u202E\\u2066-\\u2069]/.test(node.data)))
  .filter((one) => !['isolate', 'isolate-override', 'plaintext'].includes(getComputedStyle(one).unicodeBidi))
  .map((one) => one.outerHTML.slice(0, 200))`;

type Page = Awaited<ReturnType<Stage['owner']>>['page'];

/** What can be unfolded on the screen is. */
async function openAll(page: Page): Promise<void> {
  const closed = page.getByRole('main').locator('[aria-expanded="false"]:not([aria-haspopup])');
  for (let n = 0; n < 10 && (await closed.count()) > 0; n += 1)
    await closed
      .first()
      .click({ timeout: 2_000 })
      .catch(() => undefined);
}

async function quiet(page: Page, path: string, stage: Stage, canary: Outside): Promise<void> {
  await page.waitForTimeout(300);
  expect(await page.evaluate('window.ran')).toBeUndefined();
  expect(canary.asked()).toEqual([]);
  expect(await page.evaluate<string[]>(LOOSE), 'a text that turns the direction is not alone in its place').toEqual([]);
  expect(new URL(page.url()).origin).toBe(stage.house().url);
  expect(new URL(page.url()).pathname).toBe(path);
  const active = await page.evaluate<string[]>(`[...document.querySelectorAll('a[href], img, iframe, object, embed, form, base, area, video, audio')]
    .filter((one) => /javascript:|data:text|${canary.url.replaceAll('/', '\\/')}|srcdoc|onerror/.test(one.outerHTML.slice(0, 2000).replace(one.innerHTML, '')))
    .map((one) => one.outerHTML.slice(0, 200))`);
  expect(active).toEqual([]);
}

/** Everywhere where the API takes a text of others. Gives the runs: one failed, one waiting. */
async function plant(house: House, canary: string): Promise<readonly string[]> {
  const texts = hostileTexts(canary);
  await house.publish(hostileFlow(canary));
  const waits = { one: { with: { type: `agentspalace.signal.approve` } } };
  await house.publish(
    JSON.stringify({
      document: { dsl: '1.0.3', namespace: NAMES.namespace, name: 'hostile-waiting', version: '1.0.0', title: texts[5] },
      do: [{ '"><script>window.ran=12</script>': { listen: { to: waits } } }],
    }),
  );
  const input = Object.fromEntries(texts.map((text, n) => [`key ${n}`, text]));
  const runs = [await house.start(`${NAMES.namespace}/hostile`, input), await house.start(`${NAMES.namespace}/hostile-waiting`, input)];
  await house.ask('PUT', '/v1/environments/default/variables/hostile', { value: texts });
  await house.ask('PUT', '/v1/egress/hostile.test:443', { action: 'deny', reason: texts[0] });
  for (const [n, text] of texts.slice(0, 6).entries()) {
    await house.ask('POST', '/v1/events', { specversion: '1.0', id: `hostile-${n}`, source: '/hostile', type: 'shop.hostile', subject: text, data: texts });
  }
  await house.waitFor(runs[0] ?? '', 'failed');
  await house.waitFor(runs[1] ?? '', 'waiting');
  return runs;
}
