// Waiting runs by the million: copies of the rows of one real run that waits for a timer, each with its own id, shard and due time.
import type pg from 'pg';

const CHUNK = 50_000;
const FAR_MS = 30 * 86_400_000;
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';

export interface Template {
  readonly id: string;
  readonly dueMs: string;
}

export async function templateRun(client: pg.Client): Promise<Template> {
  const found = await client.query<{ id: string; dueMs: string }>(
    `select r.id, t.due_ms::text as "dueMs" from flow.run r join flow.timer t on t.key = r.id where r.status = 'waiting' order by r.started_ms limit 1`,
  );
  const template = found.rows[0];
  if (template === undefined) throw new Error('there is no waiting run to copy');
  return template;
}

/** Id of the n-th copy: its shard's two letters, the template's time, its number. Hexadecimal digits are letters of run ids too. */
const ID = `'run_' || substr('${LETTERS}', (g % 64) / 32 + 1, 1) || substr('${LETTERS}', g % 64 % 32 + 1, 1) || substr($1, 7, 10) || lpad(to_hex(g), 14, '0')`;

export async function copyWaitingRuns(client: pg.Client, { id, dueMs }: Template, from: number, to: number): Promise<void> {
  const farMs = Number(dueMs) + FAR_MS;
  for (let first = from; first <= to; first += CHUNK) {
    const range = [id, first, Math.min(to, first + CHUNK - 1)];
    await client.query(
      `insert into flow.run (id, shard, tenant, flow, version, hash, status, started_ms) select ${ID}, g % 64, r.tenant, r.flow, r.version, r.hash, r.status, r.started_ms + g / 100
         from generate_series($2::int, $3::int) g, flow.run r where r.id = $1`,
      range,
    );
    await client.query(
      `insert into flow.journal (run, seq, count, format, shard, tenant, at_ms, body) select ${ID}, j.seq, j.count, j.format, g % 64, j.tenant, j.at_ms, replace(j.body, $4, ($5::bigint + g)::text)
         from generate_series($2::int, $3::int) g, flow.journal j where j.run = $1`,
      [...range, dueMs, farMs],
    );
    await client.query(
      `insert into flow.timer (shard, key, id, tenant, due_ms) select g % 64, ${ID}, t.id, t.tenant, $4::bigint + g
         from generate_series($2::int, $3::int) g, flow.timer t where t.key = $1`,
      [...range, farMs],
    );
  }
  await client.query('vacuum (analyze) flow.run, flow.journal, flow.timer');
}

/** Moves the timers of `count` of the first `of` copies: the first is due `inMs` from now, then one each `everyMs`. */
export async function makeDue(client: pg.Client, count: number, of: number, inMs: number, everyMs: number): Promise<{ id: string; dueMs: number }[]> {
  const { id } = await templateRun(client);
  await client.query(
    `create temp table due as
     select run, t.due_ms as was, (extract(epoch from clock_timestamp()) * 1000)::bigint + $4 + ((n - 1) * $5::float8)::bigint as due_ms
       from generate_series(1, $2::int) n cross join lateral (select n * ($3::int / $2::int) as g) c cross join lateral (select ${ID} as run) i
       join flow.timer t on t.shard = c.g % 64 and t.key = i.run`,
    [id, count, of, inMs, everyMs],
  );
  await client.query('analyze due');
  await client.query('update flow.timer t set due_ms = d.due_ms from due d where t.key = d.run');
  await client.query('update flow.journal j set body = replace(j.body, d.was::text, d.due_ms::text) from due d where j.run = d.run');
  const made = await client.query<{ id: string; dueMs: string }>(`select run as id, due_ms as "dueMs" from due order by due_ms`);
  return made.rows.map((row) => ({ id: row.id, dueMs: Number(row.dueMs) }));
}
