import type { ReactNode } from 'react';

/** Nothing is here yet: what would be here, and the first action that brings it. */
export function EmptyState({ icon, title, children, action }: { icon?: ReactNode; title: ReactNode; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-2 px-4 py-12 text-center">
      {icon !== undefined && <span className="text-ink-faint [&>svg]:size-6">{icon}</span>}
      <h2 className="text-md font-semibold">{title}</h2>
      {children !== undefined && <div className="text-ink-soft">{children}</div>}
      {action !== undefined && <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}
