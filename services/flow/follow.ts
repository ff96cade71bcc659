// Hearing of a run as it goes on. The owner's process is told after each commit; any other looks at the journal again.
// I1 Events come in order without gap, by seq, wherever the client resumes (R4). I2 A follower costs a run nothing but a callback.
import { redact } from '@palace/platform/telemetry/redact.ts';
import type { SseEvent } from '@palace/gateway/contract.ts';
import { ENDED, type RunStatus } from './contract.ts';
import type { Linked } from './core/link.ts';
import { historyPage } from './history-page.ts';
import type { FlowParts } from './parts.ts';
import type { RunRow } from './store/port.ts';

const PAGE = 500;
/** How long a follower in another process than the owner's waits between looks. */
const LOOK_MS = 400;

export async function* follow(
  parts: FlowParts,
  tenant: string,
  row: RunRow,
  linked: Linked | undefined,
  after: number,
  signal: AbortSignal,
): AsyncIterable<SseEvent> {
  let seen = after;
  while (!signal.aborted) {
    const heard = hear(parts, row.id, LOOK_MS, signal);
    const ended = ENDED.has((await parts.reads.run(tenant, row.id))?.status ?? 'cancelled');
    const items = await parts.reads.history(tenant, row.id, seen, PAGE);
    for (const item of items) {
      seen = item.seq;
      yield { id: String(item.seq), event: item.event.type, data: redact(historyPage(item, linked)) };
    }
    if (items.length === PAGE) continue;
    if (ended) return;
    await heard;
  }
}

/** Resolves at the run's next commit in this process, or after `limitMs`. Begun before looking, so that nothing falls between. */
function hear(parts: FlowParts, id: string, limitMs: number, signal: AbortSignal, enough: (status: RunStatus) => boolean = () => true): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stop();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, limitMs);
    const stop = parts.engine.watching.watch(id, ({ status }) => {
      if (enough(status)) done();
    });
    signal.addEventListener('abort', done, { once: true });
  });
}

/** Waits until the run has ended, or rests (waits for a person, a timer, an event), at most `limitMs`. */
export async function waitForRest(parts: FlowParts, tenant: string, id: string, limitMs: number, signal: AbortSignal): Promise<void> {
  const untilMs = performance.now() + limitMs;
  while (!signal.aborted && performance.now() < untilMs) {
    const local = parts.engine.peek(id);
    const heard = hear(parts, id, Math.min(untilMs - performance.now(), local === undefined ? LOOK_MS : 2000), signal, (s) => ENDED.has(s));
    const status = local?.status ?? (await parts.reads.run(tenant, id))?.status;
    if (status !== undefined && ENDED.has(status)) return;
    await heard;
  }
}
