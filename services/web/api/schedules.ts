'use client';
// One schedule: its next times, holding it, starting its flow now.
import type { upcoming } from '@palace/flow/event-contract.ts';
import { queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import { ask, get } from './client.ts';

export type Upcoming = z.infer<typeof upcoming>;

const pathOf = (flow: string): string => `/v1/schedules/${flow.split('/').map(encodeURIComponent).join('/')}`;
const SHOWN = 12;
const AGAIN_MS = 15_000;

export const upcomingQuery = (flow: string) =>
  queryOptions({
    queryKey: ['schedules', 'upcoming', flow],
    queryFn: ({ signal }) => get<Upcoming>(`${pathOf(flow)}/upcoming`, { query: { limit: SHOWN }, signal }),
    refetchInterval: AGAIN_MS,
  });

/** Kept at once; the owner of the schedule does it a moment later. */
export const holdSchedule = (flow: string, paused: boolean): Promise<{ id: string }> =>
  ask('POST', `${pathOf(flow)}/${paused ? 'pause' : 'resume'}`, { body: {} });
