'use client';
// Over the bars: the whole run small, in which a pointer draws what to look at, and the ticks. Keys do the same: + and -, 0, and Shift with
// the arrows (steps-toolbar.tsx).
import { useEffect, useRef, useState } from 'react';
import { useFormats, useText } from '../../language/language.tsx';
import { MOST_TICKS } from './axis-lines.tsx';
import { STANDINGS } from './step-looks.tsx';
import { standingOf } from './standing.ts';
import { chosenSight, momentAt, shareOf, ticks, type Sight } from './time-scale.ts';
import type { TreeRow } from './tree-rows.ts';
import type { SightControl } from './use-sight.ts';

interface AxisHeadProps {
  readonly rows: readonly TreeRow[];
  readonly sight: SightControl;
  readonly startMs: number;
  readonly nowMs: number;
  readonly version: number;
}

export function AxisHead({ rows, sight, startMs, nowMs, version }: AxisHeadProps) {
  const text = useText();
  const formats = useFormats();
  const axis = useRef<HTMLDivElement>(null);
  useWheel(axis, sight);
  return (
    <div className="grid shrink-0 grid-cols-[var(--tree)_minmax(0,1fr)] border-b border-line bg-panel text-2xs text-ink-faint">
      <span className="flex items-end border-e border-line px-2 pb-1">{text('run.step')}</span>
      <div ref={axis} className="relative min-w-0">
        <Overview rows={rows} sight={sight} nowMs={nowMs} version={version} />
        <div aria-hidden className="relative h-5 overflow-hidden">
          {ticks(sight.sight, startMs, MOST_TICKS).map((offset) => {
            const share = shareOf(sight.sight, startMs + offset);
            return share > 0.94 ? null : (
              <span key={offset} className="absolute top-0.5 ps-1 whitespace-nowrap" style={{ insetInlineStart: `${share * 100}%` }}>
                {formats.duration(offset)}
              </span>
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** The wheel over the axis zooms around the pointer; sideways it moves. */
function useWheel(axis: { readonly current: HTMLElement | null }, sight: SightControl): void {
  const latest = useRef(sight);
  useEffect(() => {
    latest.current = sight;
  });
  useEffect(() => {
    const element = axis.current;
    if (element === null) return undefined;
    const turn = (event: WheelEvent): void => {
      event.preventDefault();
      const box = element.getBoundingClientRect();
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) latest.current.move((event.deltaX || event.deltaY) / box.width);
      else latest.current.zoom(Math.exp(event.deltaY * 0.002), (event.clientX - box.left) / box.width);
    };
    element.addEventListener('wheel', turn, { passive: false });
    return () => element.removeEventListener('wheel', turn);
  }, [axis]);
}

const HEIGHT_PX = 28;

function Overview({ rows, sight, nowMs, version }: Omit<AxisHeadProps, 'startMs'>) {
  const { whole } = sight;
  const [drawn, setDrawn] = useState<Sight>();
  const begun = useRef<number>(undefined);
  const shown = drawn ?? (sight.isWhole ? undefined : sight.sight);
  const momentOf = (event: React.PointerEvent): number => {
    const box = event.currentTarget.getBoundingClientRect();
    return momentAt(whole, Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)));
  };
  const between = (event: React.PointerEvent): Sight | undefined =>
    begun.current === undefined ? undefined : chosenSight(whole, begun.current, momentOf(event));
  return (
    <div
      aria-hidden
      className="relative cursor-crosshair touch-none select-none border-b border-line"
      style={{ height: HEIGHT_PX }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        begun.current = momentOf(event);
      }}
      onPointerMove={(event) => setDrawn(between(event))}
      onPointerUp={(event) => {
        const next = between(event);
        begun.current = undefined;
        setDrawn(undefined);
        sight.show(next);
      }}
    >
      <Bars rows={rows} whole={whole} nowMs={nowMs} version={version} />
      {shown !== undefined && (
        <>
          <span className="absolute inset-y-0 start-0 bg-ground/75" style={{ width: `${shareOf(whole, shown.fromMs) * 100}%` }} />
          <span className="absolute inset-y-0 end-0 bg-ground/75" style={{ width: `${(1 - shareOf(whole, shown.toMs)) * 100}%` }} />
          <span
            className="absolute inset-y-0 border-x-2 border-accent"
            style={{
              insetInlineStart: `${shareOf(whole, shown.fromMs) * 100}%`,
              width: `${Math.max(0, shareOf(whole, shown.toMs) - shareOf(whole, shown.fromMs)) * 100}%`,
            }}
          />
        </>
      )}
    </div>
  );
}

/** All lines on a few pixels: drawn, not laid out, since there may be ten thousand. */
function Bars({ rows, whole, nowMs, version }: { rows: readonly TreeRow[]; whole: Sight; nowMs: number; version: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (element === null || context === null || context === undefined) return;
    const width = element.clientWidth;
    const scale = window.devicePixelRatio;
    element.width = width * scale;
    element.height = HEIGHT_PX * scale;
    context.scale(scale, scale);
    const lines = rows.filter(({ parent, node }) => !parent && node.end !== 'skipped');
    const each = Math.max(1, Math.min(4, (HEIGHT_PX - 4) / Math.max(1, lines.length)));
    const colours = new Map<string, string>();
    // A canvas knows no variables: the colour of the element does.
    const resolve = (bar: string): string => {
      element.style.color = bar;
      return getComputedStyle(element).color;
    };
    for (const [nth, { node }] of lines.entries()) {
      const { bar } = STANDINGS[standingOf(node)];
      const colour = colours.get(bar) ?? resolve(bar);
      colours.set(bar, colour);
      context.fillStyle = colour;
      const from = shareOf(whole, node.fromMs) * width;
      const top = lines.length * each <= HEIGHT_PX - 4 ? 2 + nth * each : 2 + (nth / lines.length) * (HEIGHT_PX - 5);
      context.fillRect(from, top, Math.max(2, shareOf(whole, node.toMs ?? nowMs) * width - from), Math.max(1.5, each - (each > 2 ? 1 : 0)));
    }
  }, [rows, whole, nowMs, version]);
  return <canvas ref={canvas} className="size-full" />;
}
