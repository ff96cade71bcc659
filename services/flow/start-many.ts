// Batch start: many starts of one request, accepted together; as a stream, each end is told as it comes.
// I1 Each item is its own run with its own key: one that is refused does not take the others with it.
import type { Json } from '@palace/jq/jq.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import type { SseEvent } from '@palace/gateway/contract.ts';
import { createHash } from 'node:crypto';
import { waitForRest } from './follow.ts';
import { ENDED } from './contract.ts';
import type { FlowParts } from './parts.ts';

interface Item { readonly flow: string; readonly input?: unknown; readonly key?: string | undefined }
type Accepted = { readonly id: string } | { readonly problem: { readonly code: string; readonly title: string; readonly detail?: string; readonly errors?: unknown } };

export interface StartedMany {
  readonly accepted: Promise<Accepted[]>;
  news(signal: AbortSignal): AsyncIterable<SseEvent>;
}

/** Ends are waited for this long; a longer run is looked up by its id. */
const NEWS_MS = 600_000;

export function startMany(parts: FlowParts, tenant: string, items: readonly Item[]): StartedMany {
  const each = items.map((item) => startOne(parts, tenant, item));
  return { accepted: Promise.all(each), news: (signal) => news(parts, tenant, each, signal) };
}

async function startOne(parts: FlowParts, tenant: string, item: Item): Promise<Accepted> {
  try {
    const input = (item.input ?? {}) as Json;
    const key = item.key === undefined ? {} : { idempotency: { scope: 'POST /v1/runs/batch', key: item.key, fingerprint: createHash('sha256').update(JSON.stringify([item.flow, input])).digest('hex') } };
    const { id } = await parts.engine.accept.start({ tenant, flow: item.flow, input, ...key });
    return { id };
  } catch (error) {
    const known = error instanceof PalaceError ? error : new PalaceError('internal');
    return { problem: { code: known.code, title: known.row.title, ...(known.detail !== undefined && { detail: known.detail }), ...(known.errors !== undefined && { errors: known.errors }) } };
  }
}

async function* news(parts: FlowParts, tenant: string, each: readonly Promise<Accepted>[], signal: AbortSignal): AsyncIterable<SseEvent> {
  const ready: SseEvent[] = [];
  let wake: () => void = () => {};
  let open = each.length;
  const tell = (event: SseEvent) => {
    ready.push(event);
    wake();
  };
  for (const [index, start] of each.entries()) {
    void start.then(async (accepted) => {
      tell({ event: 'id' in accepted ? 'accepted' : 'refused', data: { index, ...accepted } });
      if ('id' in accepted) {
        await waitForRest(parts, tenant, accepted.id, NEWS_MS, signal);
        const row = await parts.reads.run(tenant, accepted.id);
        if (row !== undefined && ENDED.has(row.status)) tell({ event: 'ended', data: { index, id: row.id, status: row.status } });
      }
    }).catch(() => undefined).finally(() => {
      open -= 1;
      wake();
    });
  }
  while (!signal.aborted && (open > 0 || ready.length > 0)) {
    const next = ready.shift();
    if (next !== undefined) yield next;
    else await new Promise<void>((resolve) => { wake = resolve; signal.addEventListener('abort', () => resolve(), { once: true }); });
  }
}
