'use client';
// Short news at the edge: what was done, with a way to undo it, or what failed. They leave by themselves, not while they are looked at.
import CircleCheck from 'lucide-react/icons/circle-check';
import CircleX from 'lucide-react/icons/circle-x';
import X from 'lucide-react/icons/x';
import * as Radix from 'radix-ui/toast';
import { useSyncExternalStore, type ReactNode } from 'react';
import { useText } from '../language/language.tsx';
import { Button } from './button.tsx';
import { problemWords } from './problem-view.tsx';

export interface Toast {
  readonly title: ReactNode;
  readonly detail?: ReactNode;
  readonly tone?: 'good' | 'bad';
  /** "Undo", "Show". */
  readonly action?: { readonly label: string; run(): void };
}
interface Shown extends Toast {
  readonly id: number;
}

const MOST_SHOWN = 4;
const SHOWN_MS = 6_000;
let shown: readonly Shown[] = [];
let lastId = 0;
const watchers = new Set<() => void>();

function set(next: readonly Shown[]): void {
  shown = next;
  for (const watcher of watchers) watcher();
}
export function showToast(toast: Toast): void {
  lastId += 1;
  set([...shown.slice(-(MOST_SHOWN - 1)), { ...toast, id: lastId }]);
}
const close = (id: number): void => set(shown.filter((one) => one.id !== id));

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}
const NONE: readonly Shown[] = [];

/** A function that shows why something failed. */
export function useShowProblem(): (problem: unknown) => void {
  const text = useText();
  return (problem) => {
    const { title, detail, next } = problemWords(problem, text);
    showToast({ tone: 'bad', title: detail ?? title, detail: next });
  };
}

export function Toasts() {
  const text = useText();
  const toasts = useSyncExternalStore(
    watch,
    () => shown,
    () => NONE,
  );
  return (
    <Radix.Provider duration={SHOWN_MS} label={text('design.notification')}>
      {toasts.map(({ id, title, detail, tone = 'good', action }) => (
        <Radix.Root
          key={id}
          type={tone === 'bad' ? 'foreground' : 'background'}
          onOpenChange={(open) => {
            if (!open) close(id);
          }}
          className="appear flex items-start gap-2 rounded-lg bg-raised py-2 pe-1.5 ps-3 text-ink shadow-menu"
        >
          {tone === 'bad' ? (
            <CircleX aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
          ) : (
            <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-good" />
          )}
          <div className="min-w-0 flex-1">
            <Radix.Title className="foreign font-medium">{title}</Radix.Title>
            {detail !== undefined && <Radix.Description className="foreign text-ink-soft">{detail}</Radix.Description>}
          </div>
          {action !== undefined && (
            <Radix.Action asChild altText={action.label}>
              <Button tone="quiet" className="text-accent" onClick={() => action.run()}>
                {action.label}
              </Button>
            </Radix.Action>
          )}
          <Radix.Close
            aria-label={text('design.close')}
            className="inline-flex size-6 shrink-0 items-center justify-center rounded-sm text-ink-faint hover:bg-hover hover:text-ink"
          >
            <X aria-hidden className="size-3.5" />
          </Radix.Close>
        </Radix.Root>
      ))}
      <Radix.Viewport className="fixed bottom-4 end-4 z-60 flex w-88 max-w-[calc(100vw-2rem)] flex-col gap-2 outline-none" />
    </Radix.Provider>
  );
}
