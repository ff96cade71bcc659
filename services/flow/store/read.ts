// What people and clients read: lists, one run, its history. Always within one tenant (palace_api); never a write.
import { parseJsonText } from '@palace/platform/json.ts';
import type { Blobs } from '@palace/platform/blobs/port.ts';
import type { Database, Sql } from '@palace/platform/database/port.ts';
import type { z } from 'zod';
import type { listFlows, listRuns } from '../contract.ts';
import type { RunEvent } from '../core/model.ts';
import type { PinnedText } from '../core/program.ts';
import { makeCursor, readCursor } from './cursor.ts';
import { listSummaries, type ListedRun } from './run-list.ts';
import { matchRuns, type Matching, type RunFilter } from './matching.ts';
import { FIRST_SEGMENT, type Definition, type LedgerRow, type ListedDefinition, type RunRow, type StoredRun } from './port.ts';
import { bodyOf, definitionRow, readDefinition, readLedger, readRuns, RUN_COLUMNS, runRow, type RunRecord } from './postgres.ts';
import { readSummary, type RunsSummary } from './summary.ts';

export interface HistoryItem {
  readonly seq: number;
  readonly atMs: number;
  readonly event: RunEvent;
}

export interface PublishedFlow extends Definition {
  readonly source: string;
  readonly document: unknown;
  /** What its functions, scripts and schemas of elsewhere were when it was published. */
  readonly fetched?: readonly { readonly address: string; readonly hash: string }[];
}

export interface FlowReads {
  flows(tenant: string, query: z.output<typeof listFlows>): Promise<{ items: ListedDefinition[]; next?: string }>;
  versions(tenant: string, namespace: string, name: string): Promise<Definition[]>;
  flow(tenant: string, namespace: string, name: string, version?: string): Promise<PublishedFlow | undefined>;
  runs(tenant: string, query: z.output<typeof listRuns>): Promise<{ items: ListedRun[]; next?: string }>;
  summary(tenant: string, nowMs: number): Promise<RunsSummary>;
  run(tenant: string, id: string): Promise<RunRow | undefined>;
  /** A start or a fork that its owner has not written yet. */
  kept(tenant: string, id: string): Promise<RunRow | undefined>;
  /** With snapshot and tail, to fold. `upTo`: as FlowStore.load has it. */
  stored(tenant: string, id: string, upTo?: number): Promise<StoredRun | undefined>;
  /** The program of the closed segment that holds `seq`. */
  hashAt(tenant: string, id: string, seq: number): Promise<string | undefined>;
  /** The events of the last so many journal entries, across segments. */
  tail(tenant: string, id: string, entries: number): Promise<HistoryItem[]>;
  history(tenant: string, id: string, after: number, limit: number): Promise<HistoryItem[]>;
  ledger(tenant: string, id: string): Promise<LedgerRow[]>;
  /** For a verb in bulk. */
  matching(tenant: string, filter: RunFilter, limit: number): Promise<Matching>;
}

export function flowReads(database: Database, blobs: Blobs): FlowReads {
  const read = <T>(tenant: string, work: (sql: Sql) => Promise<T>) => database.asTenant(tenant, work);
  return {
    flows: (tenant, query) => read(tenant, (sql) => listDefinitions(sql, query)),
    versions: (tenant, namespace, name) =>
      read(tenant, async (sql) =>
        (
          await sql.query<Parameters<typeof definitionRow>[0]>(
            `select namespace, name, version, hash, title, published_ms, ordinal = max(ordinal) over () as latest
             from flow.definition where namespace = $1 and name = $2 order by ordinal desc limit 200`,
            [namespace, name],
          )
        ).rows.map(definitionRow),
      ),
    flow: (tenant, namespace, name, version) =>
      read(tenant, async (sql) => {
        const definition = await readDefinition(sql, namespace, name, version);
        if (definition === undefined) return undefined;
        const text = await sql.query<{ source: string; document: unknown; fetched: PinnedText[] | null }>(
          `select source, program->'document' as document, program->'fetched' as fetched from flow.program where hash = $1`,
          [definition.hash],
        );
        const found = text.rows[0];
        if (found === undefined) return undefined;
        const { source, document, fetched } = found;
        return { ...definition, source, document, ...(fetched !== null && { fetched: fetched.map(({ address, hash }) => ({ address, hash })) }) };
      }),
    runs: (tenant, query) => read(tenant, (sql) => listSummaries(sql, query)),
    summary: (tenant, nowMs) => read(tenant, (sql) => readSummary(sql, nowMs)),
    run: (tenant, id) =>
      read(tenant, async (sql) => {
        const found = await sql.query<RunRecord>(`select ${RUN_COLUMNS} from flow.run where id = $1`, [id]);
        return found.rows[0] === undefined ? undefined : runRow(found.rows[0]);
      }),
    kept: (tenant, id) => read(tenant, (sql) => readKept(sql, tenant, id)),
    stored: (tenant, id, upTo) => read(tenant, async (sql) => (await readRuns(sql, blobs, [id], upTo))[0]),
    hashAt: (tenant, id, seq) =>
      read(tenant, async (sql) => {
        const found = await sql.query<{ hash: string }>('select hash from flow.segment where run = $1 and first_seq <= $2 and last_seq >= $2', [id, seq]);
        return found.rows[0]?.hash;
      }),
    tail: (tenant, id, entries) => read(tenant, (sql) => readTail(sql, blobs, id, entries)),
    history: (tenant, id, after, limit) => read(tenant, (sql) => readHistory(sql, blobs, id, after, limit)),
    ledger: (tenant, id) => read(tenant, (sql) => readLedger(sql, id)),
    matching: (tenant, filter, limit) => read(tenant, (sql) => matchRuns(sql, filter, limit)),
  };
}

type ListedRecord = Parameters<typeof definitionRow>[0] & {
  run_id: string | null;
  run_status: RunRow['status'];
  run_started_ms: string;
  run_ended_ms: string | null;
};

async function listDefinitions(sql: Sql, query: z.output<typeof listFlows>): Promise<{ items: ListedDefinition[]; next?: string }> {
  const after = readCursor<[string, string]>(query.cursor, ['string', 'string']);
  const found = await sql.query<ListedRecord>(
    // The last run of each is one look into run_by_flow, and only for the flows of the page.
    `select d.*, r.id as run_id, r.status as run_status, r.started_ms as run_started_ms, r.ended_ms as run_ended_ms
       from (select tenant, namespace, name, version, hash, title, published_ms, true as latest from flow.definition d
              where ordinal = (select max(ordinal) from flow.definition m where m.tenant = d.tenant and m.namespace = d.namespace and m.name = d.name)
                and ($1::text is null or namespace = $1) and ($2::text is null or (namespace, name) > ($2, $3))
              order by namespace, name limit $4) d
       left join lateral (select id, status, started_ms, ended_ms from flow.run
              where tenant = d.tenant and flow = d.namespace || '/' || d.name order by started_ms desc, id desc limit 1) r on true
      order by d.namespace, d.name`,
    [query.namespace ?? null, after?.[0] ?? null, after?.[1] ?? null, query.limit + 1],
  );
  const items = found.rows.slice(0, query.limit).map(listedRow);
  const last = items.at(-1);
  return { items, ...(found.rows.length > query.limit && last !== undefined && { next: makeCursor(last.namespace, last.name) }) };
}

function listedRow(row: ListedRecord): ListedDefinition {
  if (row.run_id === null) return definitionRow(row);
  const ended = row.run_ended_ms === null ? {} : { endedMs: Number(row.run_ended_ms) };
  return { ...definitionRow(row), lastRun: { id: row.run_id, status: row.run_status, startedMs: Number(row.run_started_ms), ...ended } };
}

interface EntryText {
  seq: number;
  at_ms: string;
  tenant: string;
  body: string | null;
  blob: string | null;
}

/** Events one by one, out of the entries that hold them together. */
async function itemsOf(blobs: Blobs, row: EntryText): Promise<HistoryItem[]> {
  const events = parseJsonText(await bodyOf(blobs, row)) as RunEvent[];
  return events.map((event, i) => ({ seq: row.seq + i, atMs: Number(row.at_ms), event }));
}

async function readHistory(sql: Sql, blobs: Blobs, id: string, after: number, limit: number): Promise<HistoryItem[]> {
  const found = await sql.query<EntryText>(
    // From the entry that holds the event after `after`: found through the primary key, however long the history.
    `select seq, at_ms, tenant, body, blob from flow.journal
      where run = $1 and seq >= coalesce((select max(seq) from flow.journal where run = $1 and seq <= $2 + 1), 0) order by seq limit $3`,
    [id, after, limit],
  );
  const items: HistoryItem[] = [];
  for (const row of found.rows) {
    items.push(...(await itemsOf(blobs, row)).filter(({ seq }) => seq > after));
    if (items.length >= limit) break;
  }
  return items.slice(0, limit);
}

async function readTail(sql: Sql, blobs: Blobs, id: string, entries: number): Promise<HistoryItem[]> {
  const found = await sql.query<EntryText>('select seq, at_ms, tenant, body, blob from flow.journal where run = $1 order by seq desc limit $2', [id, entries]);
  const items: HistoryItem[] = [];
  for (const row of found.rows.toReversed()) items.push(...(await itemsOf(blobs, row)));
  return items;
}

interface KeptBody {
  readonly flow: string;
  readonly version?: string;
  readonly hash: string;
  readonly forkOf?: string;
  readonly permit?: { readonly key: string };
  readonly environment?: string;
}

/** The row of the inbox, as the summary that its owner will write (engine/arrivals.ts: StartBody, ForkBody). */
async function readKept(sql: Sql, tenant: string, id: string): Promise<RunRow | undefined> {
  const found = await sql.query<{ shard: number; body: string; sent_ms: string }>(
    `select shard, body, sent_ms from flow.inbox where tenant = $1 and command_id = $2 and state = 'open'`,
    [tenant, `start/${id}`],
  );
  const row = found.rows[0];
  if (row === undefined) return undefined;
  const { flow, version, hash, forkOf, permit, environment } = parseJsonText(row.body) as unknown as KeptBody;
  const [name = '', versionOfStart = ''] = flow.split('@');
  return {
    id,
    shard: row.shard,
    tenant,
    flow: name,
    version: version ?? versionOfStart,
    hash,
    status: 'pending',
    startedMs: Number(row.sent_ms),
    ...FIRST_SEGMENT,
    ...(forkOf !== undefined && { forkOf }),
    ...(permit !== undefined && { permit: permit.key }),
    ...(environment !== undefined && { environment }),
  };
}
