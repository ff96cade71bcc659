// OpenAPI documents in memory: fetched as any call is (egress, authentication), kept for a short time by tenant and address.
// I1 No tenant sees a document that another one fetched, nor one that was fetched under other credentials.
// I2 A document is asked for once at a time; after its time it is asked for anew by its ETag.
// I3 What is kept is bounded in number and in characters; the least recently used leave first.
import { createHash } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Json } from '@palace/jq/jq.ts';
import { parseJsonText } from '@palace/platform/json.ts';
import type { ReadData } from '../core/language/read-data.ts';
import { standardFault } from '../core/faults.ts';
import type { RunFault } from '../core/model.ts';
import type { EffectCall, EffectOutcome, Executor } from './executor.ts';

const FRESH_MS = 60_000;
const MAX_DOCUMENTS = 200;
const MAX_CHARACTERS = 64_000_000;
const FETCH_DEADLINE_MS = 20_000;
/** Of the response. Larger than those of calls: descriptions of large interfaces are. */
export const MAX_DOCUMENT_BYTES = 4_194_304;

/** `document` of the step: where it is, and how the call proves who it is there. */
export interface DocumentPlace {
  readonly endpoint: string | { readonly uri: string };
  readonly authentication?: Json;
}

/** A document that cannot be had: the step's fault. Nothing of the operation has been sent. */
export class DocumentFault extends Error {
  readonly fault: RunFault;

  constructor(fault: RunFault) {
    super(fault.detail ?? fault.title ?? 'The OpenAPI document cannot be read.');
    this.name = 'DocumentFault';
    this.fault = fault;
  }
}

interface Kept {
  readonly document: Json;
  readonly etag: string | undefined;
  readonly characters: number;
  readonly untilMs: number;
}

export interface ApiDocuments {
  /** Throws DocumentFault. Settles at the call's deadline at the latest. */
  get(call: EffectCall, place: DocumentPlace): Promise<Json>;
}

export interface DocumentSources {
  /** Performs a GET; with room for a whole document. */
  readonly http: Executor;
  readonly readYaml: (tenant: string, text: string) => Promise<ReadData>;
  /** Monotonic milliseconds. */
  readonly nowMs?: () => number;
}

export function createApiDocuments({ http, readYaml, nowMs = () => performance.now() }: DocumentSources): ApiDocuments {
  const kept = new Map<string, Kept>();
  const asked = new Map<string, Promise<Json>>();
  let characters = 0;

  function keep(key: string, entry: Kept): void {
    drop(key);
    kept.set(key, entry);
    characters += entry.characters;
    for (const oldest of kept.keys()) {
      if (kept.size <= MAX_DOCUMENTS && characters <= MAX_CHARACTERS) return;
      drop(oldest);
    }
  }

  function drop(key: string): void {
    characters -= kept.get(key)?.characters ?? 0;
    kept.delete(key);
  }

  async function fetchNow(key: string, call: EffectCall, place: DocumentPlace): Promise<Json> {
    const known = kept.get(key);
    const outcome = await http(questionFor(call, place, known?.etag));
    const untilMs = nowMs() + FRESH_MS;
    if (known !== undefined && !outcome.ok && outcome.fault.status === 304) {
      keep(key, { ...known, untilMs });
      return known.document;
    }
    const { content, etag } = contentIn(outcome, addressOf(place));
    const document = await documentIn(content, (text) => readYaml(call.tenant, text), addressOf(place));
    keep(key, { document, etag, untilMs, characters: typeof content === 'string' ? content.length : JSON.stringify(content).length });
    return document;
  }

  return {
    async get(call, place) {
      const key = keyOf(call.tenant, place);
      const known = kept.get(key);
      if (known !== undefined && known.untilMs > nowMs()) {
        kept.delete(key);
        kept.set(key, known);
        return known.document;
      }
      let running = asked.get(key);
      if (running === undefined) {
        running = fetchNow(key, call, place).finally(() => asked.delete(key));
        running.catch(() => undefined);
        asked.set(key, running);
      }
      return within(running, call);
    },
  };
}

export const addressOf = ({ endpoint }: DocumentPlace): string => (typeof endpoint === 'string' ? endpoint : endpoint.uri);

/** A hash, because credentials are in it. */
const keyOf = (tenant: string, place: DocumentPlace): string =>
  createHash('sha256')
    .update(JSON.stringify([tenant, addressOf(place), place.authentication ?? null]))
    .digest('base64url');

/** Under a key of its own, and not ended with the call that happened to ask first. */
function questionFor(call: EffectCall, place: DocumentPlace, etag: string | undefined): EffectCall {
  const { authentication } = place;
  const headers = { accept: 'application/json, application/yaml;q=0.9, */*;q=0.8', ...(etag !== undefined && { 'if-none-match': etag }) };
  return {
    ...call,
    key: `${call.key}.document`,
    class: 'read',
    deadlineMs: FETCH_DEADLINE_MS,
    signal: new AbortController().signal,
    args: { method: 'GET', endpoint: addressOf(place), headers, output: 'response', ...(authentication !== undefined && { authentication }) },
  };
}

function contentIn(outcome: EffectOutcome, address: string): { content: Json; etag: string | undefined } {
  if (!outcome.ok)
    throw new DocumentFault({
      ...outcome.fault,
      detail: `The OpenAPI document at ${address} cannot be fetched: ${outcome.fault.detail ?? outcome.fault.title}`,
    });
  const { content, headers } = outcome.result as { content: Json; headers: Record<string, string> };
  return { content, etag: headers['etag'] };
}

/** JSON whatever its media type says; otherwise YAML. */
async function documentIn(content: Json, readYaml: (text: string) => Promise<ReadData>, address: string): Promise<Json> {
  if (typeof content !== 'string') return content;
  if (/^\s*\{/.test(content)) {
    try {
      return parseJsonText(content) as Json;
    } catch {
      // YAML may begin with a brace as well.
    }
  }
  const read = await readYaml(content).catch((error: unknown) => {
    throw new DocumentFault(
      standardFault('communication', `The OpenAPI document at ${address} cannot be read now: ${error instanceof Error ? error.message : String(error)}`),
    );
  });
  if (read.ok) return read.value;
  const [first] = read.errors;
  throw new DocumentFault(
    standardFault('configuration', `The OpenAPI document at ${address} is neither JSON nor plain YAML: line ${first?.line ?? 1}: ${first?.message ?? ''}`),
  );
}

async function within<T>(work: Promise<T>, call: EffectCall): Promise<T> {
  const late = Promise.withResolvers<never>();
  const end = (why: string): void => late.reject(new DocumentFault(standardFault('timeout', why)));
  const timer = setTimeout(() => end('The OpenAPI document did not come within the deadline of the call.'), Math.max(0, call.deadlineMs));
  const onAbort = (): void => end('The call was ended.');
  call.signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    call.signal.removeEventListener('abort', onAbort);
  }
}
