// What every file of walks stands on: one house, one browser, a fresh reader a walk, and after each walk the question whether any page did
// what none may do.
// I1 Where there is no browser the walks are skipped and say why (`describeWalks`).
// I2 What a page looked like when its walk failed stays in .cache/e2e/.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { ROOT } from '../cli/harness.ts';
import { findChromium, openChromium, openReader, type Reader } from './browser.ts';
import { openHouse, type House, type HouseOptions } from './house.ts';
import { settled, visit } from './settled.ts';
import { enterByLink } from './signed-in.ts';

const START_LIMIT_MS = 360_000;
const SHOTS = join(ROOT, '.cache/e2e');

export interface Stage {
  house(): House;
  /** Somebody who is not signed in. */
  stranger(options?: BrowserContextOptions): Promise<Reader>;
  /** The owner, signed in, before the page of this path. */
  owner(path?: string, options?: BrowserContextOptions): Promise<Reader>;
}

export function describeWalks(name: string, options: HouseOptions, walks: (stage: Stage) => void): void {
  const program = findChromium();
  const told = program === undefined ? `${name}: skipped, there is no Chromium on this machine (apt-get install chromium)` : name;
  describe.skipIf(program === undefined)(told, () => {
    walks(openStage(program ?? '', options));
  });
}

function openStage(program: string, options: HouseOptions): Stage {
  let house: House | undefined;
  let browser: Browser | undefined;
  let readers: Reader[] = [];
  beforeAll(async () => {
    [house, browser] = await Promise.all([openHouse(options), openChromium(program)]);
  }, START_LIMIT_MS);
  afterEach(async ({ task }) => {
    const faults = readers.flatMap((reader) => reader.faults());
    if (task.result?.state === 'fail' || faults.length > 0) await keepPictures(readers, task.name);
    for (const reader of readers) await reader.context.close();
    readers = [];
    expect(faults, 'what a page did that none may do').toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await house?.close();
  }, START_LIMIT_MS);
  const here = (): House => {
    if (house === undefined) throw new Error('there is no house before the first walk');
    return house;
  };
  const stranger: Stage['stranger'] = async (contextOptions = {}) => {
    if (browser === undefined) throw new Error('there is no browser before the first walk');
    const reader = await openReader(browser, here().url, contextOptions);
    readers.push(reader);
    return reader;
  };
  return {
    house: here,
    stranger,
    owner: async (path = '/', contextOptions = {}) => {
      const reader = await stranger(contextOptions);
      await enterByLink(reader.context, await here().signInUrl());
      await visit(reader.page, path);
      return reader;
    },
  };
}

/** Ends on the home page. */
export async function signInByLink(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByRole('heading', { level: 1, name: /^(Home|Ana sayfa)$/ }).waitFor();
  await settled(page);
}

async function keepPictures(readers: readonly Reader[], walk: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  const name = walk.replace(/[^a-z0-9]+/gi, '-').slice(0, 80);
  for (const [n, reader] of readers.entries()) {
    for (const [m, page] of reader.context.pages().entries()) {
      await page.screenshot({ path: join(SHOTS, `${name}-${n}-${m}.png`) }).catch(() => undefined);
    }
  }
}
