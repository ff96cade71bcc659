'use client';
// One line: what it is in the tree, and when it was on the axis.
import ChevronRight from 'lucide-react/icons/chevron-right';
import { memo } from 'react';
import { Badge, type Tone } from '../../design/badge.tsx';
import { classes } from '../../design/classes.ts';
import { plainText } from '../../design/value-rows.ts';
import { useFormats, useText, type Text } from '../../language/language.tsx';
import { StepBars } from './step-bars.tsx';
import { StepIcon, STANDINGS } from './step-looks.tsx';
import { standingOf } from './standing.ts';
import type { Effect, StepNode } from './step-node.ts';
import type { Sight } from './time-scale.ts';
import type { TreeRow } from './tree-rows.ts';

export interface StepRowProps {
  readonly id: string;
  readonly row: TreeRow;
  readonly index: number;
  readonly top: number;
  readonly selected: boolean;
  readonly sight: Sight;
  readonly nowMs: number;
  /** The node changes in place: a new number draws it anew. */
  readonly version: number;
  readonly runName: string;
}

export const StepRow = memo(function StepRow({ id, row, top, index, selected, sight, nowMs, runName }: StepRowProps) {
  const text = useText();
  const { node, level, open, parent } = row;
  const standing = standingOf(node);
  const look = STANDINGS[standing];
  return (
    // Keyboard and pointer are the tree's (steps-view.tsx).
    <div
      id={id}
      role="treeitem"
      aria-level={level + 1}
      aria-expanded={parent ? open : undefined}
      aria-selected={selected}
      style={{ top }}
      data-row={index}
      className={classes(
        'absolute inset-x-0 grid h-row contain-strict cursor-default grid-cols-[var(--tree)_minmax(0,1fr)] items-center',
        selected ? 'bg-selected group-focus-visible/steps:shadow-[inset_2px_0_0_var(--focus)]' : 'hover:bg-hover',
        node.past && 'opacity-60',
      )}
    >
      <div className="flex h-full min-w-0 items-center gap-1.5 border-e border-line pe-2" style={{ paddingInlineStart: `${level * 0.875 + 0.375}rem` }}>
        <span className="size-3.5 shrink-0">
          {parent && (
            <ChevronRight
              aria-hidden
              data-turns
              className={classes('size-3.5 rounded-sm text-ink-faint hover:bg-line hover:text-ink rtl:-scale-x-100', open && 'rotate-90')}
            />
          )}
        </span>
        <StepIcon
          node={node}
          className={classes('size-3.5', standing === 'done' || standing === 'cancelled' || standing === 'skipped' ? 'text-ink-faint' : look.ink)}
        />
        <bdi className={classes('min-w-8 truncate', node.end === 'skipped' && 'text-ink-faint', node.role === 'run' && 'font-medium')}>
          {nameOf(node, text, runName)}
        </bdi>
        <Chips node={node} />
        <span className="ms-auto flex shrink-0 items-center">
          <look.Icon
            aria-hidden
            className={classes('size-3.5', look.ink, standing === 'running' && 'animate-spin [animation-duration:2.4s]', standing === 'done' && 'opacity-70')}
          />
          <span className="sr-only">{text(`run.standing.${standing}`)}</span>
        </span>
      </div>
      <StepBars node={node} sight={sight} nowMs={nowMs} scope={parent} />
    </div>
  );
});

/** A lap, an attempt and a handler have a number or a word instead of a name. */
export function nameOf(node: StepNode, text: Text, runName: string): string {
  if (node.role === 'run') return runName;
  if (node.role === 'lap') return text('run.lap', { number: node.number ?? 0 });
  if (node.role === 'attempt') return text('run.attempt', { number: node.number ?? 0 });
  if (node.role === 'handler') return text('run.handler');
  if (node.role === 'child') return text('run.item', { number: node.number ?? 0 });
  return node.name === '' ? text('run.unnamed') : plainText(node.name);
}

function Chips({ node }: { node: StepNode }) {
  const text = useText();
  const formats = useFormats();
  const { attempts, items, laps, chosen, effect, role, kind, past, handled } = node;
  return (
    <span className="flex min-w-0 shrink items-center gap-1 overflow-hidden">
      {attempts.length > 1 && role === 'step' && <Chip tone="warn">{text('run.chip.attempts', { count: attempts.length })}</Chip>}
      {items !== undefined && <Chip>{text('run.chip.items', { done: formats.number(Math.min(laps, items)), all: formats.number(items) })}</Chip>}
      {chosen !== undefined && <Chip>→ {chosen === null ? text('run.chip.otherwise') : plainText(chosen)}</Chip>}
      {effect !== undefined && kind === 'call' && <EffectBadge effect={effect} />}
      {handled !== undefined && <Chip tone="warn">{text('run.chip.handled')}</Chip>}
      {past && <Chip>{text('run.chip.past')}</Chip>}
    </span>
  );
}

const Chip = ({ tone = 'idle', children }: { tone?: Tone; children: React.ReactNode }) => (
  <span className="min-w-0 shrink-0 origin-left [&>span]:h-4 [&>span]:px-1 [&>span]:text-2xs">
    <Badge tone={tone}>{children}</Badge>
  </span>
);

/** Only what somebody may have to care about: reads leave no trace outside. */
export function EffectBadge({ effect, all = false }: { effect: Effect; all?: boolean }) {
  const text = useText();
  const guarded = effect.class === 'unique' || effect.class === 'irreversible';
  if (effect.state === 'in-doubt' || effect.state === 'verifying' || effect.state === 'abandoned')
    return <Chip tone="warn">{text(`run.effect.${effect.state}`)}</Chip>;
  if (effect.how === 'ledger' || effect.how === 'dry') return <Chip tone="wait">{text(`run.how.${effect.how}`)}</Chip>;
  if (effect.state === 'confirmed' && guarded) return <Chip tone="good">{text(effect.how === 'resolved' ? 'run.how.resolved' : 'run.effect.confirmed')}</Chip>;
  return all ? <Chip>{text(`run.effect.${effect.state}`)}</Chip> : null;
}
