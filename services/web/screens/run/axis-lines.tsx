'use client';
// Behind the bars: a line for each tick, times in which the run was paused or had ended, and now.
import { hatched } from './step-looks.tsx';
import type { Wait } from './step-node.ts';
import { shareOf, spanOf, ticks } from './time-scale.ts';
import type { SightControl } from './use-sight.ts';

export const MOST_TICKS = 7;

export function AxisLines({
  sight: { sight },
  startMs,
  nowMs,
  waits,
}: {
  sight: SightControl;
  startMs: number;
  nowMs: number | undefined;
  waits: readonly Wait[];
}) {
  const now = nowMs === undefined ? undefined : shareOf(sight, nowMs);
  return (
    <div aria-hidden className="pointer-events-none absolute inset-y-0 end-0 start-(--tree) overflow-hidden">
      {ticks(sight, startMs, MOST_TICKS).map((offset) => (
        <span key={offset} className="absolute inset-y-0 w-px bg-line opacity-70" style={{ insetInlineStart: `${shareOf(sight, startMs + offset) * 100}%` }} />
      ))}
      {waits.map((wait) => {
        const span = wait.kind === 'paused' ? spanOf(sight, wait.fromMs, wait.toMs ?? nowMs ?? wait.fromMs) : undefined;
        return span === undefined ? null : (
          <span
            key={wait.fromMs}
            className="absolute inset-y-0 opacity-20"
            style={{ insetInlineStart: `${span.start * 100}%`, width: `${span.width * 100}%`, background: hatched('var(--warn-bar)') }}
          />
        );
      })}
      {now !== undefined && now >= 0 && now <= 1 && <span className="absolute inset-y-0 w-px bg-live-bar" style={{ insetInlineStart: `${now * 100}%` }} />}
    </div>
  );
}
