'use client';
// The runs before and after one, in the list that the reader came from; without one, in the newest runs.
import { useQuery } from '@tanstack/react-query';
import { newestRunsQuery } from '../../api/runs.ts';

export interface Neighbours {
  readonly previous: string | undefined;
  readonly next: string | undefined;
}

let listed: readonly string[] = [];
/** Told by the list, as it is shown. */
export function rememberList(ids: readonly string[]): void {
  listed = ids;
}

const NEWEST = 100;

export function useNeighbours(id: string): Neighbours {
  const known = listed.includes(id);
  const { data } = useQuery({ ...newestRunsQuery(NEWEST), enabled: !known, refetchInterval: false, staleTime: 60_000 });
  const ids = known ? listed : (data?.map((run) => run.id) ?? []);
  const at = ids.indexOf(id);
  return at === -1 ? { previous: undefined, next: undefined } : { previous: ids[at - 1], next: ids[at + 1] };
}
