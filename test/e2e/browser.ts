// One Chromium of this machine, and readers in it: each has cookies of its own and tells what its pages did that none may do.
// I1 Nothing is downloaded: the browser is the one that PATH names. Nothing is loaded from elsewhere: a request that would leave the
//    origin is cut and is a fault.
// I2 A fault is an error or a warning in the console, an exception of a page, a request that leaves, an answer of 500 and above. A walk
//    that provokes one says so before (`tolerate`), by the words of it.
// Called by stage.ts, screenshots.ts and test/bench/console.ts.
import { spawnSync } from 'node:child_process';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
export const ACTION_LIMIT_MS = 15_000;
export const WIDE = { width: 1440, height: 900 } as const;

/** Undefined on a machine without one. */
export function findChromium(): string | undefined {
  const { stdout } = spawnSync('/bin/sh', ['-c', NAMES.map((name) => `command -v ${name}`).join(' || ')], { encoding: 'utf8' });
  return stdout.trim() === '' ? undefined : stdout.trim();
}

export async function openChromium(program: string): Promise<Browser> {
  return chromium.launch({ executablePath: program, args: FLAGS, headless: true });
}

/** Somebody before a browser of their own. */
export interface Reader {
  readonly context: BrowserContext;
  /** The first page. */
  readonly page: Page;
  /** A second tab. */
  newPage(): Promise<Page>;
  /** What no page may do and one did. */
  faults(): readonly string[];
  /** A fault with these words is part of the walk. */
  tolerate(words: RegExp): void;
}

export async function openReader(browser: Browser, origin: string, options: BrowserContextOptions = {}): Promise<Reader> {
  const context = await browser.newContext({ baseURL: origin, viewport: WIDE, locale: 'en-US', timezoneId: 'UTC', ...options });
  context.setDefaultTimeout(ACTION_LIMIT_MS);
  const faults: string[] = [];
  const tolerated: RegExp[] = [];
  const note = (fault: string): void => {
    if (!tolerated.some((words) => words.test(fault))) faults.push(fault);
  };
  await cutWhatLeaves(context, origin, note);
  const watch = (page: Page): Page => {
    watchPage(page, note);
    return page;
  };
  return {
    context,
    page: watch(await context.newPage()),
    newPage: async () => watch(await context.newPage()),
    faults: () => faults,
    tolerate: (words) => tolerated.push(words),
  };
}

async function cutWhatLeaves(context: BrowserContext, origin: string, note: (fault: string) => void): Promise<void> {
  const stays = (url: URL): boolean => url.origin === origin || url.protocol === 'data:' || url.protocol === 'blob:';
  await context.route(
    (url) => !stays(url),
    async (route) => {
      note(`leaves the origin: ${route.request().method()} ${route.request().url().slice(0, 200)}`);
      await route.abort();
    },
  );
}

function watchPage(page: Page, note: (fault: string) => void): void {
  const where = (): string => page.url().replace(/^https?:\/\/[^/]+/, '');
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    const { url } = message.location();
    // The browser says so of every page that is answered 404; that the page itself says it is what walks look at.
    if (url === page.url() && message.text().includes('status of 404')) return;
    note(`console ${message.type()} on ${where()}: ${message.text().slice(0, 400)} (${url.replace(/^https?:\/\/[^/]+/, '').slice(0, 200)})`);
  });
  page.on('pageerror', (error) => note(`exception on ${where()}: ${error.message.slice(0, 400)}`));
  page.on('crash', () => note(`crash on ${where()}`));
  page.on('response', (response) => {
    if (response.status() >= 500) note(`answer ${response.status()} on ${where()}: ${response.request().method()} ${response.url().slice(0, 200)}`);
  });
}
