import type { ReactNode } from 'react';

interface EmptyStateProps {
  readonly icon?: ReactNode;
  readonly title: ReactNode;
  /** It is the whole page: its title is the page's. */
  readonly whole?: boolean;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

/** Nothing is here yet: what would be here, and the first action that brings it. */
export function EmptyState({ icon, title, whole = false, children, action }: EmptyStateProps) {
  const Title = whole ? 'h1' : 'h2';
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-2 px-4 py-12 text-center">
      {icon !== undefined && <span className="text-ink-faint [&>svg]:size-6">{icon}</span>}
      <Title className="text-md font-semibold">{title}</Title>
      {children !== undefined && <div className="text-ink-soft">{children}</div>}
      {action !== undefined && <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}
