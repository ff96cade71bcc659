'use client';
// Runs by the hour, stacked by state, under a line of the share that succeeded. Pointer or arrow keys pick an hour; its figures are written out.
import { useState, type KeyboardEvent } from 'react';
import type { RunStatus } from '@palace/flow/contract.ts';
import { useFormats, useText } from '../language/language.tsx';
import { classes } from './classes.ts';
import { STATUS_LOOKS, STATUS_ORDER, StatusIcon } from './status-badge.tsx';

export interface StatusHour {
  readonly from: string;
  readonly counts: Readonly<Partial<Record<RunStatus, number>>>;
}

export function StatusBars({ label, hours }: { label: string; hours: readonly StatusHour[] }) {
  const [at, setAt] = useState<number>();
  const most = Math.max(1, ...hours.map(totalOf));
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    setAt(Math.max(0, Math.min(hours.length - 1, at === undefined ? hours.length - 1 : at + step)));
  };
  return (
    <div>
      <Figures hours={hours} at={at} />
      <div
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={hours.length - 1}
        aria-valuenow={at ?? hours.length - 1}
        aria-valuetext={useHourText(hours[at ?? hours.length - 1])}
        onKeyDown={press}
        onPointerLeave={() => setAt(undefined)}
        onBlur={() => setAt(undefined)}
        className="rounded-sm"
      >
        <SuccessLine hours={hours} />
        <div className="flex h-24 items-stretch gap-px border-b border-line">
          {hours.map((hour, i) => (
            <div
              key={hour.from}
              onPointerEnter={() => setAt(i)}
              className={classes('flex min-w-0 flex-1 flex-col justify-end rounded-t-sm', i === at && 'bg-hover')}
            >
              {STATUS_ORDER.map((status) => (
                <Part key={status} status={status} share={(hour.counts[status] ?? 0) / most} />
              ))}
            </div>
          ))}
        </div>
      </div>
      <Times hours={hours} />
    </div>
  );
}

const totalOf = ({ counts }: StatusHour): number => Object.values(counts).reduce((sum, runs) => sum + runs, 0);

/** Little is seen too: a failed run among thousands is two pixels. */
const Part = ({ status, share }: { status: RunStatus; share: number }) =>
  share === 0 ? null : (
    <div style={{ height: `${share * 100}%`, background: `var(${STATUS_LOOKS[status].bar})` }} className="min-h-0.5 shrink-0 first:rounded-t-sm" />
  );

/** Of the hour that is picked, else of all of them: the legend at the same time. */
function Figures({ hours, at }: { hours: readonly StatusHour[]; at: number | undefined }) {
  const text = useText();
  const formats = useFormats();
  const picked = at === undefined ? hours : hours.slice(at, at + 1);
  const counts = STATUS_ORDER.map((status) => ({ status, runs: picked.reduce((sum, hour) => sum + (hour.counts[status] ?? 0), 0) })).filter(
    ({ runs }) => runs > 0,
  );
  const hour = at === undefined ? undefined : hours[at];
  return (
    <div className="mb-2 flex min-h-5 flex-wrap items-center gap-x-3 gap-y-1 text-xs text-ink-soft">
      <span className="text-ink">{hour === undefined ? text('design.lastDay') : formats.shortDateTime(new Date(hour.from))}</span>
      {counts.map(({ status, runs }) => (
        <span key={status} className="inline-flex items-center gap-1">
          <StatusIcon status={status} className="size-3" still />
          {text(`design.status.${status}`)} <span className="text-ink">{formats.number(runs)}</span>
        </span>
      ))}
      {counts.length === 0 && <span>{text('design.noRuns')}</span>}
    </div>
  );
}

function useHourText(hour: StatusHour | undefined): string {
  const text = useText();
  const formats = useFormats();
  if (hour === undefined) return '';
  const counts = STATUS_ORDER.flatMap((status) =>
    (hour.counts[status] ?? 0) === 0 ? [] : [`${text(`design.status.${status}`)} ${formats.number(hour.counts[status] ?? 0)}`],
  );
  return `${formats.shortDateTime(new Date(hour.from))}: ${counts.length === 0 ? text('design.noRuns') : counts.join(', ')}`;
}

/** A gap where nothing ended. */
function SuccessLine({ hours }: { hours: readonly StatusHour[] }) {
  const shares = hours.map(({ counts }) => {
    const { completed = 0, failed = 0 } = counts;
    return completed + failed === 0 ? undefined : completed / (completed + failed);
  });
  const pieces: string[] = [];
  shares.forEach((share, i) => {
    if (share === undefined) return;
    const point = `${((i + 0.5) / hours.length) * 100} ${22 - share * 20}`;
    pieces.push(`${i > 0 && shares[i - 1] !== undefined ? 'L' : 'M'}${point}${shares[i + 1] === undefined && shares[i - 1] === undefined ? `h0.01` : ''}`);
  });
  return (
    <svg viewBox="0 0 100 24" preserveAspectRatio="none" className="block h-6 w-full" aria-hidden>
      <path d="M0 2H100" stroke="var(--line)" strokeDasharray="2 3" vectorEffect="non-scaling-stroke" />
      <path
        d={pieces.join('')}
        fill="none"
        stroke="var(--good)"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}

const LABELS = 4;

function Times({ hours }: { hours: readonly StatusHour[] }) {
  const formats = useFormats();
  const step = Math.ceil(hours.length / LABELS);
  return (
    <div aria-hidden className="mt-1 flex text-2xs text-ink-faint">
      {hours
        .filter((_, i) => i % step === 0)
        .map(({ from }) => (
          <span key={from} className="min-w-0 flex-1">
            {formats.time(new Date(from))}
          </span>
        ))}
    </div>
  );
}
