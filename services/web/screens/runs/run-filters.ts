// The filters of the address to what the API is asked for. Pure: the moment comes in. What the address has wrong is no filter.
import type { RunFilter, RunStatus } from '../../api/runs.ts';

export const FILTERS = ['status', 'flow', 'since', 'environment', 'origin', 'id'] as const;
export type FilterName = (typeof FILTERS)[number];
export type FilterState = Readonly<Partial<Record<FilterName, string>>>;

export const STATUSES: readonly RunStatus[] = ['running', 'waiting', 'failed', 'completed', 'cancelled', 'paused', 'pending', 'quarantined'];
export const ORIGINS = ['request', 'schedule', 'event', 'webhook', 'after', 'parent', 'fork'] as const;

const HOUR_MS = 3_600_000;
export const SPANS = { '1h': HOUR_MS, '24h': 24 * HOUR_MS, '7d': 168 * HOUR_MS, '30d': 720 * HOUR_MS } as const;
export type SpanName = keyof typeof SPANS;
export const SPAN_NAMES = Object.keys(SPANS) as readonly SpanName[];

const FLOW = /^[a-z0-9-]{1,63}\/[a-z0-9-]{1,63}$/;
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const ID = /^[a-z0-9_]{1,40}$/;

export function filterOf({ status, flow, since, environment, origin, id }: FilterState, nowMs: number): RunFilter {
  const knownStatus = STATUSES.find((one) => one === status);
  const knownOrigin = ORIGINS.find((one) => one === origin);
  const span = SPAN_NAMES.find((one) => one === since);
  const start = id?.trim().toLowerCase();
  return {
    ...(knownStatus !== undefined && { status: knownStatus }),
    ...(flow !== undefined && FLOW.test(flow) && { flow }),
    ...(span !== undefined && { startedAfter: new Date(nowMs - SPANS[span]).toISOString() }),
    ...(environment !== undefined && NAME.test(environment) && { environment }),
    ...(knownOrigin !== undefined && { origin: knownOrigin }),
    ...(start !== undefined && ID.test(start) && { id: start }),
  };
}

/** What a verb in bulk can be given as a filter: state and flow, and nothing beside them. */
export function bulkFilterOf(filter: RunFilter): { status?: RunStatus; flow?: string } | undefined {
  const { status, flow, ...rest } = filter;
  if (Object.keys(rest).length > 0) return undefined;
  return { ...(status !== undefined && { status }), ...(flow !== undefined && { flow }) };
}
