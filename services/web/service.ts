// The console, read first: finds or makes the build of its sources, opens it, and answers browsers. It is the web tier and
// has no authority: pages know nothing, everything they show comes from the public API with the reader's own session.
//
//   sources (hash) -> build-folder (is it there?) -> build (once) -> renderer (its thread) -> handle
//
// I1 Nothing here fails the process: a build that fails is a page that says so (console-state.ts).
// I2 Until it is ready every page says how far it is; the API does not wait for it.
// I3 Two processes that begin at once build once.
// Opened by bin/, which gives `handle` to the gateway as what answers outside of the API.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@palace/platform/telemetry/port.ts';
import { after, FIRST_STATE, isSettled, type ConsoleState, type Happening } from './server/console-state.ts';
import { ensureBuild, type Places } from './server/ensure-build.ts';
import { PAGE_HEADERS, stillPolicy } from './server/page-policy.ts';
import { progressPage, REFRESH_SECONDS, STYLE_HASH } from './server/progress-page.ts';
import { readerLanguage } from './server/reader-language.ts';
import { openRenderer, RendererFailure, type Renderer } from './server/renderer.ts';
import { openStaticFiles, type StaticFiles } from './server/static-files.ts';

export type { ConsoleState } from './server/console-state.ts';
export { ensureBuild as buildWeb, type EnsuredBuild, type Places } from './server/ensure-build.ts';
export { lookAt } from './server/look-at.ts';

/** A renderer that ends this often, each time soon, is not started again. */
const MAX_LOSSES = 5;
const SOON_MS = 600_000;
const BEGIN_AGAIN_MS = 1_000;

export interface WebOptions extends Places {
  readonly log: Log;
  /** What a person calls to build it by hand. */
  readonly command: string;
  /** Told of each stage. */
  changed?(state: ConsoleState): void;
}

export interface Web {
  /** Looks for the build, makes it, opens it. What is asked before is told that it is not there yet. */
  begin(): void;
  handle(request: IncomingMessage, response: ServerResponse): void;
  state(): ConsoleState;
  /** Resolves when it is ready, has failed, or was closed. */
  settled(): Promise<ConsoleState>;
  close(): Promise<void>;
}

interface Opened {
  readonly files: StaticFiles;
  readonly renderer: Renderer;
}

export function openWeb(options: WebOptions): Web {
  const closing = new AbortController();
  const settled = Promise.withResolvers<ConsoleState>();
  let state = FIRST_STATE;
  let opened: Opened | undefined;
  const note = (happening: Happening, lines?: readonly string[]): void => {
    const next = after(state, happening, Date.now(), lines);
    if (next === state) return;
    state = next;
    options.changed?.(state);
    if (isSettled(state)) settled.resolve(state);
  };
  const begin = (): Promise<void> =>
    run(options, { signal: closing.signal, note, show: (next) => (opened = next) }).catch((error: unknown) => {
      options.log.error('The console could not be opened', { error });
      note('broke', error instanceof RendererFailure ? error.lines : [error instanceof Error ? error.message : String(error)]);
    });
  let work: Promise<void> | undefined;
  return {
    begin: () => void (work ??= begin()),
    handle: (request, response) => answer(request, response, { opened, state, command: options.command }),
    state: () => state,
    settled: () => settled.promise,
    async close() {
      closing.abort();
      note('close');
      await work;
    },
  };
}

interface Terms {
  readonly signal: AbortSignal;
  note(happening: Happening, lines?: readonly string[]): void;
  show(opened: Opened | undefined): void;
}

async function run({ log, ...places }: WebOptions, terms: Terms): Promise<void> {
  const ensured = await ensureBuild(places, terms);
  if (ensured.kind === 'there') return keepRendering(ensured.folder, log, terms);
  if (ensured.kind === 'stopped') return;
  log.error('The build of the console failed', { says: ensured.lines.join('\n') });
  terms.note('broke', ensured.lines);
}

/** Starts the renderer, and starts it again when it ended by itself, until it is closed. */
async function keepRendering(folder: string, log: Log, { signal, note, show }: Terms): Promise<void> {
  const files = await openStaticFiles(folder);
  const closed = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
  for (let losses = 1; !signal.aborted; losses += 1) {
    const sinceMs = performance.now();
    const lost = Promise.withResolvers<readonly string[]>();
    const renderer = await openRenderer({ folder, log, lost: lost.resolve });
    show({ files, renderer });
    note('started');
    const lines = await Promise.race([lost.promise, closed]);
    show(undefined);
    if (lines === undefined) return renderer.close();
    if (performance.now() - sinceMs > SOON_MS) losses = 1;
    log.error('The console’s renderer ended by itself', { says: lines.join('\n'), losses });
    note('lost');
    if (losses >= MAX_LOSSES) return note('broke', lines);
    await sleep(BEGIN_AGAIN_MS * losses, undefined, { signal }).catch(() => undefined);
  }
}

interface Standing {
  readonly opened: Opened | undefined;
  readonly state: ConsoleState;
  readonly command: string;
}

function answer(request: IncomingMessage, response: ServerResponse, { opened, state, command }: Standing): void {
  const url = request.url ?? '/';
  const query = url.indexOf('?');
  if (opened?.files.serve(query < 0 ? url : url.slice(0, query), request, response) === true) return;
  // Under /_next there are the files of a build and nothing else: no page in the place of a script.
  if (url.startsWith('/_next/')) return notHere(response, opened === undefined ? 503 : 404);
  if (opened?.renderer.render(request, response) === true) return;
  const page = progressPage(state, Date.now(), readerLanguage(request.headers.cookie, request.headers['accept-language']), command);
  response.writeHead(503, {
    ...Object.fromEntries(PAGE_HEADERS),
    'content-security-policy': stillPolicy(STYLE_HASH),
    'cache-control': 'no-store',
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(page),
    vary: 'accept-language, cookie',
    ...(state.stage === 'failed' ? {} : { 'retry-after': String(REFRESH_SECONDS) }),
  });
  response.end(request.method === 'HEAD' ? undefined : page);
}

function notHere(response: ServerResponse, status: 404 | 503): void {
  response.writeHead(status, { ...Object.fromEntries(PAGE_HEADERS), 'cache-control': 'no-store', 'content-length': 0 });
  response.end();
}
