'use client';
// The runs that started last.
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { HOME_RUNS } from '../../addresses/first-reads.ts';
import { newestRunsQuery, type RunSummary } from '../../api/runs.ts';
import { Elapsed } from '../../design/duration.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { ProblemView } from '../../design/problem-view.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { SkeletonRows } from '../../design/skeleton.tsx';
import { StatusBadge } from '../../design/status-badge.tsx';
import { useText } from '../../language/language.tsx';
import { RunSampleButton } from '../first-run/run-sample.tsx';
import { Panel } from './panel.tsx';

export function RecentRuns() {
  const text = useText();
  const { data, error, refetch } = useQuery(newestRunsQuery(HOME_RUNS));
  const all = (
    <Link href="/runs" className="shrink-0 rounded-sm text-xs text-accent hover:underline">
      {text('home.seeAll')}
    </Link>
  );
  return (
    <Panel title={text('home.recent')} more={all}>
      {data === undefined && error !== null && <ProblemView problem={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <SkeletonRows count={HOME_RUNS} />}
      {data?.length === 0 && (
        <EmptyState title={text('home.noRuns')} action={<RunSampleButton />}>
          {text('home.noRunsHint')}
        </EmptyState>
      )}
      <ul>
        {data?.map((run) => (
          <RecentRun key={run.id} run={run} />
        ))}
      </ul>
    </Panel>
  );
}

const RecentRun = ({ run }: { run: RunSummary }) => (
  <li className="border-b border-line last:border-0">
    <Link href={`/runs/${run.id}`} prefetch={false} className="flex h-row items-center gap-3 px-3 hover:bg-hover focus-visible:outline-offset-[-2px]">
      <span className="w-28 shrink-0">
        <StatusBadge status={run.status} />
      </span>
      <bdi className="min-w-0 flex-1 truncate">{run.flow}</bdi>
      <span className="w-20 shrink-0 text-end text-ink-soft max-narrow:hidden">
        <Elapsed from={run.startedAt} to={run.endedAt} />
      </span>
      <RelativeTime at={run.startedAt} className="w-24 shrink-0 truncate text-end text-ink-soft" />
    </Link>
  </li>
);
