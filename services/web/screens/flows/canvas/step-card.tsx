'use client';
// One step on the canvas: its kind and name, its settings, and what a run or a comparison says of it. All sizes are those of elk-graph.ts.
import ArrowUpDown from 'lucide-react/icons/arrow-up-down';
import Ban from 'lucide-react/icons/ban';
import Minus from 'lucide-react/icons/minus';
import Pencil from 'lucide-react/icons/pencil';
import Plus from 'lucide-react/icons/plus';
import type { LucideIcon } from 'lucide-react';
import { TONE_CLASSES, type Tone } from '../../../design/badge.tsx';
import { classes } from '../../../design/classes.ts';
import { STATUS_LOOKS, StatusIcon } from '../../../design/status-badge.tsx';
import { useText } from '../../../language/language.tsx';
import { HEAD_HEIGHT, LANE_HEAD_HEIGHT, ROW_HEIGHT } from './elk-graph.ts';
import type { LaneNode, Row, StepNode } from './flow-graph.ts';
import { STEP_ICONS } from './step-looks.tsx';
import type { StepChange, StepMark } from './step-mark.ts';

const MARK_EDGES: Readonly<Record<Tone, string>> = {
  good: 'border-good-bar',
  bad: 'border-bad-bar',
  warn: 'border-warn-bar',
  live: 'border-live-bar',
  wait: 'border-wait-bar',
  idle: 'border-idle-bar',
};
const CHANGES: Readonly<Record<StepChange, { readonly tone: Tone; readonly Icon: LucideIcon; readonly line: string }>> = {
  added: { tone: 'good', Icon: Plus, line: 'border-double border-3' },
  removed: { tone: 'bad', Icon: Minus, line: 'border-dashed border-2' },
  changed: { tone: 'warn', Icon: Pencil, line: 'border-2' },
  moved: { tone: 'live', Icon: ArrowUpDown, line: 'border-dotted border-2' },
};

export interface StepCardProps {
  readonly node: StepNode;
  readonly mark: StepMark | undefined;
  readonly change: StepChange | undefined;
  readonly selected: boolean;
}

export function StepCard({ node, mark, change, selected }: StepCardProps) {
  const Icon = STEP_ICONS[node.kind];
  const isFrame = node.type === 'frame';
  return (
    <div
      className={classes(
        'flex size-full cursor-pointer flex-col overflow-hidden rounded-lg border text-start transition-shadow duration-75',
        isFrame ? 'bg-ground/70' : 'bg-panel hover:border-edge',
        edgeOf(mark, change),
        selected && 'shadow-[0_0_0_2px_var(--focus)]',
        mark?.status === 'skipped' && 'opacity-60',
      )}
    >
      <div style={{ height: HEAD_HEIGHT }} className="flex shrink-0 items-center gap-2 px-2.5">
        <span className={classes('inline-flex size-5.5 shrink-0 items-center justify-center rounded-sm', kindTone(node))}>
          <Icon aria-hidden className="size-3.5" />
        </span>
        <span className="flex min-w-0 flex-1 flex-col">
          <bdi className="truncate text-xs font-semibold leading-4 text-ink [text-align:match-parent]">{node.name}</bdi>
          <bdi className="truncate font-mono text-2xs leading-3.5 text-ink-soft">{node.about}</bdi>
        </span>
        {mark !== undefined && <MarkSign mark={mark} />}
        {change !== undefined && <ChangeSign change={change} />}
      </div>
      <Rows rows={node.rows} />
    </div>
  );
}

function edgeOf(mark: StepMark | undefined, change: StepChange | undefined): string {
  if (change !== undefined) return `${CHANGES[change].line} ${MARK_EDGES[CHANGES[change].tone]}`;
  if (mark === undefined || mark.status === 'skipped') return 'border-line-strong';
  return MARK_EDGES[STATUS_LOOKS[mark.status].tone];
}

function kindTone({ kind }: StepNode): string {
  if (kind === 'raise') return TONE_CLASSES.bad;
  if (kind === 'wait' || kind === 'listen') return TONE_CLASSES.wait;
  if (kind === 'call' || kind === 'run' || kind === 'emit') return TONE_CLASSES.live;
  return TONE_CLASSES.idle;
}

function MarkSign({ mark: { status, note } }: { mark: StepMark }) {
  const text = useText();
  return (
    <span className="flex shrink-0 items-center gap-1 text-2xs text-ink-soft">
      {note !== undefined && <bdi>{note}</bdi>}
      {status === 'skipped' ? <Ban aria-hidden className="size-3.5" /> : <StatusIcon status={status} className="size-4" />}
      <span className="sr-only">{status === 'skipped' ? text('flows.canvas.skipped') : text(`design.status.${status}`)}</span>
    </span>
  );
}

function ChangeSign({ change }: { change: StepChange }) {
  const text = useText();
  const { tone, Icon } = CHANGES[change];
  return (
    <span className={classes('inline-flex h-4.5 shrink-0 items-center gap-0.5 rounded-sm px-1 text-2xs font-medium', TONE_CLASSES[tone])}>
      <Icon aria-hidden className="size-3" />
      {text(`flows.change.${change}`)}
    </span>
  );
}

function Rows({ rows }: { rows: readonly Row[] }) {
  if (rows.length === 0) return null;
  return (
    <div className="shrink-0 border-t border-line py-1">
      {rows.map(({ label, value }, i) => (
        <div key={`${i} ${label}`} style={{ height: ROW_HEIGHT }} className="flex items-center gap-2 px-2.5 text-2xs">
          <bdi className="max-w-20 shrink-0 truncate text-ink-faint">{label}</bdi>
          <bdi dir="ltr" title={value} className="min-w-0 flex-1 truncate font-mono text-ink">
            {value}
          </bdi>
        </div>
      ))}
    </div>
  );
}

export const LaneCard = ({ node }: { node: LaneNode }) => (
  <div className={classes('flex size-full flex-col rounded-md border border-dashed', node.isError ? 'border-bad-bar bg-bad-wash/40' : 'border-line-strong')}>
    <div
      style={{ height: LANE_HEAD_HEIGHT }}
      className={classes('flex shrink-0 items-center gap-1.5 px-2.5 font-mono text-2xs', node.isError ? 'text-bad' : 'text-ink-soft')}
    >
      {node.name}
    </div>
    <Rows rows={node.rows} />
  </div>
);
