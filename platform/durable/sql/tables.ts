// Tables of the durable component.
import { tenantTable } from '../../database/tenant-table.ts';

const open = (table: string): string => `grant select, insert, update, delete on {{schema}}.${table} to palace_engine;\n`;

export const TABLES_SQL = `
create table {{schema}}.node (
  id text primary key,
  -- A session of the living process holds the advisory lock (hashtext(schema), lock_key).
  lock_key integer not null,
  reads_format integer not null,
  leaving boolean not null default false,
  seen_ms bigint not null,
  high_water_ms bigint not null default 0
);

create table {{schema}}.shard (
  id integer primary key check (id between 0 and 63),
  owner text,
  epoch bigint not null default 0,
  -- Engine time.
  lease_until_ms bigint not null default 0
) with (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);
insert into {{schema}}.shard (id) select generate_series(0, 63);

create table {{schema}}.clock (
  one boolean primary key default true check (one),
  offset_ms bigint not null default 0,
  -- Rises with every change of the offset; a change names the version it knows.
  version integer not null default 0,
  -- What whoever set this version believed engine time to be then.
  set_at_ms bigint not null default 0,
  high_water_ms bigint not null default 0,
  -- System identifier and timeline of the server that last served; null before the first.
  timeline text,
  -- Database time at which the clock became doubtful (a promotion, a jump) and nobody has settled it yet.
  unsettled_ms bigint
);
insert into {{schema}}.clock default values;

create table {{schema}}.halt (
  one boolean primary key default true check (one),
  version bigint not null default 0,
  min_reader integer not null default 0
);
insert into {{schema}}.halt default values;

-- What is held back (E19). Whoever writes here raises the version, whatever way it comes: processes read the table when that has changed.
create table {{schema}}.halt_scope (
  -- all, or as the service names it, e.g. tenant:T, flow:T/NAMESPACE/NAME.
  scope text primary key,
  level text not null check (level in ('effects', 'everything')),
  reason text,
  by text not null,
  -- Engine time.
  since_ms bigint not null,
  -- Engine time after its commit, said by a second statement: from then on it is certain that every reader saw it.
  certain_ms bigint,
  check (level = 'effects' or scope = 'all')
);
create function {{schema}}.raise_halt_version() returns trigger language plpgsql as $$
begin
  update {{schema}}.halt set version = version + 1;
  return null;
end $$;
create trigger halt_version after insert or update or delete on {{schema}}.halt_scope
for each statement execute function {{schema}}.raise_halt_version();

-- A row for each restore (begin_incarnation). What was begun before released_ms may have gone on in the original after the backup.
create table {{schema}}.incarnation (
  number integer generated always as identity primary key,
  -- Engine time.
  restored_ms bigint not null,
  -- When it was let go; null while it is held.
  released_ms bigint
);
create function {{schema}}.release_incarnation() returns trigger language plpgsql as $$
begin
  -- A second less, for what a node knows of the time; what began after the restore began here.
  update {{schema}}.incarnation set released_ms = greatest(restored_ms, {{schema}}.engine_now_ms() - 1000) where released_ms is null;
  return null;
end $$;
create trigger incarnation_released after delete on {{schema}}.halt_scope
for each row when (old.scope = 'all' and old.level = 'everything') execute function {{schema}}.release_incarnation();

create table {{schema}}.inbox (
  tenant text not null,
  command_id text not null,
  shard integer not null,
  seq bigint generated always as identity,
  key text not null,
  kind text not null,
  body text not null,
  sent_ms bigint not null,
  state text not null default 'open',
  detail text,
  primary key (tenant, command_id)
);
-- By tenant, so that nobody's rows are found behind the rows of others (R9).
create index inbox_open on {{schema}}.inbox (shard, tenant, seq) where state = 'open';

create table {{schema}}.stream_head (
  shard integer not null,
  consumer text not null,
  consumer_shard integer not null,
  position bigint not null,
  primary key (consumer, consumer_shard, shard)
) with (fillfactor = 70);

create table {{schema}}.stream (
  shard integer not null,
  consumer text not null,
  consumer_shard integer not null,
  position bigint not null,
  tenant text not null,
  kind text not null,
  body text not null,
  -- By the database's clock: for the figure of the oldest one.
  sent_ms bigint not null default (extract(epoch from clock_timestamp()) * 1000)::bigint,
  primary key (consumer, consumer_shard, shard, position)
);
create index stream_tenant on {{schema}}.stream (consumer, consumer_shard, tenant, shard, position);

create table {{schema}}.cursor (
  consumer_shard integer not null,
  producer text not null,
  producer_shard integer not null,
  position bigint not null,
  -- Decided positions beyond the contiguous ones.
  ahead bigint[] not null default '{}',
  primary key (consumer_shard, producer, producer_shard)
) with (fillfactor = 70);

create table {{schema}}.timer (
  shard integer not null,
  key text not null,
  id text not null,
  tenant text not null,
  due_ms bigint not null,
  primary key (shard, key, id)
);
create index timer_due on {{schema}}.timer (shard, due_ms);
create index timer_tenant on {{schema}}.timer (shard, tenant, due_ms);

create table {{schema}}.dedupe (
  tenant text not null,
  scope text not null,
  key text not null,
  fingerprint text not null,
  answer text not null,
  at_ms bigint not null,
  primary key (tenant, scope, key)
);

-- Always empty: what is written here is taken back (prove_room).
create table {{schema}}.room (filler text not null);
alter table {{schema}}.room alter column filler set storage plain;
grant insert, truncate on {{schema}}.room to palace_engine;

${['node', 'shard', 'clock', 'halt', 'halt_scope', 'incarnation', 'stream_head', 'cursor'].map(open).join('')}
grant usage on schema {{schema}} to palace_engine, palace_api;
grant usage on all sequences in schema {{schema}} to palace_engine;
${tenantTable('{{schema}}', 'inbox', { shardColumn: 'shard', api: ['select', 'insert'] })}
${tenantTable('{{schema}}', 'stream', { shardColumn: 'consumer_shard', api: [] })}
${tenantTable('{{schema}}', 'timer', { shardColumn: 'shard', api: [] })}
${tenantTable('{{schema}}', 'dedupe', { api: ['select'] })}
-- Passed stream rows of any tenant go together.
create policy palace_engine_trim on {{schema}}.stream for delete to palace_engine using (consumer_shard = any ((select palace.shards())::integer[]));
`;
