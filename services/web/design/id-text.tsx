'use client';
// An id: in one width, to be copied. Shown shortened, copied whole.
import { classes } from './classes.ts';
import { CopyButton } from './copy-button.tsx';

export function IdText({ id, short = false, className }: { id: string; short?: boolean; className?: string }) {
  return (
    <span className={classes('group/id inline-flex min-w-0 items-center gap-1', className)}>
      <code title={id} className="truncate font-mono text-xs text-ink-soft">
        {short ? shortId(id) : id}
      </code>
      <CopyButton value={id} className="opacity-0 group-hover/id:opacity-100 focus-visible:opacity-100" />
    </span>
  );
}

/** Ends tell runs apart: the beginning of an id is its time. */
export const shortId = (id: string): string => (id.length <= 14 ? id : `${id.slice(0, 4)}…${id.slice(-8)}`);
