// What others may know of events and of the times of schedules: part of contract.ts, which would be too long with it.
import { z } from 'zod';

const position = z.string().regex(/^[1-9]\d{0,18}$/, 'The position of an event is a whole number.');
export const byPosition = z.strictObject({ position });
export const listEvents = z.strictObject({
  type: z.string().min(1).max(200).optional(),
  source: z.string().min(1).max(500).optional(),
  /** With `source` it names one event. */
  id: z.string().min(1).max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(300).optional(),
});
export const eventSummary = z.object({
  /** Rises with each event that was kept; its address. */
  position: z.string(),
  id: z.string(),
  type: z.string(),
  source: z.string(),
  subject: z.string().optional(),
  receivedAt: z.string(),
  /** The run that said it; absent when it came from outside. */
  run: z.string().optional(),
  /** False while nobody has looked yet whom it reaches. */
  matched: z.boolean(),
});
export const eventList = z.object({ items: z.array(eventSummary), next: z.string().optional() });

export const eventDetail = eventSummary.extend({
  /** The whole CloudEvent. */
  event: z.unknown(),
  /** Runs that it started, of those that began soon after it. */
  started: z.array(z.object({ id: z.string(), flow: z.string(), status: z.string(), startedAt: z.string() })),
  /** Flows that an event of this type may start now. */
  starts: z.array(z.string()),
  /** Runs that wait for an event of this type now, the first hundred. */
  listening: z.array(z.string()),
});

// ---- the times of a schedule ----
export const upcomingTimes = z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(10) });
export const upcoming = z.object({
  /** As far as they follow from the clock alone. */ times: z.array(z.string()),
  /** Of a cron expression: in which it counts. */ zone: z.string().optional(),
  /** What becomes of times that pass while nobody is there. */ catchUp: z.enum(['all', 'last', 'skip']),
});
