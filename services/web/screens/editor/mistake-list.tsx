'use client';
// What is wrong, in the order of the text: each with its place, its words and, where one word mends it, the button that does.
import CircleCheck from 'lucide-react/icons/circle-check';
import CircleX from 'lucide-react/icons/circle-x';
import LoaderCircle from 'lucide-react/icons/loader-circle';
import Wand from 'lucide-react/icons/wand-sparkles';
import type { Mistake } from '../../api/flows.ts';
import { Button } from '../../design/button.tsx';
import { KeyHint } from '../../design/key-hint.tsx';
import { ProblemLine } from '../../design/problem-view.tsx';
import { useText } from '../../language/language.tsx';
import type { Replacement } from './text/places.ts';

export interface PlacedMistake {
  readonly mistake: Mistake;
  readonly offset: number;
  readonly change: Replacement | undefined;
}
export interface MistakeListProps {
  readonly mistakes: readonly PlacedMistake[];
  readonly checking: boolean;
  readonly ok: boolean;
  readonly problem: unknown;
  readonly fetchedAtPublishing: readonly string[];
  onShow(offset: number): void;
  onMend(change: Replacement): void;
}

export function MistakeList({ mistakes, checking, ok, problem, fetchedAtPublishing, onShow, onMend }: MistakeListProps) {
  const text = useText();
  return (
    <section aria-label={text('editor.mistakes')} className="flex max-h-44 shrink-0 flex-col border-t border-line bg-panel">
      <header className="flex h-8 shrink-0 items-center gap-2 px-3 text-xs">
        <span role="status" className="flex items-center gap-1.5">
          {checking ? (
            <LoaderCircle aria-hidden className="size-3.5 animate-spin text-ink-faint" />
          ) : ok ? (
            <CircleCheck aria-hidden className="size-3.5 text-good" />
          ) : (
            <CircleX aria-hidden className="size-3.5 text-bad" />
          )}
          {checking ? text('editor.checking') : ok ? text('editor.noMistakes') : text('editor.mistakeCount', { count: mistakes.length })}
        </span>
        <span className="ms-auto flex items-center gap-2 text-ink-faint max-narrow:hidden">
          {mistakes.length > 0 ? (
            <>
              <KeyHint keys="f8" /> {text('editor.nextMistake')}
            </>
          ) : (
            text('editor.leaveHint')
          )}
        </span>
      </header>
      {problem !== undefined && (
        <div className="px-3">
          <ProblemLine problem={problem} />
        </div>
      )}
      {ok && fetchedAtPublishing.length > 0 && (
        <p className="foreign px-3 pb-2 text-xs text-ink-soft">{text('editor.fetches', { addresses: fetchedAtPublishing.join(', ') })}</p>
      )}
      {mistakes.length > 0 && (
        <ol className="min-h-0 overflow-y-auto border-t border-line">
          {mistakes.map(({ mistake, offset, change }, i) => (
            <li
              key={`${i} ${mistake.path} ${mistake.message}`}
              className="flex items-start gap-2 border-b border-line px-3 py-1.5 last:border-0 hover:bg-hover"
            >
              <CircleX aria-hidden className="mt-0.5 size-3.5 shrink-0 text-bad" />
              <button type="button" onClick={() => onShow(offset)} className="min-w-0 flex-1 rounded-sm text-start">
                <bdi className="block">
                  {mistake.message} {mistake.suggestion !== undefined && <span className="text-ink-soft">{mistake.suggestion}</span>}
                </bdi>
                <bdi className="block font-mono text-2xs text-ink-faint">
                  {mistake.line !== undefined && `${mistake.line}:${mistake.column ?? 1} `}
                  {mistake.path}
                </bdi>
              </button>
              {change !== undefined && (
                <Button className="h-6!" icon={<Wand aria-hidden className="size-3" />} onClick={() => onMend(change)}>
                  {text('editor.mend', { word: change.text })}
                </Button>
              )}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
