'use client';
// Lines with what went and what came, by sign and colour. Stretches that are the same are folded; a press unfolds one.
import UnfoldVertical from 'lucide-react/icons/unfold-vertical';
import { useMemo, useState } from 'react';
import { classes } from '../../../design/classes.ts';
import { EmptyState } from '../../../design/empty-state.tsx';
import { plainText } from '../../../design/value-rows.ts';
import { useText } from '../../../language/language.tsx';
import { hunksOf, type DiffKind, type DiffLine } from './line-diff.ts';

const LOOKS: Readonly<Record<DiffKind, { readonly row: string; readonly sign: string }>> = {
  same: { row: '', sign: ' ' },
  removed: { row: 'bg-bad-wash', sign: '−' },
  added: { row: 'bg-good-wash', sign: '+' },
};
/** More lines than these are shown when somebody asks for them. */
const MOST_LINES = 3_000;

export function TextDiff({ lines, label }: { lines: readonly DiffLine[]; label: string }) {
  const text = useText();
  const hunks = useMemo(() => hunksOf(lines), [lines]);
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  if (!lines.some(({ kind }) => kind !== 'same')) return <EmptyState title={text('flows.versions.sameText')} />;
  return (
    <div
      role="region"
      aria-label={label}
      tabIndex={0}
      dir="ltr"
      className="h-full overflow-auto py-1 font-mono text-xs leading-5 focus-visible:outline-offset-[-2px]"
    >
      <div className="min-w-fit">
        {hunks.map((hunk, i) =>
          hunk.folded && !opened.has(i) ? (
            <button
              key={i}
              type="button"
              onClick={() => setOpened(new Set(opened).add(i))}
              className="my-0.5 flex w-full items-center gap-2 bg-hover px-3 py-0.5 text-start font-sans text-2xs text-ink-soft hover:text-ink"
            >
              <UnfoldVertical aria-hidden className="size-3" />
              {text('flows.versions.sameLines', { count: hunk.lines.length })}
            </button>
          ) : (
            hunk.lines.slice(0, MOST_LINES).map((line) => <Line key={`${line.before ?? ''} ${line.after ?? ''}`} line={line} />)
          ),
        )}
      </div>
    </div>
  );
}

function Line({ line: { kind, text: shown, before, after } }: { line: DiffLine }) {
  const text = useText();
  return (
    <div className={classes('flex', LOOKS[kind].row)}>
      <span aria-hidden className="w-10 shrink-0 select-none pe-2 text-end text-ink-faint">
        {before}
      </span>
      <span aria-hidden className="w-10 shrink-0 select-none pe-2 text-end text-ink-faint">
        {after}
      </span>
      <span aria-hidden className={classes('w-5 shrink-0 select-none text-center', kind === 'removed' && 'text-bad', kind === 'added' && 'text-good')}>
        {LOOKS[kind].sign}
      </span>
      {kind !== 'same' && <span className="sr-only">{text(`flows.change.${kind}`)}: </span>}
      <bdi className="whitespace-pre pe-4">{plainText(shown)}</bdi>
    </div>
  );
}
