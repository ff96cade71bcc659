'use client';
// The environments of the tenant, and the one that this reader works in: where what they start lives, whose secrets and variables they see.
import type { EnvironmentView } from '@palace/gateway/contract.ts';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { ask, get } from './client.ts';
import { useMay } from './me.ts';

const STORED_AS = 'palace-environment';
const DEFAULT = 'default';

export const environmentsQuery = queryOptions({
  queryKey: ['environments'],
  queryFn: async ({ signal }) => (await get<{ items: EnvironmentView[] }>('/v1/environments', { signal })).items,
  staleTime: 30_000,
});

export const useEnvironments = () => useQuery({ ...environmentsQuery, enabled: useMay('environment.read') });

const watchers = new Set<() => void>();
function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  window.addEventListener('storage', watcher);
  return () => {
    watchers.delete(watcher);
    window.removeEventListener('storage', watcher);
  };
}

export const useEnvironment = (): string =>
  useSyncExternalStore(
    watch,
    () => localStorage.getItem(STORED_AS) ?? DEFAULT,
    () => DEFAULT,
  );

export function chooseEnvironment(name: string): void {
  localStorage.setItem(STORED_AS, name);
  for (const watcher of watchers) watcher();
}

const pathOf = (name: string): string => `/v1/environments/${encodeURIComponent(name)}`;
export const createEnvironment = (name: string): Promise<EnvironmentView> => ask('PUT', pathOf(name));
export const removeEnvironment = (name: string): Promise<void> => ask('DELETE', pathOf(name));
