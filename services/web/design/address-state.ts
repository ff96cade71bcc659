'use client';
// State that is worth sharing lives in the query of the address: filters, tabs, what is selected. No request goes to the server for it.
import { usePathname, useSearchParams } from 'next/navigation';
import { useCallback, useMemo } from 'react';

export type AddressState<N extends string> = Readonly<Partial<Record<N, string>>>;

/** `names` is a constant of the screen. Setting merges; undefined and '' take a name away. `push`: the back button undoes it. */
export function useAddressState<N extends string>(
  names: readonly N[],
): readonly [AddressState<N>, (change: Partial<Record<N, string | undefined>>, push?: boolean) => void] {
  const pathname = usePathname();
  const query = useSearchParams();
  const state = useMemo(() => {
    const found: Partial<Record<N, string>> = {};
    for (const name of names) {
      const value = query.get(name);
      if (value !== null && value !== '') found[name] = value;
    }
    return found;
  }, [names, query]);
  const change = useCallback(
    (wanted: Partial<Record<N, string | undefined>>, push = false) => {
      // Of the address as it is now: two changes in one moment both count.
      const next = changedQuery(window.location.search, wanted);
      window.history[push ? 'pushState' : 'replaceState'](null, '', `${pathname}${next}${window.location.hash}`);
    },
    [pathname],
  );
  return [state, change];
}

/** `?a=1` and {a: undefined, b: '2'} is `?b=2`. */
export function changedQuery(search: string, wanted: Readonly<Record<string, string | undefined>>): string {
  const next = new URLSearchParams(search);
  for (const [name, value] of Object.entries(wanted)) {
    if (value === undefined || value === '') next.delete(name);
    else next.set(name, value);
  }
  const text = next.toString();
  return text === '' ? '' : `?${text}`;
}
