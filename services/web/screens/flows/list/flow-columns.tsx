'use client';
// The columns of the list of flows.
import CalendarClock from 'lucide-react/icons/calendar-clock';
import RadioTower from 'lucide-react/icons/radio-tower';
import { useMemo } from 'react';
import { Badge } from '../../../design/badge.tsx';
import { Elapsed } from '../../../design/duration.tsx';
import { RelativeTime } from '../../../design/relative-time.tsx';
import { StatusBadge } from '../../../design/status-badge.tsx';
import type { Column } from '../../../design/table.tsx';
import { plainText } from '../../../design/value-rows.ts';
import { useText } from '../../../language/language.tsx';
import { FlowMenu } from './flow-menu.tsx';
import type { FlowRow } from './flow-rows.ts';
import { HeldBadge } from './held-badge.tsx';

export function useFlowColumns(onRun: (flow: string) => void, onHold: (flow: string, hold: boolean) => void): readonly Column<FlowRow>[] {
  const text = useText();
  return useMemo<readonly Column<FlowRow>[]>(
    () => [
      { id: 'name', title: text('flows.column.name'), width: 'minmax(12rem, 2fr)', cell: (row) => <NameCell row={row} /> },
      { id: 'state', title: '', width: '7.5rem', wideOnly: true, cell: ({ halt }) => halt !== undefined && <HeldBadge halt={halt} /> },
      { id: 'last', title: text('flows.column.lastRun'), width: 'minmax(9rem, 15rem)', cell: (row) => <LastRunCell row={row} /> },
      { id: 'starts', title: text('flows.column.startsBy'), width: 'minmax(9rem, 1fr)', wideOnly: true, cell: (row) => <StartsCell row={row} /> },
      {
        id: 'version',
        title: text('flows.column.version'),
        width: '6rem',
        wideOnly: true,
        cell: ({ found }) => <bdi className="font-mono text-xs">{found.version}</bdi>,
      },
      {
        id: 'published',
        title: text('flows.column.published'),
        width: '8rem',
        align: 'end',
        wideOnly: true,
        cell: ({ found }) => <RelativeTime at={found.publishedAt} className="text-ink-soft" />,
      },
      {
        id: 'actions',
        title: <span className="sr-only">{text('flows.column.actions')}</span>,
        width: '2.25rem',
        align: 'end',
        cell: (row) => (
          <span className="relative z-1">
            <FlowMenu row={row} onRun={onRun} onHold={onHold} />
          </span>
        ),
      },
    ],
    [text, onRun, onHold],
  );
}

const NameCell = ({ row: { found } }: { row: FlowRow }) => (
  <span className="flex min-w-0 items-baseline gap-2">
    <span className="shrink-0 truncate">
      <bdi className="text-ink-faint">{found.namespace}/</bdi>
      <bdi className="font-medium">{found.name}</bdi>
    </span>
    {found.title !== undefined && (
      <bdi className="min-w-0 flex-1 truncate text-ink-soft [text-align:match-parent] max-narrow:hidden">{plainText(found.title)}</bdi>
    )}
  </span>
);

function LastRunCell({ row: { found } }: { row: FlowRow }) {
  const text = useText();
  if (found.lastRun === undefined) return <span className="text-ink-faint">{text('flows.never')}</span>;
  const { status, startedAt, endedAt } = found.lastRun;
  return (
    <span className="flex items-center gap-2">
      <StatusBadge status={status} />
      <RelativeTime at={startedAt} className="truncate text-ink-soft max-narrow:hidden" />
      <span className="ms-auto text-2xs text-ink-faint max-narrow:hidden">
        <Elapsed from={startedAt} to={endedAt} />
      </span>
    </span>
  );
}

function StartsCell({ row: { schedule } }: { row: FlowRow }) {
  const text = useText();
  if (schedule === undefined) return <span className="text-ink-faint">{text('flows.byHand')}</span>;
  const Icon = schedule.kind === 'on' ? RadioTower : CalendarClock;
  return (
    <span className="flex items-center gap-1.5">
      <Icon aria-hidden className="size-3.5 shrink-0 text-ink-faint" />
      <bdi title={schedule.schedule} className="truncate">
        {schedule.schedule}
      </bdi>
      {schedule.paused && <Badge tone="warn">{text('flows.schedulePaused')}</Badge>}
    </span>
  );
}
