'use client';
// The runs that started last.
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { newestRunsQuery, type RunSummary } from '../../api/runs.ts';
import { Elapsed } from '../../design/duration.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { ProblemView } from '../../design/problem-view.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { SkeletonRows } from '../../design/skeleton.tsx';
import { StatusBadge } from '../../design/status-badge.tsx';
import { useText } from '../../language/language.tsx';

const SHOWN = 10;

export function RecentRuns() {
  const text = useText();
  const { data, error, refetch } = useQuery(newestRunsQuery(SHOWN));
  return (
    <section aria-labelledby="recent" className="rounded-lg border border-line bg-panel">
      <header className="flex h-9 items-center justify-between border-b border-line px-3">
        <h2 id="recent" className="font-semibold">
          {text('home.recent')}
        </h2>
        <Link href="/runs" className="rounded-sm text-xs text-accent hover:underline">
          {text('home.seeAll')}
        </Link>
      </header>
      {data === undefined && error !== null && <ProblemView problem={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <SkeletonRows count={SHOWN} />}
      {data?.length === 0 && <EmptyState title={text('home.noRuns')}>{text('home.noRunsHint')}</EmptyState>}
      <ul>
        {data?.map((run) => (
          <RecentRun key={run.id} run={run} />
        ))}
      </ul>
    </section>
  );
}

const RecentRun = ({ run }: { run: RunSummary }) => (
  <li className="border-b border-line last:border-0">
    <Link href={`/runs/${run.id}`} className="flex h-row items-center gap-3 px-3 hover:bg-hover">
      <span className="w-28 shrink-0">
        <StatusBadge status={run.status} />
      </span>
      <bdi className="min-w-0 flex-1 truncate">{run.flow}</bdi>
      <span className="w-20 shrink-0 text-end text-ink-soft max-narrow:hidden">
        <Elapsed from={run.startedAt} to={run.endedAt} />
      </span>
      <RelativeTime at={run.startedAt} className="w-28 shrink-0 truncate text-end text-ink-soft" />
    </Link>
  </li>
);
