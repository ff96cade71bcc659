// Batch start: many starts of one request, accepted together; as a stream, each end is told as it comes.
// I1 Each item is its own run with its own key: one that is refused does not take the others with it.
import type { Json } from '@palace/jq/jq.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import type { SseEvent } from '@palace/gateway/contract.ts';
import { createHash } from 'node:crypto';
import { ENDED } from './contract.ts';
import { canonicalText } from './core/language/canonical.ts';
import type { RunEnd } from './engine/slot.ts';
import type { FlowParts } from './parts.ts';
import { runPage } from './run-page.ts';
import { endSoon, waitForEnd } from './wait.ts';

interface Item {
  readonly flow: string;
  readonly input?: unknown;
  readonly environment?: string | undefined;
  readonly key?: string | undefined;
}
type Accepted =
  | { readonly id: string }
  | { readonly problem: { readonly code: string; readonly title: string; readonly detail?: string; readonly errors?: unknown } };

export interface Starter {
  readonly tenant: string;
  readonly by: string;
}

interface Begun {
  readonly accepted: Promise<Accepted>;
  readonly ended: Promise<RunEnd>;
}

export interface StartedMany {
  readonly accepted: Promise<Accepted[]>;
  news(signal: AbortSignal): AsyncIterable<SseEvent>;
}

/** Ends are waited for this long; a longer run is looked up by its id. */
const NEWS_MS = 600_000;
/** A run that began here and ends within this is told of out of memory (three reads less); others are looked for in the journal. */
const SHORT_RUN_MS = 5_000;

export function startMany(parts: FlowParts, who: Starter, items: readonly Item[]): StartedMany {
  const { tenant } = who;
  const each = items.map((item) => startOne(parts, who, item));
  return { accepted: Promise.all(each.map(({ accepted }) => accepted)), news: (signal) => news(parts, tenant, each, signal) };
}

function startOne(parts: FlowParts, who: Starter, item: Item): Begun {
  const ended = Promise.withResolvers<RunEnd>();
  return { accepted: accept(parts, who, item, ended.resolve), ended: ended.promise };
}

async function accept(parts: FlowParts, { tenant, by }: Starter, item: Item, onEnd: (end: RunEnd) => void): Promise<Accepted> {
  try {
    const input = (item.input ?? {}) as Json;
    const key =
      item.key === undefined
        ? {}
        : {
            idempotency: {
              scope: 'POST /v1/runs/batch',
              key: item.key,
              fingerprint: createHash('sha256')
                .update(canonicalText([item.flow, input, item.environment ?? null]))
                .digest('hex'),
            },
          };
    const { id } = await parts.engine.accept.start({ tenant, by, flow: item.flow, input, environment: item.environment, onEnd, ...key });
    return { id };
  } catch (error) {
    const known = error instanceof PalaceError ? error : new PalaceError('internal');
    return {
      problem: {
        code: known.code,
        title: known.row.title,
        ...(known.detail !== undefined && { detail: known.detail }),
        ...(known.errors !== undefined && { errors: known.errors }),
      },
    };
  }
}

async function* news(parts: FlowParts, tenant: string, each: readonly Begun[], signal: AbortSignal): AsyncIterable<SseEvent> {
  const ready: SseEvent[] = [];
  let wake: () => void = () => {};
  let open = each.length;
  const tell = (event: SseEvent) => {
    ready.push(event);
    wake();
  };
  for (const [index, begun] of each.entries()) {
    void begun.accepted
      .then(async (accepted) => {
        tell({ event: 'id' in accepted ? 'accepted' : 'refused', data: { index, ...accepted } });
        const end = 'id' in accepted ? await endOf(parts, tenant, accepted.id, begun.ended, signal) : undefined;
        if (end !== undefined) tell({ event: 'ended', data: { index, ...end } });
      })
      .catch(() => undefined)
      .finally(() => {
        open -= 1;
        wake();
      });
  }
  while (!signal.aborted && (open > 0 || ready.length > 0)) {
    const next = ready.shift();
    if (next !== undefined) yield next;
    else
      await new Promise<void>((resolve) => {
        wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
  }
}

/** How it ended, with its output; undefined while it goes on. */
async function endOf(parts: FlowParts, tenant: string, id: string, ended: Promise<RunEnd>, signal: AbortSignal): Promise<Record<string, unknown> | undefined> {
  const end = await endSoon(parts, id, ended, SHORT_RUN_MS);
  if (end?.status === 'completed') return { id, status: end.status, ...(end.output !== undefined && { output: end.output }) };
  if (end === undefined) await waitForEnd(parts, tenant, id, NEWS_MS, signal);
  const row = await parts.reads.run(tenant, id);
  if (row === undefined || !ENDED.has(row.status)) return undefined;
  const { status, output, error } = await runPage(parts, tenant, row);
  return { id, status, ...(output !== undefined && { output }), ...(error !== undefined && { error }) };
}
