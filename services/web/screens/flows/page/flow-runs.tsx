'use client';
// The newest runs of one flow, on its page.
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useMemo } from 'react';
import { newestRunsQuery, type RunSummary } from '../../../api/runs.ts';
import { Elapsed } from '../../../design/duration.tsx';
import { EmptyState } from '../../../design/empty-state.tsx';
import { shortId } from '../../../design/id-text.tsx';
import { ProblemView } from '../../../design/problem-view.tsx';
import { RelativeTime } from '../../../design/relative-time.tsx';
import { SkeletonRows } from '../../../design/skeleton.tsx';
import { StatusBadge } from '../../../design/status-badge.tsx';
import { Table, type Column } from '../../../design/table.tsx';
import { useText } from '../../../language/language.tsx';

const SHOWN = 100;

/** The runs of a flow that started last; the rest is behind a link to the list of runs. */
export function FlowRuns({ flow }: { flow: string }) {
  const text = useText();
  const filter = useMemo(() => ({ flow }), [flow]);
  const { data, error, refetch } = useQuery(newestRunsQuery(SHOWN, filter));
  const columns = useMemo<readonly Column<RunSummary>[]>(
    () => [
      { id: 'id', title: text('flows.column.run'), width: '9rem', cell: ({ id }) => <code className="font-mono text-xs">{shortId(id)}</code> },
      { id: 'status', title: text('flows.state'), width: '9rem', cell: ({ status }) => <StatusBadge status={status} /> },
      {
        id: 'version',
        title: text('flows.column.version'),
        width: '7rem',
        wideOnly: true,
        cell: ({ version }) => <bdi className="font-mono text-xs">{version}</bdi>,
      },
      { id: 'environment', title: text('frame.environment'), width: '9rem', wideOnly: true, cell: ({ environment }) => <bdi>{environment}</bdi> },
      {
        id: 'by',
        title: text('flows.column.startedBy'),
        width: 'minmax(8rem, 1fr)',
        wideOnly: true,
        cell: ({ trigger }) => <bdi className="text-ink-soft">{trigger ?? text('flows.byHand')}</bdi>,
      },
      {
        id: 'took',
        title: text('flows.column.took'),
        width: '7rem',
        align: 'end',
        cell: ({ startedAt, endedAt }) => <Elapsed from={startedAt} to={endedAt} />,
      },
      {
        id: 'started',
        title: text('flows.column.started'),
        width: '9rem',
        align: 'end',
        cell: ({ startedAt }) => <RelativeTime at={startedAt} className="text-ink-soft" />,
      },
    ],
    [text],
  );
  if (data === undefined) return error === null ? <SkeletonRows /> : <ProblemView problem={error} onRetry={() => void refetch()} />;
  if (data.length === 0) return <EmptyState title={text('flows.noRuns')}>{text('flows.noRunsHint')}</EmptyState>;
  return (
    <>
      <Table main label={text('flows.tab.runs')} rows={data} columns={columns} rowKey={({ id }) => id} href={({ id }) => `/runs/${id}`} />
      <p className="shrink-0 border-t border-line px-4 py-2 text-xs">
        <Link href={`/runs?flow=${encodeURIComponent(flow)}`} className="rounded-sm text-accent hover:underline">
          {text('flows.allRuns')}
        </Link>
      </p>
    </>
  );
}
