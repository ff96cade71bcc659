'use client';
// The columns of the list of runs.
import CalendarClock from 'lucide-react/icons/calendar-clock';
import CornerDownRight from 'lucide-react/icons/corner-down-right';
import GitFork from 'lucide-react/icons/git-fork';
import RadioTower from 'lucide-react/icons/radio-tower';
import UserRound from 'lucide-react/icons/user-round';
import Webhook from 'lucide-react/icons/webhook';
import { useMemo } from 'react';
import type { ListedRun } from '../../api/runs.ts';
import { Elapsed } from '../../design/duration.tsx';
import { IdText } from '../../design/id-text.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { StatusBadge } from '../../design/status-badge.tsx';
import type { Column } from '../../design/table.tsx';
import { plainText } from '../../design/value-rows.ts';
import { useText } from '../../language/language.tsx';

export function useRunColumns(): readonly Column<ListedRun>[] {
  const text = useText();
  return useMemo(
    () => [
      { id: 'status', title: text('runs.column.status'), width: '8.5rem', narrow: '7rem', cell: ({ status }) => <StatusBadge status={status} /> },
      { id: 'flow', title: text('runs.column.flow'), width: 'minmax(10rem,1.6fr)', narrow: 'minmax(0,1fr)', cell: (run) => <FlowName run={run} /> },
      { id: 'waits', title: text('runs.column.waitsFor'), width: 'minmax(6rem,1fr)', wideOnly: true, cell: (run) => <WaitsFor run={run} /> },
      { id: 'origin', title: text('runs.column.origin'), width: 'minmax(6rem,0.8fr)', wideOnly: true, cell: (run) => <Origin run={run} /> },
      {
        id: 'started',
        title: text('runs.column.started'),
        width: '7.5rem',
        narrow: '6rem',
        align: 'end',
        cell: ({ startedAt }) => <RelativeTime at={startedAt} className="text-ink-soft" />,
      },
      {
        id: 'duration',
        title: text('runs.column.duration'),
        width: '6rem',
        align: 'end',
        wideOnly: true,
        cell: ({ startedAt, endedAt }) => <Elapsed from={startedAt} to={endedAt} />,
      },
      {
        id: 'id',
        title: text('runs.column.id'),
        width: '9.5rem',
        align: 'end',
        wideOnly: true,
        cell: ({ id }) => (
          <span className="relative z-1">
            <IdText id={id} short />
          </span>
        ),
      },
    ],
    [text],
  );
}

const FlowName = ({ run: { flow, version, environment } }: { run: ListedRun }) => (
  <span className="flex min-w-0 items-baseline gap-1.5">
    <bdi className="truncate font-medium">{flow}</bdi>
    <bdi className="shrink-0 text-2xs text-ink-faint">@{version}</bdi>
    {environment !== 'default' && <bdi className="shrink-0 rounded-sm border border-line px-1 text-2xs text-ink-soft">{environment}</bdi>}
  </span>
);

function WaitsFor({ run: { status, waitsFor = [] } }: { run: ListedRun }) {
  const text = useText();
  const [first] = waitsFor;
  if (status === 'pending') return <span className="text-ink-soft">{text('runs.waits.place')}</span>;
  if (status === 'paused') return <span className="text-ink-soft">{text('runs.waits.resume')}</span>;
  if (first === undefined) return status === 'waiting' ? <span className="text-ink-faint">{text('runs.waits.time')}</span> : null;
  const told = first.kind === 'in-doubt' ? text('runs.waits.in-doubt') : text(`runs.waits.${first.kind}`, { name: plainText(first.name) });
  return (
    <span className={first.kind === 'in-doubt' ? 'text-warn' : 'text-wait'}>
      <bdi>{told}</bdi>
      {waitsFor.length > 1 && ` +${waitsFor.length - 1}`}
    </span>
  );
}

const TRIGGERS = { schedule: CalendarClock, after: CornerDownRight, event: RadioTower, webhook: Webhook } as const;
type TriggerKind = keyof typeof TRIGGERS;
const isTrigger = (word: string): word is TriggerKind => Object.hasOwn(TRIGGERS, word);

function Origin({ run: { trigger, parent, forkOf } }: { run: ListedRun }) {
  const text = useText();
  const word = trigger?.split('/', 1)[0] ?? '';
  const kind = forkOf !== undefined ? 'fork' : parent !== undefined ? 'parent' : isTrigger(word) ? word : 'request';
  const Icon = kind === 'fork' ? GitFork : kind === 'parent' ? CornerDownRight : kind === 'request' ? UserRound : TRIGGERS[kind];
  return (
    <span className="flex min-w-0 items-center gap-1.5 text-ink-soft" title={trigger ?? forkOf ?? parent}>
      <Icon aria-hidden className="size-3.5 shrink-0 text-ink-faint" />
      <span className="truncate">{text(`runs.origins.${kind}`)}</span>
    </span>
  );
}
