// /v1/runs/summary: how it goes. Every open console asks for it every few seconds.
// I1 However many ask, one question of a tenant is under way, and its answer is believed for BELIEVED_MS by this process.
import { route, type Route } from '@palace/gateway/contract.ts';
import type { z } from 'zod';
import { RUN_STATES, runsSummary, type RunStatus } from '../contract.ts';
import type { FlowParts } from '../parts.ts';
import { signalWaits, type SignalWaits } from '../signal-waits.ts';
import { HOUR_MS, SUMMARY_HOURS, type RunsSummary } from '../store/summary.ts';

type Page = z.input<typeof runsSummary>;

const BELIEVED_MS = 2_000;
/** Tenants whose answers are kept; with more of them the oldest ones are asked for again. */
const MOST_KEPT = 1_000;
const PEOPLE_COUNTED = 10_000;
const PEOPLE_SHOWN = 20;

export function summaryRoutes(parts: FlowParts): Route[] {
  const signals = signalWaits(parts);
  const summaryOf = believed((tenant) => summary(parts, signals, tenant));
  return [
    route({
      method: 'get',
      path: '/v1/runs/summary',
      summary: 'How it goes: runs by hour and state, open runs, what waits for a person',
      permission: 'run.read',
      loader: 'collection',
      responses: { 200: runsSummary },
      handle: async ({ tenant }) => ({ status: 200, body: await summaryOf(tenant) }),
    }),
  ];
}

/** A failure is believed by those who wait for it, and no longer. */
function believed(read: (tenant: string) => Promise<Page>): (tenant: string) => Promise<Page> {
  const kept = new Map<string, { readonly untilMs: number; readonly page: Promise<Page> }>();
  return (tenant) => {
    const known = kept.get(tenant);
    if (known !== undefined && performance.now() < known.untilMs) return known.page;
    const page = read(tenant);
    const entry = { untilMs: performance.now() + BELIEVED_MS, page };
    kept.delete(tenant);
    kept.set(tenant, entry);
    page.catch(() => {
      if (kept.get(tenant) === entry) kept.delete(tenant);
    });
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    return page;
  };
}

async function summary({ reads, node }: FlowParts, signals: SignalWaits, tenant: string): Promise<Page> {
  const nowMs = node.timeMs();
  const found = await reads.summary(tenant, nowMs);
  const signal = await signals(tenant, found.waiting);
  const known = new Set(found.people.map(({ run }) => run));
  const people = [...found.people, ...signal.waits.filter(({ run }) => !known.has(run))];
  return {
    at: iso(nowMs),
    hours: hoursPage(found, Math.floor(nowMs / HOUR_MS)),
    complete: found.complete,
    open: found.open,
    people: {
      runs: Math.min(people.length, PEOPLE_COUNTED),
      complete: signal.complete && !found.moreWait,
      items: people
        .toSorted((a, b) => a.sinceMs - b.sinceMs)
        .slice(0, PEOPLE_SHOWN)
        .map(({ run, flow, kind, name, sinceMs }) => ({ run, flow, kind, since: iso(sinceMs), ...(name !== undefined && { name }) })),
    },
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** Each hour, also those in which nothing started. */
function hoursPage({ byHour }: RunsSummary, last: number): Page['hours'] {
  return Array.from({ length: SUMMARY_HOURS }, (_, i) => {
    const hour = last - SUMMARY_HOURS + 1 + i;
    const counts: Partial<Record<RunStatus, number>> = {};
    for (const status of RUN_STATES) {
      const runs = byHour.find((one) => one.hour === hour && one.status === status)?.runs;
      if (runs !== undefined) counts[status] = runs;
    }
    return { from: iso(hour * HOUR_MS), counts };
  });
}
