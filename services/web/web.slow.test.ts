// The console as it is built and served, for real: the app of this checkout once, and a tiny one that fails, is killed,
// is asked for twice, and whose renderer ends. Builds go into a folder of the test; the real one where `palace up` looks.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createTelemetry } from '@palace/platform/telemetry/telemetry.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lookAt, openWeb, type Web } from './service.ts';

const BUILD_MS = 300_000;
const HERE = fileURLToPath(new URL('.', import.meta.url));
const { log } = createTelemetry({ service: 'web-test', level: 'silent' });

interface Served {
  readonly web: Web;
  readonly url: string;
  close(): Promise<void>;
}

async function serve(dir: string, cache: string): Promise<Served> {
  const web = openWeb({ dir, caches: [cache], log, command: 'palace start web --build-only' });
  const server: Server = createServer((request, response) => web.handle(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  web.begin();
  return {
    web,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      await web.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('the console of this checkout', { timeout: BUILD_MS }, () => {
  let served: Served;
  beforeAll(async () => {
    served = await serve(HERE, join(HERE, '../../.cache/console'));
    await served.web.settled();
  }, BUILD_MS);
  afterAll(() => served.close());
  const page = (path: string, headers: Record<string, string> = {}) => fetch(served.url + path, { headers, redirect: 'manual' });
  const nonceOf = (answer: Response): string => /'nonce-([^']+)'/.exec(answer.headers.get('content-security-policy') ?? '')?.[1] ?? '';

  test('is built, and answers', async () => {
    expect(served.web.state()).toMatchObject({ stage: 'ready' });
    const answer = await page('/sign-in');
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('x-powered-by')]).toEqual([200, 'text/html; charset=utf-8', null]);
  });

  test('S16, S63: each answer has a nonce of its own, and every script of the page carries it', async () => {
    const answers = await Promise.all([page('/sign-in'), page('/sign-in'), page('/no/such/page')]);
    expect(new Set(answers.map(nonceOf)).size).toBe(3);
    for (const answer of answers) {
      const scripts = [...(await answer.text()).matchAll(/<script\b([^>]*)>/g)].map(([, attributes = '']) => attributes);
      expect(scripts.length).toBeGreaterThan(2);
      expect(scripts.filter((attributes) => !attributes.includes(`nonce="${nonceOf(answer)}"`))).toEqual([]);
      expect(answer.headers.get('content-security-policy')).not.toMatch(/script-src[^;]*unsafe/);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  test('S16: loads nothing from elsewhere', async () => {
    const html = await (await page('/sign-in')).text();
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    const { folder } = await lookAt({ dir: HERE, caches: [join(HERE, '../../.cache/console')] });
    const built = join(folder ?? '', '.next/static');
    const files = readdirSync(built, { recursive: true }).map(String);
    const styles = files.filter((name) => name.endsWith('.css')).map((name) => readFileSync(join(built, name), 'utf8'));
    expect(styles.length).toBeGreaterThan(0);
    expect(styles.filter((text) => /(?:url\(|@import)\s*["']?(?:https?:)?\/\//.test(text))).toEqual([]);
    const scripts = files.filter((name) => name.endsWith('.js')).map((name) => readFileSync(join(built, name), 'utf8'));
    expect(scripts.filter((text) => /telemetry\.nextjs|googleapis|gstatic|cdn\.|unpkg|jsdelivr/.test(text))).toEqual([]);
  });

  test('files of the build are kept for ever, compressed, and nothing else is found beside them', async () => {
    const html = await (await page('/sign-in')).text();
    const script = /src="(\/_next\/static\/[^"]+\.js)"/.exec(html)?.[1] ?? '';
    const answer = await page(script, { 'accept-encoding': 'br' });
    expect([answer.status, answer.headers.get('cache-control'), answer.headers.get('content-encoding')]).toEqual([
      200,
      'public, max-age=31536000, immutable',
      'br',
    ]);
    expect((await answer.text()).length).toBeGreaterThan(Number(answer.headers.get('content-length')));
    for (const path of ['/package.json', '/next.config.ts', '/.next/BUILD_ID']) expect(await (await page(path)).text()).toMatch(/^<!DOCTYPE html>/);
    for (const path of ['/_next/static/none.js', '/_next/static/%2e%2e/BUILD_ID', '/_next/BUILD_ID', '/_next/image?url=%2Fa.png&w=64&q=75'])
      expect((await page(path)).status, path).toBe(404);
  });

  test('the reader’s language and nothing of a session reaches the renderer', async () => {
    const text = async (headers: Record<string, string>): Promise<string> => (await page('/sign-in', headers)).text();
    expect(await text({ 'accept-language': 'tr' })).toMatch(/<html[^>]* lang="tr"/);
    expect(await text({ cookie: 'palace-language=tr; palace-session=a-visibly-fake-session' })).toMatch(/<html[^>]* lang="tr"/);
    expect(await text({ cookie: 'palace-session=a-visibly-fake-session' })).not.toContain('visibly-fake');
  });

  test('no native code for pictures is loaded, and nothing of ours is changed by what renders', () => {
    const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: readonly string[] };
    expect(sharedObjects.filter((name) => /vips|sharp/.test(name))).toEqual([]);
    expect([Date, setImmediate, Math.random].map((one) => Function.prototype.toString.call(one).includes('[native code]') || one === setImmediate)).toEqual([
      true,
      true,
      true,
    ]);
    expect(process.listenerCount('uncaughtException')).toBe(listeners);
  });
});

const listeners = process.listenerCount('uncaughtException');

describe('a tiny app', { timeout: BUILD_MS }, () => {
  let place: string;
  let app: string;
  let cache: string;
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(app, path)), { recursive: true });
    writeFileSync(join(app, path), text);
  };
  const built = (): string[] => (existsSync(cache) ? readdirSync(cache).filter((name) => /^(building-|[0-9a-f]{16}$)/.test(name)) : []);
  beforeAll(() => {
    place = realpathSync(mkdtempSync(join(tmpdir(), 'palace-tiny-')));
    [app, cache] = [join(place, 'app-of-test'), join(place, 'console')];
    write('package.json', '{ "type": "module" }');
    write(
      'app/layout.jsx',
      "import { headers } from 'next/headers';\nexport default async function Layout({ children }) {\n  await headers();\n  return <html><body>{children}</body></html>;\n}\n",
    );
    write('app/end/page.jsx', "export const dynamic = 'force-dynamic';\nexport default function End() {\n  process.exit(3);\n}\n");
  });
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  test('that cannot be built is told of in words, with its fault; it is remembered and tried again by the next start', async () => {
    write('app/page.jsx', "import { gone } from './gone.js';\nexport default function Page() {\n  return <p>{gone}</p>;\n}\n");
    const served = await serve(app, cache);
    const first = await fetch(served.url, { headers: { 'accept-language': 'tr' } });
    expect([first.status, first.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await first.text()).toMatch(/lang="tr"[\s\S]*http-equiv="refresh"/);
    expect((await served.web.settled()).lines.join('\n')).toMatch(/gone/);
    const page = await (await fetch(served.url)).text();
    expect(page).toContain('The console could not be built');
    expect(page).toContain('palace start web --build-only');
    expect(page).not.toContain('http-equiv="refresh"');
    expect((await lookAt({ dir: app, caches: [cache] })).failure?.lines.join('\n')).toMatch(/gone/);
    expect(built()).toEqual([]);
    await served.close();
  });

  test('I1: kill -9 in the middle of its build leaves nothing that is believed, and no process', async () => {
    write('app/page.jsx', 'export default function Page() {\n  return <p>tiny</p>;\n}\n');
    const script = `import { buildWeb } from ${JSON.stringify(join(HERE, 'service.ts'))};
      await buildWeb(${JSON.stringify({ dir: app, caches: [cache] })}, { signal: new AbortController().signal, note: () => undefined });`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'ignore' });
    while (!built().some((name) => name.startsWith('building-') && existsSync(join(cache, name, '.next')))) await sleep(50);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect((await lookAt({ dir: app, caches: [cache] })).folder).toBeUndefined();
    await expect.poll(() => processesIn(cache), { timeout: 10_000 }).toEqual([]);
  });

  test('I2: asked for by two at once it is built once, and both serve it', async () => {
    const both = await Promise.all([serve(app, cache), serve(app, cache)]);
    const stages = await Promise.all(both.map(async ({ web }) => (await web.settled()).stage));
    expect(stages).toEqual(['ready', 'ready']);
    for (const { url } of both) expect(await (await fetch(url)).text()).toContain('tiny');
    expect(built().filter((name) => !name.startsWith('building-'))).toHaveLength(1);
    expect(built()).toHaveLength(1);
    await Promise.all(both.map((one) => one.close()));
  });

  test('whose renderer ends is there again by itself', async () => {
    const served = await serve(app, cache);
    await served.web.settled();
    expect((await fetch(`${served.url}/end`).catch(() => undefined))?.status).not.toBe(200);
    await expect.poll(async () => (await fetch(served.url)).status, { timeout: 30_000 }).toBe(200);
    expect(await (await fetch(served.url)).text()).toContain('tiny');
    await served.close();
    expect(served.web.state().stage).toBe('closed');
  });
});

/** Command lines of processes that build in this folder. */
function processesIn(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return line.includes(folder) && line.includes('next') ? [line] : [];
      } catch {
        return [];
      }
    });
}
