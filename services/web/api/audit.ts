'use client';
// The audit log: who did what, newest first.
import type { auditList, auditVerdict } from '@palace/gateway/contract.ts';
import { infiniteQueryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import { get } from './client.ts';

export type { AuditRecordView } from '@palace/gateway/contract.ts';
export type AuditVerdict = z.infer<typeof auditVerdict>;

const PAGE = 200;

export interface AuditFilter {
  readonly action?: string;
  readonly actor?: string;
}

export const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam, signal }) => get<z.infer<typeof auditList>>('/v1/audit', { query: { ...filter, limit: PAGE, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
  });

export const verifyAudit = (): Promise<AuditVerdict> => get('/v1/audit/verify');
