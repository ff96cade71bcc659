// What must hold of the rows of an installation at rest: looked at from outside, as the owner of its database.
// I1 Every journal folds, from its segment's beginning and from its snapshot, to one state, and the summary says that state.
// I2 The ledger says of every guarded act what the last event about it says.
// I3 Streams have no gap up to their heads, and no cursor is past its head.
// I4 Every payload that a row names is in the store.
import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import { link } from '@palace/flow/core/link.ts';
import type { RunEvent } from '@palace/flow/core/model.ts';
import type { Program } from '@palace/flow/core/program.ts';
import { snapshot } from '@palace/flow/core/run.ts';
import { runStatus } from '@palace/flow/core/view.ts';
import { fold } from '@palace/flow/engine/loading.ts';
import { readRuns } from '@palace/flow/store/postgres.ts';
import type { Blobs } from '@palace/platform/blobs/port.ts';

export interface StoredState {
  readonly runs: ReadonlyMap<string, string>;
  readonly effects: number;
  readonly faults: readonly string[];
}

const PAGE = 200;
const WHOLE_SEGMENT = 2_147_483_647;

export async function storedState(url: string, blobs: Blobs): Promise<StoredState> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const faults: string[] = [];
  try {
    const { rows } = await client.query<{ id: string; tenant: string; hash: string; status: string }>(
      'select id, tenant, hash, status from flow.run order by id',
    );
    const programs = await client.query<{ tenant: string; hash: string; program: Program }>('select tenant, hash, program from flow.program');
    const linked = new Map(programs.rows.map((row) => [`${row.tenant} ${row.hash}`, link(row.program, row.hash)]));
    let effects = 0;
    for (let at = 0; at < rows.length; at += PAGE) {
      const ids = rows.slice(at, at + PAGE).map(({ id }) => id);
      const [shortest, longest] = [await readRuns(client, blobs, ids), await readRuns(client, blobs, ids, WHOLE_SEGMENT)];
      for (const [n, stored] of longest.entries()) {
        const { id, tenant, hash, status } = stored.row;
        const flow = linked.get(`${tenant} ${hash}`);
        if (flow === undefined) {
          faults.push(`${id}: its program is not there`);
          continue;
        }
        const ledger = new Map<string, string>();
        const { run } = fold(stored, flow, { each: (_, event) => noteEffect(ledger, event) });
        const other = shortest[n];
        if (other === undefined || !isDeepStrictEqual(plain(snapshot(run)), plain(snapshot(fold(other, flow).run))))
          faults.push(`${id}: its snapshot is another state`);
        if (status !== 'quarantined' && runStatus(run) !== status) faults.push(`${id}: its journal says ${runStatus(run)}, its summary ${status}`);
        const kept = await client.query<{ key: string; state: string }>('select key, state from flow.effect where run = $1', [id]);
        const said = new Map(kept.rows.map(({ key, state }) => [key, state]));
        effects += said.size;
        for (const key of new Set([...said.keys(), ...ledger.keys()]))
          if (said.get(key) !== ledger.get(key)) faults.push(`${id}: of the act ${key} the ledger says ${said.get(key)}, the journal ${ledger.get(key)}`);
      }
    }
    faults.push(...(await streamFaults(client)), ...(await blobFaults(client, blobs)));
    return { runs: new Map(rows.map(({ id, status }) => [id, status])), effects, faults };
  } finally {
    await client.end();
  }
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

/** I2 */
function noteEffect(ledger: Map<string, string>, event: RunEvent): void {
  if (event.type === 'effect.requested' && event.position !== undefined) ledger.set(event.key, 'intent');
  else if (event.type === 'effect.doubted' && event.key !== undefined) ledger.set(event.key, event.verifying ? 'intent' : 'in-doubt');
  else if (event.type === 'effect.completed' && event.key !== undefined && event.how !== 'ledger' && event.how !== 'dry') ledger.set(event.key, 'confirmed');
  else if (event.type === 'effect.failed' && event.key !== undefined) ledger.set(event.key, 'failed');
  else if (event.type === 'effect.absent' && event.key !== undefined) ledger.set(event.key, 'failed');
  else if (event.type === 'effect.abandoned') ledger.set(event.key, 'in-doubt');
}

async function streamFaults(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select s.consumer || ' ' || s.consumer_shard || ' from ' || s.shard as name
     from flow.stream s join flow.stream_head h using (shard, consumer, consumer_shard)
     group by s.consumer, s.consumer_shard, s.shard, h.position
     having max(s.position) <> h.position or max(s.position) - min(s.position) + 1 <> count(*)
     union all
     select 'cursor ' || c.consumer_shard || ' of ' || c.producer_shard from flow.cursor c
     left join flow.stream_head h on h.consumer = 'flow' and h.consumer_shard = c.consumer_shard and h.shard = c.producer_shard
     where c.producer = 'flow' and c.position > coalesce(h.position, 0)`,
  );
  return rows.map(({ name }) => `the stream ${name} has a gap`);
}

async function blobFaults(client: pg.Client, blobs: Blobs): Promise<string[]> {
  const { rows } = await client.query<{ tenant: string; hash: string }>('select distinct tenant, hash from flow.blob_ref');
  const missing: string[] = [];
  for (const { tenant, hash } of rows) if ((await blobs.get(tenant, hash)) === undefined) missing.push(`the payload ${hash} is not there`);
  return missing;
}
