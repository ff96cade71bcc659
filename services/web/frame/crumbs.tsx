'use client';
// Where the reader is, in the top bar. A screen adds what the address alone does not say: `useCrumbs([{ title: flow, href }])`.
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { useText } from '../language/language.tsx';
import { placeOf } from './navigation.ts';

export interface Crumb {
  readonly title: string;
  /** Absent of the last one. */
  readonly href?: string;
}

const NONE: readonly Crumb[] = [];
let added: readonly Crumb[] = NONE;
const watchers = new Set<() => void>();
function set(next: readonly Crumb[]): void {
  added = next;
  for (const watcher of watchers) watcher();
}
function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Behind the place; memoise the list. Also the title of the page. */
export function useCrumbs(crumbs: readonly Crumb[]): void {
  useEffect(() => {
    set(crumbs);
    return () => set(NONE);
  }, [crumbs]);
}

export function Crumbs() {
  const text = useText();
  const place = placeOf(usePathname());
  const more = useSyncExternalStore(
    watch,
    () => added,
    () => NONE,
  );
  const all = useMemo<readonly Crumb[]>(
    () => [...(place === undefined ? [] : [{ title: text(`frame.place.${place.name}`), ...(more.length > 0 && { href: place.href }) }]), ...more],
    [place, more, text],
  );
  const title = all
    .map((crumb) => crumb.title)
    .toReversed()
    .join(' · ');
  return (
    <nav aria-label={text('frame.whereYouAre')} className="min-w-0 flex-1">
      <title>{title === '' ? 'AgentsPalace' : `${title} · AgentsPalace`}</title>
      <ol className="flex min-w-0 items-center gap-1.5">
        {all.map(({ title: name, href }, i) => (
          <li key={`${i} ${name}`} className="flex min-w-0 items-center gap-1.5 last:min-w-12">
            {i > 0 && (
              <span aria-hidden className="text-ink-faint">
                /
              </span>
            )}
            {href === undefined ? (
              <span aria-current="page" className="foreign truncate font-medium">
                {name}
              </span>
            ) : (
              <Link href={href} className="foreign truncate rounded-sm text-ink-soft hover:text-ink">
                {name}
              </Link>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
