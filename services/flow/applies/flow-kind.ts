// Flows as documents of a set: compiled, compared, published, withdrawn. Called by apply.ts through kinds.ts.
// I1 Everything is compiled in the compiler's thread, one after the other: a large set is one tenant's work among others.
// I2 What a flow names of elsewhere is fetched only to publish it, and not when it is published already.
import type { Json } from '@palace/jq/json.ts';
import type { Sql } from '@palace/platform/database/port.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import type { Compiled } from '../core/compile.ts';
import type { Program } from '../core/program.ts';
import { announce, type FlowParts } from '../parts.ts';
import { compileSource, FETCHING_MS, withTexts } from '../publishing.ts';
import { hashOf, insertDefinition, insertVersion, lockFlows, type Whole } from '../store/publish.ts';
import { changeTriggers, hasSchedule } from '../triggers/publication.ts';
import type { Checked, Given, Kept, Prepared, SetKind, Version } from './kind.ts';

export const flowKind: SetKind = {
  prepare: prepareAll,
  lock: lockFlows,
  published,
  storedDocuments,
  environments,
  setEnvironment,
  putInForce,
  openRuns,
  remove: async (sql, flow) => void (await sql.query('delete from flow.definition where namespace = $1 and name = $2', flow.split('/'))),
  async changing(sql, tenant, flow, nowMs, change) {
    const before = await hasSchedule(sql, flow);
    await change();
    await changeTriggers(sql, { tenant, flow, atMs: nowMs }, before);
  },
  announce(parts, tenant, flow) {
    const [namespace = '', name = ''] = flow.split('/');
    announce(parts, tenant, { namespace, name });
  },
};

async function prepareAll(parts: FlowParts, tenant: string, given: readonly Given[], fetch: boolean): Promise<Checked[]> {
  const checked: Checked[] = [];
  const signal = AbortSignal.timeout(FETCHING_MS);
  for (const one of given) {
    const compiled = await compileSource(parts, tenant, one, { where: 'in-thread' });
    checked.push(
      compiled.ok && fetch && compiled.unfetched.length > 0 ? await fetched(parts, tenant, one, compiled, signal) : checkedOf(tenant, one, compiled),
    );
  }
  return checked;
}

/** I2 */
async function fetched(parts: FlowParts, tenant: string, given: Given, compiled: Whole, signal: AbortSignal): Promise<Checked> {
  const { namespace, name, version } = compiled.program;
  const flow = `${namespace}/${name}`;
  const known = await parts.platform.database.asTenant(tenant, (sql) => published(sql, [flow], [{ name: flow, version }]));
  if (known.some((one) => one.version === version)) return checkedOf(tenant, given, compiled);
  try {
    return checkedOf(tenant, given, await withTexts(parts, tenant, given, compiled, signal));
  } catch (error) {
    if (error instanceof PalaceError && error.errors !== undefined) return { ok: false, errors: error.errors };
    throw error;
  }
}

function checkedOf(tenant: string, { source, sourceName }: Given, compiled: Compiled): Checked {
  if (!compiled.ok) return { ok: false, errors: compiled.errors };
  const { program, document, unfetched } = compiled;
  const prepared: Prepared = {
    name: `${program.namespace}/${program.name}`,
    version: program.version,
    document,
    sourceName,
    hash: hashOf(compiled),
    fetchedAtPublishing: unfetched.map(({ address }) => address),
    async store(sql, nowMs) {
      // It was published while this was checked, and withdrawn since.
      if (unfetched.length > 0) throw new PalaceError('apply.conflict', { detail: `${program.namespace}/${program.name} was removed meanwhile.` });
      await insertVersion(sql, tenant, source, compiled, nowMs);
    },
  };
  return { ok: true, prepared };
}

async function published(sql: Sql, names: readonly string[], versions: readonly Version[] = []): Promise<Kept[]> {
  const { rows } = await sql.query<{ name: string; version: string; hash: string; latest: boolean; document: Json }>(
    `with known as (
       select tenant, d.namespace || '/' || d.name as name, version, hash, ordinal = max(ordinal) over (partition by d.namespace, d.name) as latest
         from unnest($1::text[]) w (name)
         join flow.definition d on d.namespace = split_part(w.name, '/', 1) and d.name = split_part(w.name, '/', 2))
     select k.name, k.version, k.hash, k.latest, p.program->'document' as document
       from known k join flow.program p using (tenant, hash)
      where k.latest or (k.name, k.version) in (select * from unnest($2::text[], $3::text[]))`,
    [names, versions.map(({ name }) => name), versions.map(({ version }) => version)],
  );
  return rows;
}

async function storedDocuments(sql: Sql, hashes: readonly string[]): Promise<ReadonlyMap<string, Json>> {
  const { rows } = await sql.query<{ hash: string; document: Json }>(`select hash, program->'document' as document from flow.program where hash = any ($1)`, [
    hashes,
  ]);
  return new Map(rows.map(({ hash, document }) => [hash, document]));
}

async function environments(sql: Sql, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql.query<{ flow: string; environment: string }>('select flow, environment from flow.flow_environment where flow = any ($1)', [names]);
  return new Map(rows.map(({ flow, environment }) => [flow, environment]));
}

async function setEnvironment(sql: Sql, tenant: string, flow: string, environment: string): Promise<void> {
  await sql.query(
    `insert into flow.flow_environment (tenant, flow, environment) values ($1, $2, $3)
     on conflict (tenant, flow) do update set environment = excluded.environment`,
    [tenant, flow, environment],
  );
}

async function putInForce(sql: Sql, tenant: string, flow: string, version: string, hash: string, nowMs: number): Promise<void> {
  const [namespace = '', name = ''] = flow.split('/');
  const { rowCount } = await sql.query(
    `update flow.definition set ordinal = (select max(ordinal) + 1 from flow.definition where namespace = $1 and name = $2)
      where namespace = $1 and name = $2 and version = $3`,
    [namespace, name, version],
  );
  if (rowCount !== 0) return;
  const { rows } = await sql.query<{ title: Program['title'] | null }>(`select program->>'title' as title from flow.program where hash = $1`, [hash]);
  const title = rows[0]?.title;
  await insertDefinition(sql, tenant, { namespace, name, version, hash, ...(title != null && { title }) }, nowMs);
}

async function openRuns(sql: Sql, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql.query<{ flow: string; count: number }>(
    'select flow, count(*)::int as count from flow.run where flow = any ($1) and ended_ms is null group by flow',
    [names],
  );
  return new Map(rows.map(({ flow, count }) => [flow, count]));
}
