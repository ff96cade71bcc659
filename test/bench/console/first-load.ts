// How much JavaScript a screen begins with: the scripts that its document names for a browser of today, as they are sent compressed.
import type { House } from '../../e2e/house.ts';
import { tell } from './bench.ts';

const ROUTES: readonly (readonly [string, number])[] = [
  ['/sign-in', 250],
  ['/', 250],
  ['/runs', 250],
  ['/runs/run_00000000000000000000000000', 250],
  ['/flows', 250],
  ['/flows/samples/order-intake', 250],
  ['/flows/edit/samples/order-intake', 450],
  ['/flows/new', 450],
  ['/events', 250],
  ['/schedules', 250],
  ['/webhooks', 250],
  ['/health', 250],
  ['/settings/me', 250],
];

export async function firstLoads(house: House): Promise<void> {
  const sizes = new Map<string, number>();
  for (const [route, bound] of ROUTES) {
    const html = await (await fetch(new URL(route, house.url))).text();
    // What is marked `nomodule` is for browsers that know no modules: none that the console is made for fetches it.
    const tags = [...html.matchAll(/<script[^>]+>/g)].map(([tag]) => tag).filter((tag) => !/\snomodule/i.test(tag));
    const scripts = new Set(tags.flatMap((tag) => /\ssrc="([^"]+)"/.exec(tag)?.[1]?.replaceAll('&amp;', '&') ?? []));
    let bytes = 0;
    for (const script of scripts) bytes += await sizeOf(house, script, sizes);
    tell(`first load of ${route.replace(/run_0+/, '[id]')}`, Math.round(bytes / 1_024), bound, 'KiB of JavaScript, compressed', { scripts: scripts.size });
  }
}

async function sizeOf(house: House, path: string, known: Map<string, number>): Promise<number> {
  const before = known.get(path);
  if (before !== undefined) return before;
  const answer = await fetch(new URL(path, house.url), { method: 'HEAD', headers: { 'accept-encoding': 'br, gzip' } });
  const bytes = Number(answer.headers.get('content-length') ?? 0);
  known.set(path, bytes);
  return bytes;
}
