// Pieces of the inspector: a head with something under it, and pairs of a name and what it is.
import type { ReactNode } from 'react';

export const Part = ({ title, actions, children }: { title: ReactNode; actions?: ReactNode; children: ReactNode }) => (
  <section className="border-b border-line px-3 py-2.5 last:border-0">
    <header className="mb-1.5 flex min-h-5 items-center justify-between gap-2">
      <h3 className="text-xs font-medium text-ink-soft">{title}</h3>
      {actions}
    </header>
    {children}
  </section>
);

export const Facts = ({ children }: { children: ReactNode }) => (
  <dl className="grid grid-cols-[minmax(6rem,auto)_minmax(0,1fr)] gap-x-3 gap-y-1">{children}</dl>
);

export const Fact = ({ name, children }: { name: ReactNode; children: ReactNode }) => (
  <>
    <dt className="text-ink-faint">{name}</dt>
    <dd className="foreign min-w-0">{children}</dd>
  </>
);
