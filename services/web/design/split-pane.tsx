'use client';
// Two panes with an edge between them that a pointer or the arrow keys move. How it was left is kept in this browser.
import { useRef, useState, useSyncExternalStore, type ReactNode } from 'react';
import { useText } from '../language/language.tsx';
import { classes } from './classes.ts';

export interface SplitPaneProps {
  /** Under which name its size is kept. */
  readonly name: string;
  readonly direction?: 'row' | 'column';
  /** The share of the first pane, 0 to 1, until somebody moves the edge. */
  readonly share?: number;
  readonly first: ReactNode;
  readonly second: ReactNode;
  readonly className?: string;
}

const STEP = 0.02;
const LEAST = 0.12;
const MOST = 0.88;
const never = (): (() => void) => () => undefined;
const bounded = (share: number): number => Math.max(LEAST, Math.min(MOST, share));

export function SplitPane({ name, direction = 'row', share = 0.5, first, second, className }: SplitPaneProps) {
  const text = useText();
  const box = useRef<HTMLDivElement>(null);
  const kept = useSyncExternalStore(
    never,
    () => localStorage.getItem(`palace-split-${name}`),
    () => null,
  );
  const [moved, setMoved] = useState<number>();
  const size = bounded(moved ?? (kept === null ? share : Number(kept)));
  const keep = (next: number): void => {
    setMoved(bounded(next));
    localStorage.setItem(`palace-split-${name}`, String(bounded(next)));
  };
  const row = direction === 'row';
  const toPointer = (event: React.PointerEvent): void => {
    const edges = box.current?.getBoundingClientRect();
    if (edges === undefined) return;
    const fromStart = row ? (event.clientX - edges.left) / edges.width : (event.clientY - edges.top) / edges.height;
    keep(row && getComputedStyle(event.currentTarget).direction === 'rtl' ? 1 - fromStart : fromStart);
  };
  return (
    <div ref={box} className={classes('flex min-h-0 min-w-0 flex-1', !row && 'flex-col', className)}>
      <div style={{ flexBasis: `${size * 100}%` }} className="flex min-h-0 min-w-0 shrink-0 grow-0 flex-col overflow-hidden">
        {first}
      </div>
      <div
        // A separator that can be moved is a control (WAI-ARIA).
        role="separator"
        tabIndex={0}
        aria-label={text('design.resize')}
        aria-orientation={row ? 'vertical' : 'horizontal'}
        aria-valuenow={Math.round(size * 100)}
        aria-valuemin={LEAST * 100}
        aria-valuemax={MOST * 100}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={(event) => {
          if (event.currentTarget.hasPointerCapture(event.pointerId)) toPointer(event);
        }}
        onDoubleClick={() => keep(share)}
        onKeyDown={(event) => {
          const step = { ArrowLeft: -STEP, ArrowUp: -STEP, ArrowRight: STEP, ArrowDown: STEP }[event.key];
          if (step === undefined) return;
          event.preventDefault();
          keep(size + step);
        }}
        className={classes(
          'relative z-1 shrink-0 touch-none bg-line transition-colors hover:bg-accent focus-visible:bg-accent after:absolute after:content-[""]',
          row ? 'w-px cursor-col-resize after:inset-y-0 after:-inset-x-1' : 'h-px cursor-row-resize after:inset-x-0 after:-inset-y-1',
        )}
      />
      <div className="flex min-h-0 min-w-0 flex-1 flex-col overflow-hidden">{second}</div>
    </div>
  );
}
