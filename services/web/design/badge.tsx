import type { ReactNode } from 'react';
import { classes } from './classes.ts';

export type Tone = 'good' | 'bad' | 'warn' | 'live' | 'wait' | 'idle';

export const TONE_CLASSES: Readonly<Record<Tone, string>> = {
  good: 'bg-good-wash text-good',
  bad: 'bg-bad-wash text-bad',
  warn: 'bg-warn-wash text-warn',
  live: 'bg-live-wash text-live',
  wait: 'bg-wait-wash text-wait',
  idle: 'bg-idle-wash text-idle',
};

/** A short word about a thing. An icon stands beside what the colour says. */
export const Badge = ({ tone = 'idle', icon, children }: { tone?: Tone; icon?: ReactNode; children: ReactNode }) => (
  <span className={classes('inline-flex h-5 max-w-full items-center gap-1 whitespace-nowrap rounded-sm px-1.5 text-xs font-medium', TONE_CLASSES[tone])}>
    {icon !== undefined && <span className="inline-flex shrink-0 [&>svg]:size-3">{icon}</span>}
    <span className="truncate">{children}</span>
  </span>
);
