'use client';
// Variables of an environment: JSON that whoever may read sees.
import type { variableList, VariableView } from '@palace/gateway/contract.ts';
import { queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import { ask, get } from './client.ts';

export type { VariableView } from '@palace/gateway/contract.ts';

const pathOf = (environment: string): string => `/v1/environments/${encodeURIComponent(environment)}/variables`;

export const variablesQuery = (environment: string) =>
  queryOptions({
    queryKey: ['variables', environment],
    queryFn: async ({ signal }) => (await get<z.infer<typeof variableList>>(pathOf(environment), { signal })).items,
  });

export const putVariable = (environment: string, name: string, value: unknown): Promise<VariableView> =>
  ask('PUT', `${pathOf(environment)}/${encodeURIComponent(name)}`, { body: { value } });
export const removeVariable = (environment: string, name: string): Promise<void> => ask('DELETE', `${pathOf(environment)}/${encodeURIComponent(name)}`);
