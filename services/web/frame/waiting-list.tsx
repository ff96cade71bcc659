'use client';
// What waits for a person: answers that a run asks for, acts that may have happened or not, runs that were set aside. On home and behind the bell.
import CircleHelp from 'lucide-react/icons/circle-question-mark';
import MessageCircleQuestion from 'lucide-react/icons/message-circle-question-mark';
import OctagonAlert from 'lucide-react/icons/octagon-alert';
import type { LucideIcon } from 'lucide-react';
import Link from 'next/link';
import type { ReactNode } from 'react';
import type { RunsSummary } from '../api/runs.ts';
import { RelativeTime } from '../design/relative-time.tsx';
import { useText } from '../language/language.tsx';

type Item = RunsSummary['people']['items'][number];

const LOOKS: Readonly<Record<Item['kind'], { readonly Icon: LucideIcon; readonly ink: string }>> = {
  signal: { Icon: MessageCircleQuestion, ink: 'text-wait' },
  'in-doubt': { Icon: CircleHelp, ink: 'text-warn' },
  quarantined: { Icon: OctagonAlert, ink: 'text-bad' },
};

/** `wrap`: around each link, e.g. what closes a popover. */
export function WaitingList({ items, wrap = (link) => link }: { items: readonly Item[]; wrap?: (link: ReactNode) => ReactNode }) {
  return (
    <ul>
      {items.map((item) => (
        <li key={item.run} className="border-b border-line last:border-0">
          {wrap(<WaitingLink item={item} />)}
        </li>
      ))}
    </ul>
  );
}

function WaitingLink({ item: { run, flow, kind, name, since }, ...rest }: { item: Item }) {
  const text = useText();
  const { Icon, ink } = LOOKS[kind];
  return (
    <Link
      href={`/runs/${run}`}
      prefetch={false}
      {...rest}
      className="flex min-h-10 items-center gap-2.5 px-3 py-1 hover:bg-hover focus-visible:outline-offset-[-2px]"
    >
      <Icon aria-hidden className={`size-4 shrink-0 ${ink}`} />
      <span className="min-w-0 flex-1">
        <span className="foreign block truncate">
          {kind === 'signal' && name !== undefined ? text('home.waits.signal', { name }) : text(`home.waits.${kind === 'signal' ? 'answer' : kind}`)}
        </span>
        <bdi className="block truncate text-xs text-ink-soft">{flow}</bdi>
      </span>
      <RelativeTime at={since} className="shrink-0 text-xs text-ink-soft" />
    </Link>
  );
}
