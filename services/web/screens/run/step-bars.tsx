'use client';
// When it was: the bar at its true place, waits hatched, attempts one after the other; its length in words beside it.
import { useFormats } from '../../language/language.tsx';
import { hatched, STANDINGS } from './step-looks.tsx';
import { standingOf } from './standing.ts';
import type { StepNode, Wait } from './step-node.ts';
import { spanOf, type Sight } from './time-scale.ts';

interface BarsProps {
  readonly node: StepNode;
  readonly sight: Sight;
  readonly nowMs: number;
  /** Something stands inside of it: a thinner bar around what is below. */
  readonly scope: boolean;
}

export function StepBars({ node, sight, nowMs, scope }: BarsProps) {
  const endMs = node.toMs ?? nowMs;
  const span = spanOf(sight, node.fromMs, endMs);
  return (
    <div className="relative h-full min-w-0 overflow-hidden">
      {span !== undefined && (
        <>
          <Base node={node} sight={sight} endMs={endMs} scope={scope} />
          {node.attempts.length > 1 && !scope && <Attempts node={node} sight={sight} nowMs={nowMs} />}
          {node.waits.map((wait) => (
            <WaitBar key={`${wait.kind} ${wait.fromMs}`} wait={wait} sight={sight} nowMs={nowMs} scope={scope} />
          ))}
          <Length start={span.start} width={span.width} ms={endMs - node.fromMs} skipped={node.end === 'skipped'} />
        </>
      )}
    </div>
  );
}

const percent = (share: number): string => `${(share * 100).toFixed(3)}%`;

function Piece({ sight, fromMs, toMs, background, className }: { sight: Sight; fromMs: number; toMs: number; background: string; className: string }) {
  const span = spanOf(sight, fromMs, toMs);
  if (span === undefined) return null;
  return (
    <span
      aria-hidden
      className={`absolute top-1/2 min-w-[3px] -translate-y-1/2 rounded-[2px] ${className}`}
      style={{ insetInlineStart: `min(${percent(span.start)}, 100% - 3px)`, width: percent(span.width), background }}
    />
  );
}

function Base({ node, sight, endMs, scope }: { node: StepNode; sight: Sight; endMs: number; scope: boolean }) {
  if (node.end === 'skipped') return <Piece sight={sight} fromMs={node.fromMs} toMs={endMs} background="var(--line-strong)" className="h-3" />;
  const { bar } = STANDINGS[standingOf(node)];
  const gaps = node.waits.filter(({ kind }) => kind === 'ended');
  // What waits or is tried again lies on a faint ground, so that the pieces tell.
  const faint = node.role !== 'run' && (node.waits.length > gaps.length || (!scope && node.attempts.length > 1));
  const background = faint ? `color-mix(in oklab, ${bar} 26%, transparent)` : bar;
  const begins = [node.fromMs, ...gaps.map(({ fromMs, toMs }) => toMs ?? fromMs)];
  return begins.map((fromMs, i) => (
    <Piece
      key={fromMs}
      sight={sight}
      fromMs={fromMs}
      toMs={gaps[i]?.fromMs ?? endMs}
      background={background}
      className={scope ? 'h-1.5 opacity-75' : 'h-3.5'}
    />
  ));
}

function Attempts({ node, sight, nowMs }: { node: StepNode; sight: Sight; nowMs: number }) {
  const end = STANDINGS[standingOf(node)].bar;
  return node.attempts.map((attempt, i) => (
    <Piece
      key={`${i} ${attempt.fromMs}`}
      sight={sight}
      fromMs={attempt.fromMs}
      toMs={attempt.toMs ?? nowMs}
      background={attempt.fault === undefined ? end : node.end === 'failed' && i === node.attempts.length - 1 ? 'var(--bad-bar)' : 'var(--warn-bar)'}
      className="h-3.5"
    />
  ));
}

function WaitBar({ wait, sight, nowMs, scope }: { wait: Wait; sight: Sight; nowMs: number; scope: boolean }) {
  if (wait.kind === 'ended') return <Piece sight={sight} fromMs={wait.fromMs} toMs={wait.toMs ?? nowMs} background="var(--line-strong)" className="h-px" />;
  const colour = wait.kind === 'doubt' || wait.kind === 'paused' ? 'var(--warn-bar)' : 'var(--wait-bar)';
  return <Piece sight={sight} fromMs={wait.fromMs} toMs={wait.toMs ?? nowMs} background={hatched(colour)} className={scope ? 'h-1.5' : 'h-3.5'} />;
}

/** Behind a bar that ends here, its length still fits: that of the run does (wholeSight). */
const MOST_END = 0.9;

/** Beside the bar; before it where no room is left behind it. */
function Length({ start, width, ms, skipped }: { start: number; width: number; ms: number; skipped: boolean }) {
  const formats = useFormats();
  if (skipped) return null;
  const end = start + width;
  const inside = end > MOST_END && start < 0.14;
  const style = inside
    ? { insetInlineEnd: '4px' }
    : end > MOST_END
      ? { insetInlineEnd: `calc(${percent(1 - start)} + 6px)` }
      : { insetInlineStart: `calc(max(${percent(end)}, ${percent(start)} + 3px) + 6px)` };
  return (
    <span
      className={`pointer-events-none absolute top-1/2 -translate-y-1/2 whitespace-nowrap text-2xs text-ink-soft ${inside ? 'rounded-sm bg-panel/85 px-1' : ''}`}
      style={style}
    >
      {formats.duration(ms)}
    </span>
  );
}
