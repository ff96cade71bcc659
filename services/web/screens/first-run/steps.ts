'use client';
// The first five steps, each found out by asking the API: nothing is remembered but that somebody does not want to see them.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { newestQuery, versionsQuery } from '../../api/flows.ts';
import { useMay, useMe } from '../../api/me.ts';
import { peopleQuery } from '../../api/people.ts';
import { hasEnded, newestRunsQuery, type RunSummary } from '../../api/runs.ts';
import { SAMPLE } from './run-sample.tsx';

export const STEPS = ['sample', 'run', 'watch', 'edit', 'invite'] as const;
export type Step = (typeof STEPS)[number];

export interface FirstSteps {
  readonly done: ReadonlySet<Step>;
  /** The last run of the sample. */
  readonly run: RunSummary | undefined;
}

const RUNS_LOOKED = 5;
const LOOK_AGAIN_MS = 5_000;

/** Undefined until all is known. */
export function useFirstSteps(): FirstSteps | undefined {
  const again = { refetchInterval: LOOK_AGAIN_MS, retry: false };
  const me = useMe();
  // Asked of the list: without the sample there are no versions to ask for.
  const mayRead = useMay('flow.read');
  const sample = useQuery({ ...newestQuery('samples', 'order-intake'), ...again, enabled: mayRead });
  const isThere = sample.data !== undefined && sample.data !== null;
  const versions = useQuery({ ...versionsQuery('samples', 'order-intake'), ...again, enabled: mayRead && isThere });
  const runs = useQuery(newestRunsQuery(RUNS_LOOKED, { flow: SAMPLE }));
  const alone = me.data?.person?.hasPassword === false;
  const people = useInfiniteQuery({ ...peopleQuery, ...again, enabled: alone });
  if (me.data === undefined || runs.data === undefined || sample.isPending || (isThere && versions.isPending)) return undefined;
  const found: Readonly<Record<Step, boolean>> = {
    sample: isThere,
    run: runs.data.length > 0,
    watch: runs.data.some(({ status }) => hasEnded(status)),
    edit: (versions.data?.length ?? 0) > 1,
    // Who calls with a key has nothing to set.
    invite: !alone || (people.data?.pages[0]?.items.length ?? 0) > 1,
  };
  return { done: new Set(STEPS.filter((step) => found[step])), run: runs.data[0] };
}
