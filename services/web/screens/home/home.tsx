'use client';
// Home: how it goes, what needs a person, what ran last; until it is done, the first steps.
import { useQuery } from '@tanstack/react-query';
import { useMay } from '../../api/me.ts';
import { runsSummaryQuery, type RunsSummary } from '../../api/runs.ts';
import { PageHeader } from '../../design/page-header.tsx';
import { ProblemView } from '../../design/problem-view.tsx';
import { Skeleton, SkeletonRows } from '../../design/skeleton.tsx';
import { StatusBars } from '../../design/status-bars.tsx';
import { WaitingList } from '../../frame/waiting-list.tsx';
import { useText } from '../../language/language.tsx';
import { FirstRun } from '../first-run/first-run.tsx';
import { Numbers } from './numbers.tsx';
import { Panel } from './panel.tsx';
import { RecentRuns } from './recent-runs.tsx';

const WAITING_SHOWN = 8;

export function Home() {
  const text = useText();
  const { data, error, refetch } = useQuery(runsSummaryQuery);
  return (
    <>
      <PageHeader title={text('frame.place.home')} />
      <div className="flex flex-col gap-3 px-4 pb-6">
        {useMay('run.start') && <FirstRun />}
        {data === undefined && error !== null ? <ProblemView problem={error} onRetry={() => void refetch()} /> : <HowItGoes summary={data} />}
        <div className="grid grid-cols-[minmax(0,3fr)_minmax(0,2fr)] items-start gap-3 max-[64rem]:grid-cols-1">
          <RecentRuns />
          <NeedsPeople summary={data} />
        </div>
      </div>
    </>
  );
}

function HowItGoes({ summary }: { summary: RunsSummary | undefined }) {
  const text = useText();
  return (
    <>
      <Numbers summary={summary} />
      <Panel title={text('home.overTime')}>
        <div className="px-3 py-2.5">
          {summary === undefined ? <Skeleton className="h-42 w-full" /> : <StatusBars label={text('home.overTime')} hours={summary.hours} />}
          {summary?.complete === false && <p className="mt-1 text-xs text-ink-faint">{text('home.notAll')}</p>}
        </div>
      </Panel>
    </>
  );
}

function NeedsPeople({ summary }: { summary: RunsSummary | undefined }) {
  const text = useText();
  return (
    <Panel title={text('home.attention')}>
      {summary === undefined && <SkeletonRows count={3} />}
      {summary?.people.items.length === 0 && <p className="px-3 py-8 text-center text-ink-soft">{text('home.attentionNone')}</p>}
      {summary !== undefined && <WaitingList items={summary.people.items.slice(0, WAITING_SHOWN)} />}
    </Panel>
  );
}
