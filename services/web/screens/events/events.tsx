'use client';
// Events: what came from outside and what runs said, newest first and live. Filters and the one that is open stand in the address.
import RadioTower from 'lucide-react/icons/radio-tower';
import Send from 'lucide-react/icons/send';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { allItems } from '../../api/all-items.ts';
import { eventsQuery, type EventSummary } from '../../api/events.ts';
import { useMay } from '../../api/me.ts';
import { useAddressState } from '../../design/address-state.ts';
import type { Column } from '../../design/column.ts';
import { EmptyState } from '../../design/empty-state.tsx';
import { FilterBar } from '../../design/filter-bar.tsx';
import { ListState } from '../../design/list-state.tsx';
import { PageHeader } from '../../design/page-header.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { Table } from '../../design/table.tsx';
import { useText, type Text } from '../../language/language.tsx';
import { useMainAction } from '../../palette/main-action.tsx';
import { EmitDialog } from './emit-dialog.tsx';
import { EventDialog } from './event-dialog.tsx';

const NAMES = ['type', 'source', 'open'] as const;

export function Events() {
  const text = useText();
  const may = useMay('event.publish');
  const [state, change] = useAddressState(NAMES);
  const { type, source, open } = state;
  const [emitting, setEmitting] = useState(false);
  const filter = useMemo(() => ({ ...(type !== undefined && { type }), ...(source !== undefined && { source }) }), [type, source]);
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetching } = useInfiniteQuery(eventsQuery(filter));
  const columns = useMemo(() => columnsOf(text), [text]);
  const emit = useMainAction({
    may,
    id: 'events.emit',
    title: text('events.emit'),
    group: text('frame.place.events'),
    Icon: Send,
    run: () => setEmitting(true),
  });
  const filtered = type !== undefined || source !== undefined;
  return (
    <>
      <PageHeader title={text('frame.place.events')} about={text('events.about')} actions={emit}>
        <FilterBar
          state={state}
          onChange={change}
          filters={[
            { kind: 'text', name: 'type', label: text('events.type') },
            { kind: 'text', name: 'source', label: text('events.source') },
          ]}
        />
      </PageHeader>
      <ListState
        rows={allItems(data)}
        problem={error}
        onRetry={() => void refetch()}
        empty={
          <EmptyState icon={<RadioTower aria-hidden />} title={text(filtered ? 'events.noneFits' : 'events.none')} action={!filtered && emit}>
            {text(filtered ? 'events.noneFitsHint' : 'events.noneHint')}
          </EmptyState>
        }
      >
        {(events) => (
          <Table
            main
            label={text('frame.place.events')}
            rows={events}
            columns={columns}
            rowKey={({ position }) => position}
            current={open}
            onOpen={({ position }) => change({ open: position }, true)}
            onEnd={() => {
              if (hasNextPage && !isFetching) void fetchNextPage();
            }}
          />
        )}
      </ListState>
      {open !== undefined && /^[1-9]\d{0,18}$/.test(open) && <EventDialog position={open} onClose={() => change({ open: undefined })} />}
      {emitting && <EmitDialog onClose={() => setEmitting(false)} />}
    </>
  );
}

const columnsOf = (text: Text): readonly Column<EventSummary>[] => [
  { id: 'type', title: text('events.type'), width: 'minmax(11rem, 1.4fr)', cell: ({ type }) => <bdi className="font-medium">{type}</bdi> },
  { id: 'subject', title: text('events.subject'), width: 'minmax(8rem, 1fr)', wideOnly: true, cell: ({ subject }) => <bdi>{subject ?? ''}</bdi> },
  { id: 'source', title: text('events.source'), width: 'minmax(8rem, 1.2fr)', cell: ({ source }) => <bdi className="text-ink-soft">{source}</bdi> },
  { id: 'id', title: 'ID', width: 'minmax(8rem, 1fr)', wideOnly: true, cell: ({ id }) => <bdi className="font-mono text-xs text-ink-soft">{id}</bdi> },
  {
    id: 'from',
    title: text('events.from'),
    width: '6.5rem',
    wideOnly: true,
    cell: ({ run }) => <span className="text-ink-soft">{text(run === undefined ? 'events.outside' : 'events.aRun')}</span>,
  },
  {
    id: 'at',
    title: text('events.received'),
    width: '8rem',
    align: 'end',
    cell: ({ receivedAt }) => <RelativeTime at={receivedAt} className="text-ink-soft" />,
  },
];
