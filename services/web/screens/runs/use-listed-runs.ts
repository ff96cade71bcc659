'use client';
// The runs of a list: pages as far as somebody scrolled, the newest ones again every few seconds.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { newestRunsQuery, runsQuery, type ListedRun, type RunFilter } from '../../api/runs.ts';
import { mergeRuns, type Merged } from './listed-runs.ts';

const NEWEST = 100;
/** So few pages are read again as a whole: what goes on in them is seen. */
const PAGES_AGAIN = 2;
const AGAIN_MS = 10_000;
const NONE: readonly ListedRun[] = [];

export interface ListedRuns extends Merged {
  readonly loaded: boolean;
  readonly error: Error | null;
  /** The end of the list was reached and there is no more. */
  readonly complete: boolean;
  readMore(): void;
  /** To the newest. */
  showNew(): void;
  retry(): void;
  /** Told by the list as it is scrolled. */
  atTop(top: boolean): void;
}

export function useListedRuns(filter: RunFilter): ListedRuns {
  const pages = useInfiniteQuery({
    ...runsQuery(filter),
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) <= PAGES_AGAIN ? AGAIN_MS : false),
  });
  const newest = useQuery(newestRunsQuery(NEWEST, filter)).data ?? NONE;
  const [topId, setTopId] = useState<string>();
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = pages;
  const paged = useMemo(() => unique(data?.pages.flatMap(({ items }) => items) ?? NONE), [data]);
  const merged = useMemo(() => mergeRuns(paged, newest, topId), [paged, newest, topId]);
  const first = merged.rows[0]?.id;
  const { gap } = merged;
  return {
    ...merged,
    loaded: data !== undefined,
    error,
    complete: !hasNextPage,
    readMore: useCallback(() => {
      if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
    }, [hasNextPage, isFetchingNextPage, fetchNextPage]),
    showNew: useCallback(() => {
      setTopId(undefined);
      if (gap) void refetch();
    }, [gap, refetch]),
    retry: useCallback(() => void refetch(), [refetch]),
    atTop: useCallback((top: boolean) => setTopId((before) => (top ? undefined : (before ?? first))), [first]),
  };
}

/** Pages that are read one after the other may overlap. */
function unique(runs: readonly ListedRun[]): readonly ListedRun[] {
  return [...new Map(runs.map((run) => [run.id, run])).values()];
}
