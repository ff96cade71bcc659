// The Link header of a page: what its screen reads first, asked for by the browser while it still loads the code.
// I1 Only with a page that somebody opens, and only for somebody who has a session: others are led to the sign-in and read nothing.
// Called by renderer.ts.
import type { IncomingMessage } from 'node:http';
import { firstReads } from '../addresses/first-reads.ts';

const HAS_SESSION = /(?:^|;\s*)(?:__Host-)?palace-session(?:-\d+)?=/;

export function earlyReads({ url = '/', headers }: Pick<IncomingMessage, 'url' | 'headers'>): string | undefined {
  if (headers['sec-fetch-dest'] !== 'document' || !HAS_SESSION.test(headers.cookie ?? '')) return undefined;
  const addresses = firstReads(url.split('?', 1)[0] ?? '');
  // As the console's own requests are made, or the browser would ask twice.
  return addresses.length === 0 ? undefined : addresses.map((address) => `<${address}>; rel=preload; as=fetch; crossorigin=anonymous`).join(', ');
}
