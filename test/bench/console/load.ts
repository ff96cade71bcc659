// What the console costs its server: memory of a server that rests, and processor time of many open live pages.
// A page is played by what a real one was seen to ask: its stream, and its questions at the pace of the real page.
import { request, type IncomingMessage } from 'node:http';
import type { House } from '../../e2e/house.ts';
import { SLOW, slow } from '../../e2e/flows.ts';
import { visit } from '../../e2e/settled.ts';
import { cpuSeconds, family, memoryMb, round, sleep } from '../engine/gauge.ts';
import { signedIn, tell, type Bench } from './bench.ts';

const REST_MS = 8_000;
const PAGES = 200;
const RUNS = 20;
const TICKS = 400;
const WATCHED_MS = 20_000;
const MEASURED_MS = 30_000;

function withoutPostgres(house: House): number[] {
  const { palace, postgres } = house.pids();
  const database = new Set(family(postgres));
  return family(palace).filter((pid) => !database.has(pid));
}

export async function idleMemory(house: House): Promise<void> {
  await sleep(REST_MS);
  tell('memory of palace up at rest, console ready, without PostgreSQL', memoryMb(withoutPostgres(house)), 400, 'MB', { afterMs: REST_MS });
}

export async function manyPages(bench: Bench): Promise<void> {
  const { house } = bench;
  await house.publish(slow(TICKS));
  const runs = await Promise.all(Array.from({ length: RUNS }, () => house.start(SLOW)));
  const { page, context } = await signedIn(bench);
  const paces = await pacesOf(page, runs[0] ?? '');
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const alone = await coresOver(house, MEASURED_MS);
  const pages = Array.from({ length: PAGES }, (_, n) => openPage(house, cookie, runs[n % RUNS] ?? '', { paces, of: runs[0] ?? '' }, n));
  await sleep(3_000);
  const withPages = await coresOver(house, MEASURED_MS);
  for (const one of pages) one.close();
  const streams = pages.filter((one) => one.pieces() > 0).length;
  tell('200 open live pages', withPages === null || alone === null ? null : round(withPages - alone), 1, 'cores of the server, without PostgreSQL', {
    streamsThatTold: streams,
    runs: RUNS,
    coresWithoutPages: alone,
    asked: paces.map(({ path, everyMs }) => ({ path: path.replace(/run_\w+/, '[id]'), everyMs })),
  });
  await context.close();
}

async function coresOver(house: House, ms: number): Promise<number | null> {
  const used = (): number | null =>
    withoutPostgres(house).reduce<number | null>((sum, pid) => (sum === null ? null : sum + (cpuSeconds(pid, 'alone') ?? 0)), 0);
  const before = used();
  await sleep(ms);
  const after = used();
  return before === null || after === null ? null : round((after - before) / (ms / 1_000));
}

interface Pace {
  readonly path: string;
  readonly everyMs: number;
}

type SeenPage = Awaited<ReturnType<typeof signedIn>>['page'];

/** What the page of a run that is under way asks again and again. */
async function pacesOf(page: SeenPage, run: string): Promise<readonly Pace[]> {
  await visit(page, `/runs/${run}`);
  const asked = new Map<string, number>();
  const note = (sent: { url(): string; headers(): Record<string, string> }): void => {
    const { pathname, search } = new URL(sent.url());
    if (pathname.startsWith('/v1/') && sent.headers()['accept'] !== 'text/event-stream') asked.set(pathname + search, (asked.get(pathname + search) ?? 0) + 1);
  };
  page.on('request', note);
  await sleep(WATCHED_MS);
  page.off('request', note);
  await page.goto('about:blank');
  return [...asked].map(([path, times]) => ({ path, everyMs: Math.round(WATCHED_MS / times) }));
}

interface PlayedPage {
  pieces(): number;
  close(): void;
}

function openPage(house: House, cookie: string, run: string, seen: { readonly paces: readonly Pace[]; readonly of: string }, n: number): PlayedPage {
  let pieces = 0;
  const headers = { cookie, 'sec-fetch-site': 'same-origin' };
  const ask = (path: string, accept: string, heard: (answer: IncomingMessage) => void) =>
    request(new URL(path, house.url), { headers: { ...headers, accept }, agent: false }, heard).on('error', () => undefined);
  const stream = ask(`/v1/runs/${run}/events?maxValueBytes=200`, 'text/event-stream', (answer) => answer.on('data', () => (pieces += 1)));
  stream.end();
  const timers = seen.paces.map(({ path, everyMs }) => {
    const question = (): void => void ask(path.replaceAll(seen.of, run), 'application/json', (answer) => answer.resume()).end();
    // Pages are not opened at once: each begins at its own place of the interval.
    const first = setTimeout(() => timersOf.push(setInterval(question, everyMs)), (everyMs * n) / PAGES);
    return first;
  });
  const timersOf: NodeJS.Timeout[] = [...timers];
  return {
    pieces: () => pieces,
    close: () => {
      for (const timer of timersOf) clearInterval(timer);
      stream.destroy();
    },
  };
}
