'use client';
// Who did something, by name where the reader may know it: people and keys are looked up in the lists that they may read.
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { allItems } from '../../api/all-items.ts';
import { keysQuery } from '../../api/keys.ts';
import { useMay } from '../../api/me.ts';
import { peopleQuery } from '../../api/people.ts';

const KNOWN_MS = 60_000;

/** `person/ID` or the id of a key. */
export function Who({ id, tone = 'text-ink-soft' }: { id: string; tone?: string }) {
  const name = useNames().get(id);
  if (name === undefined) return <code className={`font-mono text-xs ${tone}`}>{id}</code>;
  return (
    <bdi title={id} className={tone}>
      {name}
    </bdi>
  );
}

function useNames(): ReadonlyMap<string, string> {
  const { data: people } = useInfiniteQuery({ ...peopleQuery, enabled: useMay('people.read'), staleTime: KNOWN_MS });
  const { data: keys } = useInfiniteQuery({ ...keysQuery, enabled: useMay('key.read'), staleTime: KNOWN_MS });
  return useMemo(
    () =>
      new Map([
        ...(allItems(people) ?? []).map(({ id, name }) => [`person/${id}`, name] as const),
        ...(allItems(keys) ?? []).map(({ id, name }) => [id, name] as const),
      ]),
    [people, keys],
  );
}
