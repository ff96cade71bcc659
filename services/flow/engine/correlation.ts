// Events between runs (ENGINE E14): both sides write first and look second, in separate transactions, so that none is missed.
// I1 An event is committed in its home shard before it is matched; an unmatched one is matched again by the next owner.
// I2 A run that begins to listen commits its subscription, then looks back at recent events.
// I3 A run takes an event id once per listen, whichever way it came (the run itself remembers).
import { parseJsonText } from '@palace/platform/json.ts';
import type { StreamRow } from '@palace/platform/durable/contract.ts';
import type { CloudEvent } from '../core/model.ts';
import type { StoredEvent } from '../store/port.ts';
import { startsOf } from '../triggers/event-starts.ts';
import { release, type EngineParts } from './parts.ts';
import type { Arrival } from './slot.ts';

const MATCH_BATCH = 200;
/** Of the events before a listen only the newest are looked at. */
const LOOK_BACK_EVENTS = 200;
const RETRY_MS = 500;

export interface Correlation {
  /** An event on its way to its home shard: from a run's emit (stream) or from outside (inbox). */
  arrive(shard: number, tenant: string, event: CloudEvent, from: Arrival): void;
  /** A matched event on its way to a run. */
  deliver(shard: number, row: StreamRow, from: Arrival): void;
  /** After a listen began: what came shortly before. */
  lookBack(shard: number, row: StreamRow, from: Arrival): void;
  /** Matches what the owner before committed and did not match. */
  rematch(shard: number): Promise<void>;
}

export function createCorrelation(parts: EngineParts): Correlation {
  /** Makes the keys of writes distinct: the same event may come by two rows at once. */
  let writes = 0;

  function arrive(shard: number, tenant: string, event: CloudEvent, from: Arrival): void {
    const fence = parts.node().fence(shard);
    if (fence === undefined) return;
    const held = parts.tenure(shard);
    const atMs = parts.node().timeMs();
    const stored: StoredEvent = { tenant, type: event.type, source: event.source, id: event.id, atMs, body: JSON.stringify(event) };
    void parts
      .node()
      .submit({
        fence,
        key: `event/${++writes}`,
        tenant,
        rows: { event: [{ shard, tenant, type: stored.type, source: stored.source, id: stored.id, at_ms: atMs, body: stored.body }] },
        ...(from.cursor !== undefined && { cursors: [from.cursor] }),
        ...(from.commandId !== undefined && { consumes: [{ commandId: from.commandId, outcome: 'done' as const }] }),
      })
      .then((outcome) => {
        release(parts, shard, tenant, { command: { type: 'continue' }, ...from });
        if (outcome.kind === 'committed') void match(shard, stored, held);
      });
  }

  async function match(shard: number, event: StoredEvent, held: () => boolean): Promise<void> {
    try {
      const found = await parts.store.subscriptions(event.tenant, event.type);
      const starts = await startsOf(parts, event);
      const fence = parts.node().fence(shard);
      if (fence === undefined || !held()) return;
      await parts.node().submit({
        fence,
        key: `match/${++writes}`,
        tenant: event.tenant,
        rows: { event_matched: [{ tenant: event.tenant, source: event.source, id: event.id }] },
        streams: [
          ...found.map((s) => ({
            consumer: 'flow',
            consumerShard: s.shard,
            tenant: event.tenant,
            kind: 'match',
            body: JSON.stringify({ run: s.run, act: s.act, event: parseJsonText(event.body) }),
          })),
          ...starts,
        ],
      });
    } catch (error) {
      parts.log.warn('an event could not be matched; trying again', { error, shard });
      parts.scheduler.after(RETRY_MS, () => {
        if (held()) void match(shard, event, held);
      });
    }
  }

  function deliver(shard: number, row: StreamRow, from: Arrival): void {
    const { run, act, event } = parseJsonText(row.body) as { run: string; act: number; event: CloudEvent };
    parts.give(shard, run, { command: { type: 'event', act, event }, tenant: row.tenant, ...from });
  }

  function lookBack(shard: number, row: StreamRow, from: Arrival, held = parts.tenure(shard)): void {
    const { run, act, types, atMs } = parseJsonText(row.body) as { run: string; act: number; types: string[]; atMs: number };
    void parts.store.recentEvents(row.tenant, types, atMs - parts.settings.lookBackMs, LOOK_BACK_EVENTS).then(
      (events) => {
        if (!held()) return;
        // The last one carries the row: what one run is given is decided in order.
        for (const [i, e] of events.entries()) {
          const command = { type: 'event', act, event: parseJsonText(e.body) as CloudEvent } as const;
          parts.give(shard, run, { command, tenant: row.tenant, ...(i === events.length - 1 && from) });
        }
        if (events.length > 0) return;
        const envelope = { command: { type: 'continue' } as const, ...from };
        parts.consume(shard, row.tenant, run, [envelope], '');
        release(parts, shard, row.tenant, envelope);
      },
      (error: unknown) => {
        parts.log.warn('the look-back failed; trying again', { error, runId: run });
        parts.scheduler.after(RETRY_MS, () => {
          if (held()) lookBack(shard, row, from, held);
        });
      },
    );
  }

  async function rematch(shard: number): Promise<void> {
    const held = parts.tenure(shard);
    for (let rest = true; rest && held();) {
      try {
        const events = await parts.store.unmatchedEvents(shard, MATCH_BATCH);
        for (const event of events) await match(shard, event, held);
        rest = events.length === MATCH_BATCH;
      } catch (error) {
        parts.log.warn('unmatched events could not be read; trying again', { error, shard });
        await new Promise<void>((resolve) => parts.scheduler.after(RETRY_MS, resolve));
      }
    }
  }

  return { arrive, deliver, lookBack, rematch };
}
