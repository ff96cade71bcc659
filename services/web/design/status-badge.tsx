'use client';
// Every state of a run, by shape, colour and word: who sees no colours, and who sees no shapes, reads the same.
import Ban from 'lucide-react/icons/ban';
import CircleCheck from 'lucide-react/icons/circle-check';
import CircleDashed from 'lucide-react/icons/circle-dashed';
import CirclePause from 'lucide-react/icons/circle-pause';
import CircleX from 'lucide-react/icons/circle-x';
import Hourglass from 'lucide-react/icons/hourglass';
import LoaderCircle from 'lucide-react/icons/loader-circle';
import OctagonAlert from 'lucide-react/icons/octagon-alert';
import type { LucideIcon } from 'lucide-react';
import type { RunStatus } from '@palace/flow/contract.ts';
import { useText } from '../language/language.tsx';
import { Badge, type Tone } from './badge.tsx';
import { classes } from './classes.ts';

export const STATUS_LOOKS: Readonly<Record<RunStatus, { readonly tone: Tone; readonly Icon: LucideIcon; readonly ink: string; readonly bar: string }>> = {
  pending: { tone: 'idle', Icon: CircleDashed, ink: 'text-idle', bar: '--idle-bar' },
  running: { tone: 'live', Icon: LoaderCircle, ink: 'text-live', bar: '--live-bar' },
  waiting: { tone: 'wait', Icon: Hourglass, ink: 'text-wait', bar: '--wait-bar' },
  paused: { tone: 'warn', Icon: CirclePause, ink: 'text-warn', bar: '--warn-bar' },
  completed: { tone: 'good', Icon: CircleCheck, ink: 'text-good', bar: '--good-bar' },
  failed: { tone: 'bad', Icon: CircleX, ink: 'text-bad', bar: '--bad-bar' },
  cancelled: { tone: 'idle', Icon: Ban, ink: 'text-idle', bar: '--line-strong' },
  quarantined: { tone: 'bad', Icon: OctagonAlert, ink: 'text-bad', bar: '--bad' },
};

/** In the order in which people look at them. */
export const STATUS_ORDER: readonly RunStatus[] = ['failed', 'quarantined', 'waiting', 'paused', 'running', 'pending', 'cancelled', 'completed'];

/** `still`: in a legend, where nothing is at work. */
export function StatusIcon({ status, className = 'size-3.5', still = false }: { status: RunStatus; className?: string; still?: boolean }) {
  const { Icon, ink } = STATUS_LOOKS[status];
  return <Icon aria-hidden className={classes(className, 'shrink-0', ink, status === 'running' && !still && 'animate-spin [animation-duration:2.4s]')} />;
}

export function StatusBadge({ status }: { status: RunStatus }) {
  const text = useText();
  return (
    <Badge tone={STATUS_LOOKS[status].tone} icon={<StatusIcon status={status} className="size-3" />}>
      {text(`design.status.${status}`)}
    </Badge>
  );
}
