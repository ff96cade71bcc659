'use client';
// The figures of the process that answers, and how they went while this page was open.
import { useState } from 'react';
import type { Health } from '../../api/health.ts';
import { Sparkline } from '../../design/sparkline.tsx';
import { useFormats, useText } from '../../language/language.tsx';
import type { Formats } from '../../language/formats.ts';
import { FIGURES, figuresOf, type Figure, type FigureName } from './judge.ts';
import { StateMark } from './state-mark.tsx';

const KEPT = 60;
type History = Readonly<Partial<Record<FigureName, readonly number[]>>>;

export function Figures({ health }: { health: Health }) {
  const text = useText();
  const figures = figuresOf(health);
  const history = useHistory(health);
  return (
    <section aria-label={text('health.figures')} className="grid grid-cols-[repeat(auto-fit,minmax(10.5rem,1fr))] gap-3">
      {FIGURES.map((name) => (
        <Tile key={name} name={name} figure={figures[name]} history={history[name] ?? []} />
      ))}
    </section>
  );
}

/** One value an answer. */
function useHistory(health: Health): History {
  const [kept, setKept] = useState<{ readonly of: Health | undefined; readonly history: History }>({ of: undefined, history: {} });
  if (kept.of === health) return kept.history;
  const figures = figuresOf(health);
  const history = Object.fromEntries(FIGURES.map((name) => [name, [...(kept.history[name] ?? []), figures[name].value ?? 0].slice(-KEPT)]));
  setKept({ of: health, history });
  return history;
}

function Tile({ name, figure, history }: { name: FigureName; figure: Figure; history: readonly number[] }) {
  const text = useText();
  const formats = useFormats();
  const title = text(`health.figure.${name}`);
  return (
    <div className="flex min-w-0 flex-col gap-1 rounded-lg border border-line bg-panel px-3 py-2.5" title={text(`health.figureHint.${name}`)}>
      <div className="flex items-center justify-between gap-2">
        <span className="truncate text-xs text-ink-soft">{title}</span>
        <StateMark state={figure.state} quiet={figure.state === 'good'} />
      </div>
      <div className="flex items-end justify-between gap-2">
        <span className="whitespace-nowrap text-xl font-semibold">{valueText(figure, formats)}</span>
        {history.length > 1 && <Sparkline values={history} label={text('health.sinceOpen', { name: title })} className="h-5 w-14 min-w-0 text-ink-faint" />}
      </div>
      <span className="truncate text-2xs text-ink-faint">{text(`health.figureHint.${name}`)}</span>
    </div>
  );
}

function valueText({ value, unit }: Figure, formats: Formats): string {
  if (value === undefined) return '–';
  if (unit === 'count') return formats.number(value);
  return formats.duration(unit === 'ms' ? value : value * 1_000);
}
