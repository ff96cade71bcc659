'use client';
// What waits for a person: runs that were set aside, and runs that wait for an answer. The number is on the bell.
import BellIcon from 'lucide-react/icons/bell';
import Link from 'next/link';
import { useQuery } from '@tanstack/react-query';
import { useMay } from '../api/me.ts';
import { newestRunsQuery, type RunSummary } from '../api/runs.ts';
import { Popover, PopoverClose } from '../design/popover.tsx';
import { RelativeTime } from '../design/relative-time.tsx';
import { StatusIcon } from '../design/status-badge.tsx';
import { useText } from '../language/language.tsx';

export function Bell() {
  const text = useText();
  return (
    <Popover
      label={text('frame.inbox')}
      className="w-96 max-w-[calc(100vw-1rem)]"
      button={
        <button
          type="button"
          aria-label={text('frame.inbox')}
          className="inline-flex size-control items-center justify-center rounded-md text-ink-soft hover:bg-hover hover:text-ink data-[state=open]:bg-hover"
        >
          <BellIcon aria-hidden className="size-4" />
        </button>
      }
    >
      <WaitingList />
    </Popover>
  );
}

function WaitingList() {
  const text = useText();
  const may = useMay('run.read');
  const { data = [] } = useQuery({ ...newestRunsQuery(20, { status: 'waiting' }), enabled: may });
  return (
    <>
      <h2 className="border-b border-line px-3 py-2 font-semibold">{text('frame.inbox')}</h2>
      {data.length === 0 ? (
        <p className="px-3 py-8 text-center text-ink-soft">{text('frame.inboxEmpty')}</p>
      ) : (
        <ul className="max-h-96 overflow-y-auto p-1">
          {data.map((run) => (
            <WaitingRow key={run.id} run={run} />
          ))}
        </ul>
      )}
    </>
  );
}

const WaitingRow = ({ run }: { run: RunSummary }) => (
  <li>
    <PopoverClose asChild>
      <Link href={`/runs/${run.id}`} className="flex min-h-8 items-center gap-2 rounded-sm px-2 py-1 hover:bg-hover">
        <StatusIcon status={run.status} />
        <bdi className="min-w-0 flex-1 truncate">{run.flow}</bdi>
        <RelativeTime at={run.startedAt} className="shrink-0 text-xs text-ink-soft" />
      </Link>
    </PopoverClose>
  </li>
);
