// /v1/applies and /v1/sets: publish a set of documents as one, see first what that would do, list what was done, and go back.
import { PalaceError } from '@palace/platform/errors.ts';
import { route, type Route } from '@palace/gateway/contract.ts';
import { z } from 'zod';
import type { FlowParts } from '../parts.ts';
import { makeCursor, readCursor } from '../store/cursor.ts';
import { applySet } from './apply.ts';
import { applyBody, applyList, applyRecord, applyResult, listApplies, MOST_APPLY_BYTES, planBody, rollbackBody, setName } from './contract.ts';
import { listRecords, membersOf, readRecord } from './records.ts';
import { rollback } from './rollback.ts';

const byNumber = z.strictObject({ number: z.coerce.number().int().min(1).max(2_147_483_647) });
const bySet = z.strictObject({ set: setName });

export const applyRoutes = (parts: FlowParts): Route[] => [...writing(parts), ...reading(parts)];

/** What of an apply may stand in the audit log; what it changed stands in its own record. */
const said = ({ set, items, prune, drain, adopt, environment, commit }: z.output<typeof applyBody>) => ({
  set: set ?? null,
  documents: items.length,
  prune,
  drain,
  adopt,
  environment: environment ?? null,
  commit: commit ?? null,
});

function writing(parts: FlowParts): Route[] {
  const { database } = parts.platform;
  return [
    route({
      method: 'post',
      path: '/v1/applies',
      summary: 'Publish a set of documents in one transaction, or nothing of it',
      permission: 'flow.write',
      audit: { action: 'set.apply', detail: ({ body }) => said(body) },
      loader: 'collection',
      body: applyBody,
      maxBodyBytes: MOST_APPLY_BYTES,
      responses: { 200: applyResult },
      handle: async ({ tenant, principal, body }) => ({ status: 200, body: await applySet(parts, tenant, principal.id, body, true) }),
    }),
    route({
      method: 'post',
      path: '/v1/applies/plan',
      summary: 'What an apply would do; writes nothing',
      permission: 'flow.read',
      audit: { none: 'It changes nothing.' },
      loader: 'collection',
      body: planBody,
      maxBodyBytes: MOST_APPLY_BYTES,
      responses: { 200: applyResult },
      handle: async ({ tenant, principal, body }) => ({
        status: 200,
        body: await applySet(parts, tenant, principal.id, { ...body, commit: undefined }, false),
      }),
    }),
    route({
      method: 'post',
      path: '/v1/sets/{set}/rollback',
      summary: 'Bring back what an earlier apply of the set had made',
      permission: 'flow.write',
      audit: { action: 'set.rollback', detail: ({ body }) => ({ to: body.to, prune: body.prune, drain: body.drain, dryRun: body.dryRun }) },
      params: bySet,
      loader: async (tenant, { set }) => ((await database.asTenant(tenant, (sql) => listRecords(sql, set, undefined, 1))).length > 0 ? { set } : undefined),
      body: rollbackBody,
      responses: { 200: applyResult },
      handle: async ({ tenant, principal, resource, body }) => ({ status: 200, body: await rollback(parts, tenant, principal.id, resource.set, body) }),
    }),
  ];
}

function reading({ platform: { database } }: FlowParts): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/applies',
      summary: 'What was applied, newest first',
      permission: 'flow.read',
      loader: 'collection',
      query: listApplies,
      responses: { 200: applyList },
      async handle({ tenant, query }) {
        const before = readCursor<[number]>(query.cursor, ['number'])?.[0];
        const found = await database.asTenant(tenant, (sql) => listRecords(sql, query.set, before, query.limit + 1));
        const items = found.slice(0, query.limit);
        const last = found.length > items.length ? items.at(-1) : undefined;
        return { status: 200, body: { items, ...(last !== undefined && { next: makeCursor(last.number) }) } };
      },
    }),
    route({
      method: 'get',
      path: '/v1/applies/{number}',
      summary: 'One apply, with what the set held afterwards',
      permission: 'flow.read',
      params: byNumber,
      loader: (tenant, { number }) => database.asTenant(tenant, (sql) => readRecord(sql, number)),
      responses: { 200: applyRecord },
      handle: async ({ resource }) => ({ status: 200, body: resource }),
    }),
    route({
      method: 'get',
      path: '/v1/sets/{set}',
      summary: 'The members of a set',
      permission: 'flow.read',
      params: bySet,
      loader: (tenant, { set }) => database.asTenant(tenant, (sql) => membersOf(sql, set)),
      responses: { 200: z.object({ items: z.array(z.object({ kind: z.string(), name: z.string() })) }) },
      async handle({ resource, params }) {
        if (resource.length === 0) throw new PalaceError('not-found', { detail: `There is no set ${params.set}, or nothing in it.` });
        return { status: 200, body: { items: resource } };
      },
    }),
  ];
}
