// What a place of the console reads first, known from its address alone. The server names it with the page, so that the browser asks for it
// beside the code of the page and not behind it.
// I1 A place that is named here asks for exactly this, under the same address, as soon as it is alive: what nobody takes was read in vain.
// Pure; called by the queries in api/, and by server/early-reads.ts.
import { addressOf, type Query } from './address-of.ts';

export const ME = '/v1/me';
export const RUNS_SUMMARY = '/v1/runs/summary';
export const HOME_RUNS = 10;
export const EVENTS_A_PAGE = 1_000;
/** Longer values are asked for when somebody looks at them. */
const SHORT_BYTES = 600;

export const runAddress = (id: string): string => `/v1/runs/${id}`;
export const eventsAddress = (id: string): string => `${runAddress(id)}/events`;
export const newestRunsAddress = (limit: number, filter: Query = {}): string => addressOf('/v1/runs', { ...filter, limit });
/** The outline of the events after `after`. */
export const outlineAddress = (id: string, after: number): string => addressOf(eventsAddress(id), { after, limit: EVENTS_A_PAGE, maxValueBytes: SHORT_BYTES });
/** Where the same is told as it comes; it goes on behind Last-Event-ID. */
export const outlineStream = (id: string): string => addressOf(eventsAddress(id), { maxValueBytes: SHORT_BYTES });

const RUN = /^\/runs\/(run_[0-9a-z]{1,64})$/;

/** Of a signed-in reader. `path`: of the page, without its query. */
export function firstReads(path: string): readonly string[] {
  if (path === '/') return [ME, RUNS_SUMMARY, newestRunsAddress(HOME_RUNS)];
  const run = RUN.exec(path)?.[1];
  return run === undefined ? [] : [ME, runAddress(run), outlineAddress(run, 0)];
}
