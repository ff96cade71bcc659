// /v1/breaches: invariants that were found broken, the newest first. An owner of the installation sees those of all tenants.
import { ownsInstallation, route, type Route } from '@palace/gateway/contract.ts';
import { SHARD_COUNT } from '@palace/platform/durable/contract.ts';
import type { Sql } from '@palace/platform/database/port.ts';
import { breachList, listBreaches } from '../diagnosis-contract.ts';
import { INVARIANTS, type Invariant } from '../core/invariants.ts';
import type { FlowParts } from '../parts.ts';

interface BreachRecord {
  readonly invariant: string;
  readonly tenant: string;
  readonly subject: string;
  readonly outcome: 'repaired' | 'reported';
  readonly text: string;
  readonly first_ms: string;
  readonly last_ms: string;
  readonly times: number;
}

const EVERY_SHARD = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);

export const breachRoutes = ({ platform: { database } }: FlowParts): Route[] => [
  route({
    method: 'get',
    path: '/v1/breaches',
    summary: 'What the reconciler found broken: mended, or for a person to look at',
    permission: 'run.read',
    loader: 'collection',
    query: listBreaches,
    responses: { 200: breachList },
    async handle({ tenant, principal, query }) {
      const read = (sql: Sql): Promise<BreachRecord[]> => newest(sql, query.limit);
      const rows = ownsInstallation(principal) ? await database.asEngine({ shards: EVERY_SHARD, tenants: [] }, read) : await database.asTenant(tenant, read);
      return { status: 200, body: { items: rows.map(page) } };
    },
  }),
];

/** What the transaction may see. */
async function newest(sql: Sql, limit: number): Promise<BreachRecord[]> {
  const { rows } = await sql.query<BreachRecord>(
    'select invariant, tenant, subject, outcome, text, first_ms, last_ms, times from flow.breach order by last_ms desc limit $1',
    [limit],
  );
  return rows;
}

function page({ invariant, tenant, subject, outcome, text, first_ms: firstMs, last_ms: lastMs, times }: BreachRecord) {
  const number = Object.hasOwn(INVARIANTS, invariant) ? INVARIANTS[invariant as Invariant].number : 0;
  return {
    invariant,
    number,
    tenant,
    subject,
    outcome,
    text,
    firstAt: new Date(Number(firstMs)).toISOString(),
    lastAt: new Date(Number(lastMs)).toISOString(),
    times,
  };
}
