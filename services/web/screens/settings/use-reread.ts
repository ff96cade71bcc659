'use client';
import { useQueryClient } from '@tanstack/react-query';
import { environmentsQuery } from '../../api/environments.ts';

/** Reads a list of an environment again, and the counts of the environments. */
export function useReread(queryKey: readonly unknown[]): () => Promise<unknown> {
  const client = useQueryClient();
  return () => Promise.all([client.invalidateQueries({ queryKey }), client.invalidateQueries({ queryKey: environmentsQuery.queryKey })]);
}
