import type { ReactNode } from 'react';

/** The head of a screen: its one h1, what it is about, and its actions. */
export function PageHeader({ title, about, actions, children }: { title: ReactNode; about?: ReactNode; actions?: ReactNode; children?: ReactNode }) {
  return (
    <header className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 pb-2 pt-4">
      <div className="min-w-0 grow basis-60">
        <h1 className="foreign text-lg font-semibold leading-6">{title}</h1>
        {about !== undefined && <p className="text-ink-soft">{about}</p>}
      </div>
      {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      {children !== undefined && <div className="w-full">{children}</div>}
    </header>
  );
}
