import type { ReactNode } from 'react';
import { Words } from './words.tsx';

export interface EmptyStateProps {
  readonly icon?: ReactNode;
  readonly title: ReactNode;
  /** `h1` where it is all there is. */
  readonly heading?: 'h1' | 'h2';
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

/** Nothing is here yet: what would be here, and the first action that brings it. */
export function EmptyState({ icon, title, heading: Heading = 'h2', children, action }: EmptyStateProps) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-2 px-4 py-12 text-center">
      {icon !== undefined && <span className="text-ink-faint [&>svg]:size-6">{icon}</span>}
      <Heading className="text-md font-semibold">{title}</Heading>
      {children !== undefined && <div className="text-ink-soft">{typeof children === 'string' ? <Words text={children} /> : children}</div>}
      {action !== undefined && <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}
