// The renderer of one build: its thread, and the way of a request there and of its answer back, over a socket in a folder
// that only this account may enter.
// I1 Nothing of a credential goes there: no Authorization, and of the cookies those that say how the page should look.
// I2 The policy of an answer is ours: what Next would say about it is dropped, and the nonce goes in with the request.
// I3 Bounded: MAX_OPEN answers at once, ANSWER_MS each, a heap of HEAP_MB. A thread that ends is reported once.
// Called by service.ts.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { Agent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { Worker } from 'node:worker_threads';
import type { Log } from '@palace/platform/telemetry/port.ts';
import { lastLines } from './build.ts';
import { earlyReads } from './early-reads.ts';
import { PAGE_HEADERS, pagePolicy } from './page-policy.ts';

const MAX_OPEN = 256;
const MAX_SOCKETS = 32;
const ANSWER_MS = 30_000;
const START_MS = 60_000;
const WARM_MS = 10_000;
const HEAP_MB = 256;
const REQUEST_HEADERS = /^(accept|accept-language|host|user-agent|purpose|sec-purpose|rsc|next-.*|x-forwarded-proto)$/;
const LOOKS = /(?:^|;\s*)(palace-(?:language|theme)=[\w-]{1,20})(?=;|$)/g;
const OURS = new Set([
  'content-security-policy',
  'x-powered-by',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'date',
  ...PAGE_HEADERS.map(([name]) => name),
]);

export interface Renderer {
  /** False when it has no place free. */
  render(request: IncomingMessage, response: ServerResponse): boolean;
  close(): Promise<void>;
}

export interface RendererTerms {
  readonly folder: string;
  readonly log: Log;
  /** It ended by itself, with the last lines of what it said. */
  lost(lines: readonly string[]): void;
}

export async function openRenderer({ folder, log, lost }: RendererTerms): Promise<Renderer> {
  const place = openPlace();
  const said = lastLines();
  const thread = new Worker(new URL('./render-thread.ts', import.meta.url), {
    name: 'console',
    workerData: { folder, socket: place.socket },
    env: { NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    stdout: true,
    stderr: true,
  });
  for (const stream of [thread.stdout, thread.stderr]) stream.setEncoding('utf8').on('data', said.add);
  thread.stderr.on('data', (text: string) => log.warn('The console’s renderer said something', { says: text.slice(0, 2_000) }));
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  let closing = false;
  const close = async (): Promise<void> => {
    closing = true;
    agent.destroy();
    await thread.terminate();
    place.remove();
  };
  thread.on('error', (error) => said.add(`${error.stack ?? error.message}\n`));
  try {
    await listening(thread);
    await warm({ socketPath: place.socket, agent });
  } catch (error) {
    await close();
    throw new RendererFailure([...said.take(), ...(error instanceof Error ? [error.message] : [])]);
  }
  thread.once('exit', () => {
    if (closing) return;
    agent.destroy();
    place.remove();
    lost(said.take());
  });
  let open = 0;
  return {
    close,
    render(request, response) {
      if (open >= MAX_OPEN || closing) return false;
      open += 1;
      response.once('close', () => (open -= 1));
      pass(request, response, { socketPath: place.socket, agent });
      return true;
    },
  };
}

export class RendererFailure extends Error {
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super('The renderer of the console did not start.');
    this.lines = lines;
  }
}

function listening(thread: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(`It was not ready within ${START_MS / 1000} s.`)), START_MS);
    const end = (act: () => void): void => {
      clearTimeout(limit);
      act();
    };
    thread.once('message', () => end(resolve));
    thread.once('error', (error: Error) => end(() => reject(error)));
    thread.once('exit', (code) => end(() => reject(new Error(`It ended with ${code}.`))));
  });
}

/** Short, because the path of a socket may have about a hundred bytes. */
function openPlace(): { readonly socket: string; remove(): void } {
  if (process.platform === 'win32') return { socket: `\\\\.\\pipe\\palace-console-${randomBytes(12).toString('hex')}`, remove: () => undefined };
  removeLeft();
  const folder = mkdtempSync(join(tmpdir(), `palace-web-${process.pid}-`));
  return { socket: join(folder, 's'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** What processes that were killed have left. */
function removeLeft(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = /^palace-web-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && Number(pid) !== process.pid && !isThere(Number(pid))) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** The first page takes several times as long as the second one: it is nobody's. */
function warm(way: { readonly socketPath: string; readonly agent: Agent }): Promise<void> {
  return new Promise((resolve) => {
    const headers = { host: 'localhost', accept: 'text/html', 'content-security-policy': pagePolicy('warm') };
    const outgoing = httpRequest({ ...way, path: '/', headers, timeout: WARM_MS }, (answer) => answer.resume());
    outgoing.on('timeout', () => outgoing.destroy()).on('error', () => resolve());
    outgoing.on('close', resolve).end();
  });
}

function pass(request: IncomingMessage, response: ServerResponse, way: { readonly socketPath: string; readonly agent: Agent }): void {
  const policy = pagePolicy(randomBytes(16).toString('base64'));
  const headers = { ...headersToPass(request), 'content-security-policy': policy };
  const outgoing = httpRequest({ ...way, method: request.method, path: request.url, headers, timeout: ANSWER_MS });
  const give = (): void => void outgoing.destroy();
  outgoing.on('timeout', give);
  outgoing.on('error', () => failed(response));
  outgoing.on('close', () => response.off('close', give));
  outgoing.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, headersToAnswer(answer, policy, answer.statusCode === 200 ? earlyReads(request) : undefined));
    pipeline(answer, response, () => undefined);
  });
  response.once('close', give);
  outgoing.end();
}

export function headersToPass({ headers }: Pick<IncomingMessage, 'headers'>): OutgoingHttpHeaders {
  const passed: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) if (REQUEST_HEADERS.test(name)) passed[name] = value;
  const looks = [...(headers.cookie ?? '').matchAll(LOOKS)].map(([, cookie]) => cookie);
  return looks.length === 0 ? passed : { ...passed, cookie: looks.join('; ') };
}

/** `early`: the Link header of a page that somebody opens. */
export function headersToAnswer({ headers }: Pick<IncomingMessage, 'headers'>, policy: string, early?: string): OutgoingHttpHeaders {
  const theirs = Object.entries(headers).filter(([name]) => !OURS.has(name));
  const answered = { ...Object.fromEntries(theirs), ...Object.fromEntries(PAGE_HEADERS), 'content-security-policy': policy };
  return early === undefined ? answered : { ...answered, link: [headers['link'] ?? [], early].flat().join(', ') };
}

function failed(response: ServerResponse): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(502, { ...Object.fromEntries(PAGE_HEADERS), 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8' });
  response.end('The page could not be rendered. Load it again.\n');
}
