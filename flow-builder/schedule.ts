// What starts a flow by itself, as a document says it: exactly one of four.
import type { EventFilter, Only } from './steps.ts';
import type { Duration } from './values.ts';

type TypedFilter = EventFilter & { readonly with: { readonly type: string } };
type Way = 'cron' | 'every' | 'after' | 'on';
type Events = 'one' | 'any' | 'all' | 'until';
/** What ends the events that gather: an expression over their list, or events that are no part of it. */
type Until =
  | string
  | ({ readonly one: TypedFilter } & Only<'one', 'one' | 'any' | 'all'>)
  | ({ readonly any: readonly TypedFilter[] } & Only<'any', 'one' | 'any' | 'all'>)
  | ({ readonly all: readonly TypedFilter[] } & Only<'all', 'one' | 'any' | 'all'>);

type On =
  | ({ readonly one: TypedFilter } & Only<'one', Events>)
  | ({ readonly any: readonly TypedFilter[]; readonly until?: Until } & Only<'any' | 'until', Events>)
  | ({ readonly all: readonly TypedFilter[] } & Only<'all', Events>);

export type Schedule =
  | ({ readonly cron: string } & Only<'cron', Way | 'read'>)
  | ({ readonly every: Duration } & Only<'every', Way | 'read'>)
  | ({ readonly after: Duration } & Only<'after', Way | 'read'>)
  | ({ readonly on: On; readonly read?: 'data' | 'envelope' } & Only<'on', Way>);

/** `metadata.palace.schedule` of a document. */
export interface ScheduleSettings {
  /** IANA name, for `cron`; UTC when not given. */
  readonly zone?: string;
  readonly catchUp?: 'all' | 'last' | 'skip';
  readonly paused?: boolean;
}
