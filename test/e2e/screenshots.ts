// Pictures of every screen with real data: light and dark, English and Turkish, wide and narrow.
//   node test/e2e/screenshots.ts [--out DIR] [--only NAME,NAME]
// Names: SCREEN.LANGUAGE.LOOK.WIDTH.png. What a page did that none may do is told at the end and makes it fail.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { ROOT } from '../cli/harness.ts';
import { findChromium, openChromium, openReader, type Reader } from './browser.ts';
import { openHouse, type House } from './house.ts';
import { furnish, PLACES, type Furnished, type Place } from './places.ts';
import { visit } from './settled.ts';
import { enterByLink } from './signed-in.ts';

const LANGUAGES = ['en', 'tr'] as const;
const LOOKS = ['light', 'dark'] as const;
const WIDTHS = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } } as const;
/** Charts and canvases draw themselves after their data has come. */
const DRAWN_MS = 700;

const { values } = parseArgs({ options: { out: { type: 'string', default: join(ROOT, '.cache/screenshots') }, only: { type: 'string' } } });
const out = resolve(values.out);
const wanted = values.only?.split(',');
const places = PLACES.filter(({ name }) => wanted === undefined || wanted.includes(name));

const program = findChromium();
if (program === undefined) {
  console.error('There is no Chromium on this machine (apt-get install chromium).');
  process.exit(1);
}
mkdirSync(out, { recursive: true });
const [house, browser] = await Promise.all([openHouse(), openChromium(program)]);
let faults: readonly string[] = [];
try {
  const furnished = await furnish(house);
  for (const language of LANGUAGES) for (const look of LOOKS) faults = [...faults, ...(await takeAll(house, browser, { language, look, furnished }))];
  furnished.outside.close();
} finally {
  await browser.close();
  await house.close();
}
console.log(`${places.length * 8} pictures in ${out}`);
for (const fault of faults) console.error(fault);
process.exit(faults.length === 0 ? 0 : 1);

interface Way {
  readonly language: (typeof LANGUAGES)[number];
  readonly look: (typeof LOOKS)[number];
  readonly furnished: Furnished;
}

async function takeAll(of: House, within: Browser, { language, look, furnished }: Way): Promise<readonly string[]> {
  const reader = await openReader(within, of.url, { colorScheme: look, locale: language, reducedMotion: 'reduce' });
  const cookie = (name: string, value: string) => ({ name, value, url: of.url });
  await reader.context.addCookies([cookie('palace-language', language), cookie('palace-theme', look)]);
  await enterByLink(reader.context, await of.signInUrl());
  for (const place of places) await take(reader, place, furnished, `${language}.${look}`);
  await reader.context.close();
  return reader.faults();
}

async function take({ page }: Reader, place: Place, furnished: Furnished, way: string): Promise<void> {
  for (const [width, size] of Object.entries(WIDTHS)) {
    await page.setViewportSize(size);
    await visit(page, place.path(furnished)).catch((error: unknown) => console.error(`${place.name} ${way} ${width}: ${String(error)}`));
    await page.waitForTimeout(DRAWN_MS);
    await page.screenshot({ path: join(out, `${place.name}.${way}.${width}.png`) });
  }
}
