'use client';
// When, as people say it: "3 min. ago"; the whole time on hover and for who hears the page. One clock ticks for all of them.
import { useSyncExternalStore } from 'react';
import { useFormats } from '../language/language.tsx';

const TICK_MS = 5_000;
const watchers = new Set<() => void>();
let nowMs = 0;
let ticking: ReturnType<typeof setInterval> | undefined;

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  ticking ??= setInterval(() => {
    nowMs = Date.now();
    for (const one of watchers) one();
  }, TICK_MS);
  return () => {
    watchers.delete(watcher);
    if (watchers.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}
/** Moves every few seconds; 0 on the server, where nothing that has a time is shown. */
export const useNowMs = (): number =>
  useSyncExternalStore(
    watch,
    // The same answer twice in a row, or React asks for ever; while nobody watches it may be old.
    () => (ticking === undefined && Date.now() - nowMs > TICK_MS ? (nowMs = Date.now()) : nowMs),
    () => 0,
  );

export function RelativeTime({ at, className }: { at: string; className?: string }) {
  const formats = useFormats();
  const now = useNowMs();
  const when = new Date(at);
  return (
    <time dateTime={at} title={formats.dateTime(when)} className={className}>
      {formats.relative(when, new Date(Math.max(now, Date.now())))}
    </time>
  );
}
