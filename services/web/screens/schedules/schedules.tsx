'use client';
// Schedules in force: what starts runs by itself, when next, and what was missed. Filters and the one that is open stand in the address.
import CalendarClock from 'lucide-react/icons/calendar-clock';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { schedulesQuery } from '../../api/flows.ts';
import { useAddressState } from '../../design/address-state.ts';
import { EmptyState } from '../../design/empty-state.tsx';
import { FilterBar, type Filter } from '../../design/filter-bar.tsx';
import { ListState } from '../../design/list-state.tsx';
import { PageHeader } from '../../design/page-header.tsx';
import { Table } from '../../design/table.tsx';
import { useText, type Text } from '../../language/language.tsx';
import { useScheduleColumns } from './schedule-columns.tsx';
import { ScheduleDialog } from './schedule-dialog.tsx';
import { fits, zoneOfReader } from './times.ts';

const NAMES = ['flow', 'kind', 'state', 'open'] as const;
const KINDS = ['cron', 'every', 'after', 'on'] as const;
const STATES = ['active', 'paused', 'waiting'] as const;

export function Schedules() {
  const text = useText();
  const [state, change] = useAddressState(NAMES);
  const { data, error, refetch } = useQuery(schedulesQuery);
  const rows = useMemo(() => data?.filter((one) => fits(one, state)), [data, state]);
  const columns = useScheduleColumns();
  const filters = useMemo(() => filtersOf(text), [text]);
  const none = data?.length === 0;
  return (
    <>
      <PageHeader title={text('frame.place.schedules')} about={text('schedules.about', { zone: zoneOfReader() })}>
        {!none && <FilterBar state={state} onChange={change} filters={filters} />}
      </PageHeader>
      <ListState
        rows={rows}
        problem={error}
        onRetry={() => void refetch()}
        empty={
          <EmptyState icon={<CalendarClock aria-hidden />} title={text(none ? 'schedules.none' : 'schedules.noneFits')}>
            {none && text('schedules.noneHint')}
          </EmptyState>
        }
      >
        {(schedules) => (
          <Table
            main
            label={text('frame.place.schedules')}
            rows={schedules}
            columns={columns}
            rowKey={({ flow }) => flow}
            current={state.open}
            onOpen={({ flow }) => change({ open: flow }, true)}
          />
        )}
      </ListState>
      <ScheduleDialog found={data?.find(({ flow }) => flow === state.open)} onClose={() => change({ open: undefined })} />
    </>
  );
}

const filtersOf = (text: Text): readonly Filter<'flow' | 'kind' | 'state'>[] => [
  { kind: 'text', name: 'flow', label: text('schedules.flow') },
  { kind: 'choice', name: 'kind', label: text('schedules.kind'), options: KINDS.map((value) => ({ value, text: text(`schedules.kinds.${value}`) })) },
  { kind: 'choice', name: 'state', label: text('schedules.state'), options: STATES.map((value) => ({ value, text: text(`schedules.states.${value}`) })) },
];
