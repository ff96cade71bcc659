'use client';
// The edge between tree and axis; a pointer or the arrow keys move it. How it was left is kept in this browser.
import { useState, useSyncExternalStore } from 'react';
import { useText } from '../../language/language.tsx';

const STORED_AS = 'palace-run-tree';
const LEAST = 0.18;
const MOST = 0.8;
const FIRST = 0.42;
const STEP = 0.02;
const never = (): (() => void) => () => undefined;
const bounded = (share: number): number => Math.max(LEAST, Math.min(MOST, share));

export interface TreeWidth {
  readonly share: number;
  /** For a CSS grid. */
  readonly track: string;
  keep(share: number): void;
}

export function useTreeWidth(): TreeWidth {
  const kept = useSyncExternalStore(
    never,
    () => localStorage.getItem(STORED_AS),
    () => null,
  );
  const [movedTo, setMovedTo] = useState<number>();
  const found = Number(kept ?? Number.NaN);
  const share = bounded(movedTo ?? (Number.isFinite(found) ? found : FIRST));
  return {
    share,
    track: `${(share * 100).toFixed(2)}%`,
    keep(next) {
      setMovedTo(bounded(next));
      localStorage.setItem(STORED_AS, String(bounded(next)));
    },
  };
}

export function TreeEdge({ width }: { width: TreeWidth }) {
  const text = useText();
  return (
    <div
      // A separator that can be moved is a control (WAI-ARIA).
      role="separator"
      tabIndex={0}
      aria-label={text('design.resize')}
      aria-orientation="vertical"
      aria-valuenow={Math.round(width.share * 100)}
      aria-valuemin={LEAST * 100}
      aria-valuemax={MOST * 100}
      data-keys="own"
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        const edges = event.currentTarget.parentElement?.getBoundingClientRect();
        if (edges === undefined) return;
        const share = (event.clientX - edges.left) / edges.width;
        width.keep(getComputedStyle(event.currentTarget).direction === 'rtl' ? 1 - share : share);
      }}
      onDoubleClick={() => width.keep(FIRST)}
      onKeyDown={(event) => {
        const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        width.keep(width.share + step);
      }}
      style={{ insetInlineStart: `calc(${width.track} - 2px)` }}
      className="absolute bottom-0 top-9 z-2 w-1 cursor-col-resize touch-none hover:bg-accent focus-visible:bg-accent"
    />
  );
}
