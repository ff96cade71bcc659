'use client';
// How a line of the tree looks: an icon for what it is, a mark and a colour for how it stands.
import Ban from 'lucide-react/icons/ban';
import Box from 'lucide-react/icons/box';
import Check from 'lucide-react/icons/check';
import CircleAlert from 'lucide-react/icons/circle-alert';
import Ear from 'lucide-react/icons/ear';
import FileCode from 'lucide-react/icons/file-code';
import FileQuestion from 'lucide-react/icons/file-question-mark';
import GitFork from 'lucide-react/icons/git-fork';
import Globe from 'lucide-react/icons/globe';
import Hash from 'lucide-react/icons/hash';
import Hourglass from 'lucide-react/icons/hourglass';
import Layers from 'lucide-react/icons/layers';
import LifeBuoy from 'lucide-react/icons/life-buoy';
import ListTree from 'lucide-react/icons/list-tree';
import LoaderCircle from 'lucide-react/icons/loader-circle';
import PenLine from 'lucide-react/icons/pen-line';
import Plug from 'lucide-react/icons/plug';
import Repeat from 'lucide-react/icons/repeat';
import RotateCw from 'lucide-react/icons/rotate-cw';
import Send from 'lucide-react/icons/send';
import Shield from 'lucide-react/icons/shield';
import SkipForward from 'lucide-react/icons/skip-forward';
import Split from 'lucide-react/icons/split';
import SquareTerminal from 'lucide-react/icons/square-terminal';
import Timer from 'lucide-react/icons/timer';
import TriangleAlert from 'lucide-react/icons/triangle-alert';
import Workflow from 'lucide-react/icons/workflow';
import X from 'lucide-react/icons/x';
import type { LucideIcon } from 'lucide-react';
import type { Standing } from './standing.ts';
import type { NodeRole, StepNode } from './step-node.ts';
import { stepKind, type StepKind } from './step-words.ts';

const ICONS = {
  call: Plug,
  child: Workflow,
  container: Box,
  do: ListTree,
  emit: Send,
  for: Repeat,
  fork: GitFork,
  handler: LifeBuoy,
  http: Globe,
  lap: Hash,
  listen: Ear,
  map: Layers,
  raise: CircleAlert,
  retry: RotateCw,
  run: Workflow,
  script: FileCode,
  set: PenLine,
  shell: SquareTerminal,
  switch: Split,
  try: Shield,
  unknown: FileQuestion,
  wait: Timer,
} as const satisfies Readonly<Record<StepKind, LucideIcon>> & Readonly<Record<string, LucideIcon>>;
type IconName = keyof typeof ICONS;

const ROLE_ICONS: Readonly<Partial<Record<NodeRole, IconName>>> = { lap: 'lap', attempt: 'retry', handler: 'handler', child: 'child', run: 'run' };
const CALLS: readonly IconName[] = ['http', 'script', 'shell', 'container'];

function iconOf({ role, kind, effect }: StepNode): IconName {
  const byRole = ROLE_ICONS[role];
  if (byRole !== undefined) return byRole;
  if (kind === '') return 'unknown';
  return (kind === 'call' ? CALLS.find((name) => name === effect?.called) : undefined) ?? stepKind(kind);
}

/** What it is, by its shape. */
export function StepIcon({ node, className }: { node: StepNode; className: string }) {
  const icon = iconOf(node);
  const { [icon]: Icon } = ICONS;
  return <Icon aria-hidden className={`shrink-0 ${className}`} />;
}

export interface StandingLook {
  readonly Icon: LucideIcon;
  readonly ink: string;
  /** A colour of tokens.css for its bar. */
  readonly bar: string;
}

export const STANDINGS: Readonly<Record<Standing, StandingLook>> = {
  running: { Icon: LoaderCircle, ink: 'text-live', bar: 'var(--live-bar)' },
  waiting: { Icon: Hourglass, ink: 'text-wait', bar: 'var(--wait-bar)' },
  doubt: { Icon: TriangleAlert, ink: 'text-warn', bar: 'var(--warn-bar)' },
  done: { Icon: Check, ink: 'text-good', bar: 'var(--good-bar)' },
  failed: { Icon: X, ink: 'text-bad', bar: 'var(--bad-bar)' },
  caught: { Icon: LifeBuoy, ink: 'text-warn', bar: 'var(--warn-bar)' },
  cancelled: { Icon: Ban, ink: 'text-idle', bar: 'var(--idle-bar)' },
  skipped: { Icon: SkipForward, ink: 'text-idle', bar: 'var(--idle-bar)' },
};

/** Waits lie hatched over the bar. */
export const hatched = (colour: string): string =>
  `repeating-linear-gradient(-45deg, ${colour} 0 2px, color-mix(in oklab, ${colour} 28%, transparent) 2px 6px)`;
