'use client';
// What waits for a person, from everywhere; how many on the bell.
import BellIcon from 'lucide-react/icons/bell';
import { useQuery } from '@tanstack/react-query';
import { useMay } from '../api/me.ts';
import { runsSummaryQuery } from '../api/runs.ts';
import { Popover, PopoverClose } from '../design/popover.tsx';
import { useText } from '../language/language.tsx';
import { WaitingList } from './waiting-list.tsx';

const MOST_WRITTEN = 99;

export function Bell() {
  const text = useText();
  const { data } = useQuery({ ...runsSummaryQuery, enabled: useMay('run.read') });
  const count = data?.people.runs ?? 0;
  return (
    <Popover label={text('frame.inbox')} className="w-96 max-w-[calc(100vw-1rem)]" button={<BellButton count={count} />}>
      <h2 className="border-b border-line px-3 py-2 font-semibold">{text('frame.inbox')}</h2>
      {count === 0 && <p className="px-3 py-8 text-center text-ink-soft">{text('frame.inboxEmpty')}</p>}
      <div className="max-h-96 overflow-y-auto">
        <WaitingList items={data?.people.items ?? []} wrap={(link) => <PopoverClose asChild>{link}</PopoverClose>} />
      </div>
    </Popover>
  );
}

function BellButton({ count, ...rest }: { count: number } & React.ComponentProps<'button'>) {
  const text = useText();
  return (
    <button
      type="button"
      {...rest}
      aria-label={count === 0 ? text('frame.inbox') : text('frame.inboxCount', { count })}
      className="relative inline-flex size-control items-center justify-center rounded-md text-ink-soft hover:bg-hover hover:text-ink data-[state=open]:bg-hover"
    >
      <BellIcon aria-hidden className="size-4" />
      {count > 0 && (
        <span
          aria-hidden
          className="absolute -end-0.5 -top-0.5 inline-flex h-3.5 min-w-3.5 items-center justify-center rounded-full bg-accent-fill px-1 text-[0.625rem] font-semibold leading-none text-accent-ink"
        >
          {count > MOST_WRITTEN ? `${MOST_WRITTEN}+` : count}
        </span>
      )}
    </button>
  );
}
