// A read that takes the tenants in turn, as platform/durable/sql/reads.ts does it: each that has rows gets the same part, in its own order.
import type { InTurn, Page } from '@palace/platform/durable/contract.ts';

/** `rows` of one shard, those of a tenant in order. `partOf`: rows that a tenant gets, when each gets so many. */
export function inTurn<Row extends { readonly tenant: string }>(
  shard: number,
  rows: readonly Row[],
  limit: number,
  { sated, since }: InTurn,
  partOf: (tenant: string, part: number) => number = (_tenant, part) => part,
): Page<Row> {
  const byTenant = [...Map.groupBy(rows, ({ tenant }) => tenant)]
    .filter(([tenant]) => tenant > since && !sated.includes(tenant))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const part = since === '' ? Math.max(1, Math.floor(limit / Math.max(1, byTenant.length))) : 1;
  const served = byTenant.slice(0, limit).flatMap(([tenant, own]) => own.slice(0, partOf(tenant, part)));
  const isFull = byTenant.some(([tenant, own]) => own.length >= partOf(tenant, part));
  const next = byTenant.length > limit ? (served.at(-1)?.tenant ?? '') : '';
  return { shard, rows: served, more: isFull || next !== '', since: next };
}
