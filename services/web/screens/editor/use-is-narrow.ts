'use client';
import { useSyncExternalStore } from 'react';

/** As `--breakpoint-narrow` of globals.css. */
const NARROW = '(max-width: 45rem)';

function watch(watcher: () => void): () => void {
  const query = window.matchMedia(NARROW);
  query.addEventListener('change', watcher);
  return () => query.removeEventListener('change', watcher);
}
export const useIsNarrow = (): boolean =>
  useSyncExternalStore(
    watch,
    () => window.matchMedia(NARROW).matches,
    () => false,
  );
