'use client';
// Before a picture is there.
import { Skeleton } from '../../../design/skeleton.tsx';

/** Three steps that are not there yet. */
export const CanvasWaits = () => (
  <div aria-hidden className="flex min-h-0 flex-1 flex-col items-center gap-7 overflow-hidden p-8">
    {[0, 1, 2].map((i) => (
      <Skeleton key={i} className="h-20 w-62 shrink-0 rounded-lg" />
    ))}
  </div>
);
