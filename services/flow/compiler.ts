// Compiles documents, and reads the YAML of others, without holding the event loop: a small text in place, a larger one in a thread of
// its own, one after the other.
// I1 No document, however large or hostile, keeps a lease, a timer or another request waiting (S24).
// I2 Documents of one tenant keep no other tenant's waiting: they are taken in turn, and a tenant has its share of the places (R9).
// I3 The thread is ended when a document takes too long, and when there has been nothing to do for a while; the next one starts another.
// Called by publish, by the routes of definitions, and by the executor of openapi calls.
import { Worker } from 'node:worker_threads';
import { FairQueue } from '@palace/platform/durable/core/fair-queue.ts';
import { FairShare } from '@palace/platform/durable/core/fair-share.ts';
import { PalaceError, type ErrorPlace } from '@palace/platform/errors.ts';
import { compileFlow, type CompileOptions, type Compiled } from './core/compile.ts';
import { readData, type ReadData } from './core/language/read-data.ts';

/** UTF-16 units: what compiles in place, in a few milliseconds. */
const SMALL_TEXT_LENGTH = 16_384;
const DEADLINE_MS = 10_000;
const IDLE_MS = 30_000;
const MAX_WAITING = 16;
const MAX_HEAP_MB = 512;

export interface Compiler {
  /** Throws PalaceError `overload.busy` when too many large documents of the tenant wait. `in-thread`: a small one too, as one of many. */
  compile(tenant: string, source: string, options?: CompileOptions, where?: 'by-size' | 'in-thread'): Promise<Compiled>;
  /** YAML as plain data. Throws like compile. */
  read(tenant: string, source: string): Promise<ReadData>;
  close(): Promise<void>;
}

/** What the thread is asked. */
export type ThreadRequest =
  | { readonly what: 'compile'; readonly source: string; readonly options: CompileOptions }
  | { readonly what: 'read'; readonly source: string };
type ThreadAnswer = Compiled | ReadData;

interface Job {
  readonly tenant: string;
  readonly request: ThreadRequest;
  settle(answer: ThreadAnswer): void;
}

export function createCompiler(): Compiler {
  const waiting = new FairQueue<Job>();
  const places = new FairShare(MAX_WAITING);
  let worker: Worker | undefined;
  let current: Job | undefined;
  let timer: NodeJS.Timeout | undefined;

  function end(): Promise<unknown> {
    const ended = worker;
    worker = undefined;
    clearTimeout(timer);
    return ended?.terminate() ?? Promise.resolve();
  }

  function next(): void {
    clearTimeout(timer);
    current = waiting.shift();
    if (current === undefined) {
      timer = setTimeout(() => void end(), IDLE_MS).unref();
      return;
    }
    places.give(current.tenant);
    worker ??= start();
    timer = setTimeout(() => give(refused(`takes longer than ${DEADLINE_MS / 1000} s to check`)), DEADLINE_MS);
    worker.postMessage(current.request);
  }

  /** The job is over; after a failure so is its thread. */
  function give(answer: ThreadAnswer, healthy = false): void {
    const job = current;
    if (!healthy) void end();
    next();
    job?.settle(answer);
  }

  function start(): Worker {
    const started = new Worker(new URL('compile-worker.ts', import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB } });
    const isOurs = (): boolean => started === worker && current !== undefined;
    started.on('message', (answer: ThreadAnswer) => isOurs() && give(answer, true));
    started.on('error', (error) => isOurs() && give(refused(`cannot be checked (${error.message})`)));
    started.unref();
    return started;
  }

  function inThread(tenant: string, request: ThreadRequest): Promise<ThreadAnswer> {
    if (!places.admits(tenant)) throw new PalaceError('overload.busy', { detail: 'Many large documents are being checked.', retryAfterSeconds: 2 });
    return new Promise((settle) => {
      waiting.push(tenant, { tenant, request, settle });
      places.take(tenant);
      if (current === undefined) next();
    });
  }

  return {
    async compile(tenant, source, options = {}, where = 'by-size') {
      const length = source.length + (options.fetched ?? []).reduce((sum, one) => sum + one.source.length, 0);
      if (where === 'by-size' && length <= SMALL_TEXT_LENGTH) return compileFlow(source, options);
      return (await inThread(tenant, { what: 'compile', source, options })) as Compiled;
    },
    async read(tenant, source) {
      return source.length <= SMALL_TEXT_LENGTH ? readData(source) : ((await inThread(tenant, { what: 'read', source })) as ReadData);
    },
    async close() {
      await end();
      for (let job = current ?? waiting.shift(); job !== undefined; job = waiting.shift()) job.settle(refused('was not checked: the server stops'));
      current = undefined;
    },
  };
}

const refused = (why: string): { readonly ok: false; readonly errors: ErrorPlace[] } => ({
  ok: false,
  errors: [{ path: '', message: `The document ${why}. Split it into several flows.` }],
});
