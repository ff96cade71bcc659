'use client';
// Whether the rail shows icons alone: a cookie, so that the server writes the page as it was left.
import { useSyncExternalStore } from 'react';
import { RAIL_COOKIE } from './looks.ts';

const YEAR_SECONDS = 31_536_000;
let chosen: boolean | undefined;
const watchers = new Set<() => void>();

export function chooseRail(narrow: boolean): void {
  chosen = narrow;
  document.cookie = `${RAIL_COOKIE}=${narrow ? 'narrow' : 'wide'}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
  for (const watcher of watchers) watcher();
}
function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}
export const useRailIsNarrow = (first: boolean): boolean =>
  useSyncExternalStore(
    watch,
    () => chosen ?? first,
    () => first,
  );
