// Publishing: the one write of AgentsFlow outside the engine's commits. Atomic: the compiled form and the name change together.
// I1 A version's content never changes; the same content again is the same publication (`created: false`).
// I2 A run in progress keeps its hash; programs are deleted only when no version names them and no run is open (R11).
import { createHash } from 'node:crypto';
import type { Json } from '@palace/jq/jq.ts';
import type { Database, Sql } from '@palace/platform/database/port.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import type { Compiled } from '../core/compile.ts';
import { canonicalText } from '../core/language/canonical.ts';
import { PROGRAM_FORMAT, type Program } from '../core/program.ts';
import type { Definition } from './port.ts';
import { readDefinition } from './postgres.ts';
import { changeTriggers, hasSchedule } from '../triggers/publication.ts';

export type Whole = Extract<Compiled, { ok: true }>;

/** Of the document, and of the texts of elsewhere as they were: the same document with other ones is another program. */
export function hashOf({ canonical, program }: Whole): string {
  const parts = [canonical, ...(program.fetched ?? []).map(({ address, hash }) => `${address} ${hash}`)];
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}

const changed = ({ namespace, name, version }: Program): PalaceError =>
  new PalaceError('flow.version-exists', { detail: `${namespace}/${name} ${version} was published with other content.` });

/** The publication of this very document, whatever has become of the texts that it names. Throws `flow.version-exists`. */
export async function publishedBefore(database: Database, tenant: string, { program, canonical }: Whole): Promise<Definition | undefined> {
  return database.asTenant(tenant, async (sql) => {
    const known = await readDefinition(sql, program.namespace, program.name, program.version);
    if (known === undefined) return undefined;
    const stored = await sql.query<{ document: Json }>(`select program->'document' as document from flow.program where hash = $1`, [known.hash]);
    if (stored.rows[0] === undefined || canonicalText(stored.rows[0].document) !== canonical) throw changed(program);
    return known;
  });
}

/** Publishes one document. Throws `flow.invalid` with every mistake, `flow.version-exists` for changed content. */
export async function publish(
  database: Database,
  tenant: string,
  source: string,
  compiled: Compiled,
  nowMs: number,
): Promise<Definition & { created: boolean }> {
  const whole = wholeOf(compiled);
  const { namespace, name, version } = whole.program;
  const flow = `${namespace}/${name}`;
  return database.asTenant(tenant, async (sql) => {
    await lockFlows(sql, tenant, [flow]);
    const known = await readDefinition(sql, namespace, name, version);
    if (known !== undefined && known.hash !== hashOf(whole)) throw changed(whole.program);
    if (known !== undefined) return { ...known, created: false };
    const before = await hasSchedule(sql, flow);
    await insertVersion(sql, tenant, source, whole, nowMs);
    const published = await readDefinition(sql, namespace, name, version);
    await changeTriggers(sql, { tenant, flow, atMs: nowMs }, before);
    if (published === undefined) throw new PalaceError('internal', { detail: 'the publication was not found again' });
    return { ...published, created: true };
  });
}

/** Throws `flow.invalid`. */
export function wholeOf(compiled: Compiled): Whole {
  if (!compiled.ok) throw new PalaceError('flow.invalid', { errors: compiled.errors });
  if (compiled.unfetched.length > 0) throw new Error('A program that lacks texts of elsewhere is not stored.');
  return compiled;
}

/** One publication of a flow at a time: the ordinal is what `latest` means. In one order, so that two who lock several never wait for each other. */
export async function lockFlows(sql: Sql, tenant: string, flows: readonly string[]): Promise<void> {
  for (const flow of flows.toSorted()) await sql.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`publish ${tenant} ${flow}`]);
}

/** A version that is not there yet, as the latest of its flow. The flow is locked. */
export async function insertVersion(sql: Sql, tenant: string, source: string, compiled: Whole, nowMs: number): Promise<void> {
  const { program } = compiled;
  const hash = hashOf(compiled);
  await sql.query('insert into flow.program (tenant, hash, format, program, source, published_ms) values ($1, $2, $3, $4, $5, $6) on conflict do nothing', [
    tenant,
    hash,
    PROGRAM_FORMAT,
    JSON.stringify(program),
    compiled.rewritten ?? source,
    nowMs,
  ]);
  const { retention } = program;
  if (retention !== undefined)
    await sql.query('insert into flow.retention (hash, completed_ms, failed_ms) values ($1, $2, $3) on conflict do nothing', [
      hash,
      retention.completedMs ?? null,
      retention.failedMs ?? null,
    ]);
  await insertDefinition(sql, tenant, { ...program, hash }, nowMs);
}

/** Of a program that is stored. */
export async function insertDefinition(
  sql: Sql,
  tenant: string,
  { namespace, name, version, hash, title }: Pick<Program, 'namespace' | 'name' | 'version' | 'title'> & { readonly hash: string },
  nowMs: number,
): Promise<void> {
  await sql.query(
    `insert into flow.definition (tenant, namespace, name, version, hash, title, published_ms, ordinal)
     select $1, $2, $3, $4, $5, $6, $7, coalesce(max(ordinal), 0) + 1 from flow.definition where namespace = $2 and name = $3`,
    [tenant, namespace, name, version, hash, title ?? null, nowMs],
  );
}

/** Removes one version, or the whole flow. Refused while runs are open, which keep their version (R11). */
export async function unpublish(
  database: Database,
  tenant: string,
  { namespace, name, version }: { readonly namespace: string; readonly name: string; readonly version: string | undefined },
  nowMs: number,
): Promise<number> {
  const flow = `${namespace}/${name}`;
  return database.asTenant(tenant, async (sql) => {
    await lockFlows(sql, tenant, [flow]);
    const open = await sql.query<{ n: string }>(
      'select count(*) as n from flow.run where flow = $1 and ended_ms is null and ($2::text is null or version = $2)',
      [flow, version ?? null],
    );
    if (Number(open.rows[0]?.n ?? 0) > 0) throw new PalaceError('flow.in-use', { detail: `${open.rows[0]?.n} runs of ${flow} are open.` });
    const before = await hasSchedule(sql, flow);
    const gone = await sql.query('delete from flow.definition where namespace = $1 and name = $2 and ($3::text is null or version = $3)', [
      namespace,
      name,
      version ?? null,
    ]);
    await changeTriggers(sql, { tenant, flow, atMs: nowMs }, before);
    return gone.rowCount ?? 0;
  });
}
