'use client';
// The columns of the list of schedules.
import CircleCheck from 'lucide-react/icons/circle-check';
import CirclePause from 'lucide-react/icons/circle-pause';
import Hourglass from 'lucide-react/icons/hourglass';
import Link from 'next/link';
import { useMemo } from 'react';
import type { FlowSchedule } from '../../api/flows.ts';
import { Badge } from '../../design/badge.tsx';
import type { Column } from '../../design/column.ts';
import { RelativeTime } from '../../design/relative-time.tsx';
import { useFormats, useLanguage, useText } from '../../language/language.tsx';
import { stateOf, timeIn, zoneOf, type ScheduleState } from './times.ts';

export function useScheduleColumns(): readonly Column<FlowSchedule>[] {
  const text = useText();
  const formats = useFormats();
  return useMemo<readonly Column<FlowSchedule>[]>(
    () => [
      {
        id: 'flow',
        title: text('schedules.flow'),
        width: 'minmax(10rem, 1.2fr)',
        narrow: 'minmax(0, 1fr)',
        cell: ({ flow }) => <bdi className="font-medium">{flow}</bdi>,
      },
      { id: 'state', title: text('schedules.state'), width: '7.5rem', narrow: '6.5rem', cell: (one) => <StateBadge state={stateOf(one)} /> },
      {
        id: 'schedule',
        title: text('schedules.when'),
        width: 'minmax(9rem, 1fr)',
        wideOnly: true,
        cell: ({ schedule }) => <bdi className="text-ink-soft">{schedule}</bdi>,
      },
      { id: 'next', title: text('schedules.next'), width: '8rem', narrow: '6rem', cell: ({ next }) => next !== undefined && <RelativeTime at={next} /> },
      { id: 'zone', title: text('schedules.nextThere'), width: '13rem', wideOnly: true, cell: (one) => <NextThere one={one} /> },
      { id: 'last', title: text('schedules.last'), width: '8rem', wideOnly: true, cell: (one) => <Last one={one} /> },
      {
        id: 'missed',
        title: text('schedules.missed'),
        width: '5rem',
        align: 'end',
        cell: ({ missed }) => <span className={missed > 0 ? 'font-medium text-warn' : 'text-ink-faint'}>{formats.number(missed)}</span>,
      },
    ],
    [text, formats],
  );
}

const LOOKS = {
  active: { tone: 'good', Icon: CircleCheck },
  paused: { tone: 'warn', Icon: CirclePause },
  waiting: { tone: 'wait', Icon: Hourglass },
} as const;

export function StateBadge({ state }: { state: ScheduleState }) {
  const text = useText();
  const { tone, Icon } = LOOKS[state];
  return (
    <Badge tone={tone} icon={<Icon aria-hidden />}>
      {text(`schedules.states.${state}`)}
    </Badge>
  );
}

function NextThere({ one }: { one: FlowSchedule }) {
  const language = useLanguage();
  if (one.next === undefined) return null;
  return <span className="text-ink-soft">{timeIn(one.next, language, zoneOf(one))}</span>;
}

function Last({ one: { kind, last, lastRun } }: { one: FlowSchedule }) {
  const text = useText();
  // Of what events start one by one no last time is kept.
  if (last === undefined) return kind === 'on' ? null : <span className="text-ink-faint">{text('settings.never')}</span>;
  if (lastRun === undefined) return <RelativeTime at={last} className="text-ink-soft" />;
  return (
    <Link
      href={`/runs/${lastRun}`}
      prefetch={false}
      className="relative z-1 rounded-sm text-accent hover:underline"
      onClick={(event) => event.stopPropagation()}
    >
      <RelativeTime at={last} />
    </Link>
  );
}
