// The routes of the audit log: read and checked, never written.
import type { Audit, ProvenRecord } from '@palace/platform/audit/port.ts';
import { z } from 'zod';
import { auditList, auditVerdict, listAudit, route, type AuditRecordView, type Route } from './contract.ts';
import { listPage } from './list-page.ts';

export function auditRoutes(audit: Audit): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/audit',
      summary: 'List who did what, the newest first',
      permission: 'audit.read',
      loader: 'collection',
      query: listAudit,
      responses: { 200: auditList },
      async handle({ tenant, query }) {
        const { limit, cursor, action, actor } = query;
        const found = await audit.list(tenant, { limit: limit + 1, before: cursor, action, actor });
        return { status: 200, body: listPage(found.map(view), limit, ({ seq }) => String(seq)) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/audit/verify',
      summary: 'Read the whole audit log of the tenant and say whether it is as it was written',
      permission: 'audit.read',
      loader: 'collection',
      query: z.strictObject({}),
      responses: { 200: auditVerdict },
      handle: async ({ tenant }) => ({ status: 200, body: await audit.verify(tenant) }),
    }),
  ];
}

const view = ({ record, body, hash }: ProvenRecord): AuditRecordView => ({ ...record, body, hash });
