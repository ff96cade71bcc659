// Back to what an earlier apply of a set had made: its versions in force again, those that were pruned since published again.
// I1 Nothing is compiled or fetched: a version's content never changes, and what was published is kept as long as anything may need it.
import { PalaceError } from '@palace/platform/errors.ts';
import type { z } from 'zod';
import type { Json } from '@palace/jq/json.ts';
import type { Sql } from '@palace/platform/database/port.ts';
import type { FlowParts } from '../parts.ts';
import { carryOut, type Wish } from './apply.ts';
import type { ApplyResult, rollbackBody } from './contract.ts';
import { KINDS } from './kinds.ts';
import { lastApply, readRecord, type HeldItem } from './records.ts';

export async function rollback(parts: FlowParts, tenant: string, by: string, set: string, terms: z.output<typeof rollbackBody>): Promise<ApplyResult> {
  const { base, wishes, commit } = await parts.platform.database.asTenant(tenant, async (sql) => {
    const record = await readRecord(sql, terms.to);
    if (record?.set !== set)
      throw new PalaceError('not-found', { detail: `The set ${set} has no apply number ${terms.to}; "palace get applies --set ${set}" lists them.` });
    const held = record.items.filter(({ action }) => action !== 'prune');
    return { base: await lastApply(sql, set), wishes: await wishesOf(sql, tenant, held), commit: record.commit };
  });
  const { prune, drain, dryRun } = terms;
  return carryOut(parts, {
    tenant,
    by,
    how: 'rollback',
    terms: { set, prune, drain, adopt: false, environment: undefined, commit },
    wishes,
    base,
    writes: !dryRun,
  });
}

async function wishesOf(sql: Sql, tenant: string, held: readonly HeldItem[]): Promise<Wish[]> {
  const wishes: Wish[] = [];
  for (const [kind, items] of Map.groupBy(held, (item) => item.kind)) {
    const documents = await KINDS[kind].storedDocuments(
      sql,
      items.map(({ hash }) => hash),
    );
    const gone = items.filter(({ hash }) => !documents.has(hash));
    if (gone.length > 0)
      throw new PalaceError('apply.gone', { detail: `${gone.map(({ name, version }) => `${name} ${version}`).join(', ')} cannot be published again.` });
    for (const { name, version, hash } of items) {
      const store = (within: Sql, nowMs: number): Promise<void> => KINDS[kind].putInForce(within, tenant, name, version, hash, nowMs);
      wishes.push({ kind, prepared: { name, version, hash, document: documents.get(hash) as Json, sourceName: undefined, fetchedAtPublishing: [], store } });
    }
  }
  return wishes;
}
