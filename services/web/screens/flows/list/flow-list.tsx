'use client';
// All flows: what each did last, what starts it, whether it is held back. A thousand of them stay smooth: they are read page by page, all of
// them, and looked through here.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import Plus from 'lucide-react/icons/plus';
import Workflow from 'lucide-react/icons/workflow';
import { useRouter } from 'next/navigation';
import { useEffect, useMemo, useState } from 'react';
import { flowsQuery, haltsQuery, schedulesQuery } from '../../../api/flows.ts';
import { useMay } from '../../../api/me.ts';
import { useAddressState } from '../../../design/address-state.ts';
import { ButtonLink } from '../../../design/button.tsx';
import { EmptyState } from '../../../design/empty-state.tsx';
import { FilterBar, type Filter } from '../../../design/filter-bar.tsx';
import { PageHeader } from '../../../design/page-header.tsx';
import { ProblemView } from '../../../design/problem-view.tsx';
import { SkeletonRows } from '../../../design/skeleton.tsx';
import { Table } from '../../../design/table.tsx';
import { useText } from '../../../language/language.tsx';
import { useCommands } from '../../../palette/commands.tsx';
import { RunDialog } from '../run-flow/run-dialog.tsx';
import { useFlowColumns } from './flow-columns.tsx';
import { fittingRows, flowRows, SHOWN_STATES, type FlowRow } from './flow-rows.ts';
import { useHold } from './hold-flow.ts';

const FILTERS = ['q', 'state'] as const;
const NONE: readonly never[] = [];

export function FlowList() {
  const text = useText();
  const mayWrite = useMay('flow.write');
  const [filter, setFilter] = useAddressState(FILTERS);
  const { rows, error, refetch } = useFlowRows();
  const [running, setRunning] = useState<string>();
  const columns = useFlowColumns(setRunning, useHold());
  const shown = useMemo(() => (rows === undefined ? NONE : fittingRows(rows, filter)), [rows, filter]);
  const filters = useMemo<readonly Filter<(typeof FILTERS)[number]>[]>(
    () => [
      { kind: 'text', name: 'q', label: text('flows.find') },
      { kind: 'choice', name: 'state', label: text('flows.state'), options: SHOWN_STATES.map((value) => ({ value, text: text(`flows.states.${value}`) })) },
    ],
    [text],
  );
  useListCommands(mayWrite);
  const [namespace = '', name = ''] = (running ?? '').split('/');
  return (
    <>
      <PageHeader title={text('frame.place.flows')} actions={mayWrite && <NewFlow />}>
        <FilterBar filters={filters} state={filter} onChange={setFilter}>
          {rows !== undefined && <span className="text-xs text-ink-soft">{text('flows.count', { count: shown.length })}</span>}
        </FilterBar>
      </PageHeader>
      {rows === undefined && error !== null && <ProblemView problem={error} onRetry={refetch} />}
      {rows === undefined && error === null && <SkeletonRows count={12} />}
      {rows?.length === 0 && (
        <EmptyState icon={<Workflow aria-hidden />} title={text('flows.none')} action={mayWrite && <NewFlow />}>
          {text('flows.noneHint')}
        </EmptyState>
      )}
      {rows !== undefined && rows.length > 0 && shown.length === 0 && <EmptyState title={text('flows.noneFits')} />}
      {shown.length > 0 && <Table main label={text('frame.place.flows')} rows={shown} columns={columns} rowKey={keyOf} href={hrefOf} />}
      {running !== undefined && <RunDialog namespace={namespace} name={name} onClose={() => setRunning(undefined)} />}
    </>
  );
}

const keyOf = ({ flow }: FlowRow): string => flow;
const hrefOf = ({ flow }: FlowRow): string => `/flows/${flow}`;

function NewFlow() {
  const text = useText();
  return (
    <ButtonLink tone="primary" href="/flows/new" icon={<Plus aria-hidden className="size-3.5" />}>
      {text('flows.new')}
    </ButtonLink>
  );
}

function useFlowRows(): { readonly rows: readonly FlowRow[] | undefined; readonly error: Error | null; refetch(): void } {
  const { data, error, refetch, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery(flowsQuery);
  const schedules = useQuery(schedulesQuery).data;
  const halts = useQuery({ ...haltsQuery, enabled: useMay('run.read') }).data;
  useEffect(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  const rows = useMemo(
    () =>
      data === undefined
        ? undefined
        : flowRows(
            data.pages.flatMap(({ items }) => items),
            schedules ?? NONE,
            halts ?? NONE,
          ),
    [data, schedules, halts],
  );
  return { rows, error, refetch: () => void refetch() };
}

function useListCommands(mayWrite: boolean): void {
  const text = useText();
  const router = useRouter();
  const commands = useMemo(
    () =>
      mayWrite
        ? [{ id: 'new flow', title: text('flows.new'), group: text('frame.place.flows'), keys: 'n', Icon: Plus, run: () => router.push('/flows/new') }]
        : [],
    [text, router, mayWrite],
  );
  useCommands(commands);
}
