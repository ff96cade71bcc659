import { useId, type ReactNode } from 'react';

/** A titled box of home. */
export function Panel({ title, more, children }: { title: ReactNode; more?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="flex min-w-0 flex-col rounded-lg border border-line bg-panel">
      <header className="flex h-9 shrink-0 items-center justify-between gap-2 border-b border-line px-3">
        <h2 id={id} className="truncate font-semibold">
          {title}
        </h2>
        {more}
      </header>
      {children}
    </section>
  );
}
