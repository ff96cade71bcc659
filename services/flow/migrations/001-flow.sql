-- AgentsFlow: definitions, runs, journal. Tables with a tenant get row-level security in 002.
create table {{schema}}.program (
  tenant text not null,
  hash text not null,
  format int not null,
  -- The compiled form and the document as written: both inert JSON/text.
  program jsonb not null,
  source text not null,
  published_ms bigint not null,
  primary key (tenant, hash)
);
create table {{schema}}.definition (
  tenant text not null,
  namespace text not null,
  name text not null,
  version text not null,
  hash text not null,
  title text,
  published_ms bigint not null,
  -- Rises with each publication of the flow: the highest is what `latest` means.
  ordinal int not null,
  primary key (tenant, namespace, name, version)
);
-- The summary that lists and filters read; written at start, wait, control change, a new segment and end only (it costs a third of the throughput otherwise).
create table {{schema}}.run (
  id text collate "C" primary key,
  shard smallint not null,
  tenant text not null,
  flow text not null,
  version text not null,
  hash text not null,
  status text not null,
  started_ms bigint not null,
  ended_ms bigint,
  parent text,
  parent_act int,
  fork_of text,
  permit text,
  -- What started it, when nobody did: schedule/TIME, after/TIME, event/ID, webhook/NAME/ID.
  trigger text,
  -- Null: the default one.
  environment text,
  quarantine text,
  quarantined_ms bigint,
  -- The open segment: its number and first event. version and hash above are its own.
  segment int not null default 1,
  segment_seq int not null default 1,
  -- The history is kept from here on.
  first_seq int not null default 1
) with (fillfactor = 85);
create index run_by_start on {{schema}}.run (tenant, started_ms desc, id desc);
create index run_by_flow on {{schema}}.run (tenant, flow, started_ms desc, id desc);
-- What a new owner must look at; everything else sleeps until a command comes.
-- It also counts the open runs by state, without a look at the table (open-runs.ts).
create index run_open on {{schema}}.run (shard, status, started_ms) where ended_ms is null;
-- Looked through by the reconciler, page by page.
create index run_waiting on {{schema}}.run (shard, id) where status = 'waiting';
create index run_attention on {{schema}}.run (tenant, status, started_ms desc, id desc) where status in ('pending', 'waiting', 'paused', 'failed', 'quarantined');
create index run_permit on {{schema}}.run (shard, permit) where permit is not null and ended_ms is null;
-- One row a decision: `count` events from `seq` on, a JSON array as text (1.4x less database time than jsonb). A partition holds the runs
-- born in one period, so that what has expired is dropped and not rewritten; partitions are made by retention/journal-periods.ts.
create table {{schema}}.journal (
  run text collate "C" not null,
  seq int not null,
  count smallint not null,
  format smallint not null,
  shard smallint not null,
  tenant text not null,
  at_ms bigint not null,
  -- Either the text, or (above 64 KiB) where the blob store has it.
  body text,
  blob text,
  blob_size int,
  primary key (run, seq),
  check ((body is null) <> (blob is null))
) partition by range (run);
-- For runs whose period has no partition (any more), e.g. of a cause that lies far back. Never the normal case.
create table {{schema}}.journal_rest partition of {{schema}}.journal default;
-- Partitions of the journal: runs `from_run` <= id < `to_run`. `expired`: runs that have left entries behind since it was made or swept.
create table {{schema}}.journal_period (
  name text primary key,
  from_run text collate "C" not null,
  to_run text collate "C" not null,
  expired bigint not null default 0
);
grant select, update on {{schema}}.journal_period to palace_engine;
-- The segments of a run that are closed; the open one stands in its run row, so that a run of one segment has none here (ENGINE E11).
create table {{schema}}.segment (
  run text collate "C" not null,
  number int not null,
  first_seq int not null,
  last_seq int not null,
  hash text not null,
  version text not null,
  closed_ms bigint not null,
  shard smallint not null,
  tenant text not null,
  primary key (run, number)
);
-- Which runs mention a blob: written in the commit that mentions it; collection deletes only what no row names (ENGINE E15).
create table {{schema}}.blob_ref (
  tenant text not null,
  hash text not null,
  run text collate "C" not null,
  shard smallint not null,
  primary key (tenant, hash, run)
);
create table {{schema}}.snapshot (
  run text collate "C" primary key,
  seq int not null,
  format smallint not null,
  evolve text not null,
  shard smallint not null,
  tenant text not null,
  body text not null
);
-- Unique and irreversible acts only; reads and idempotent acts live in the journal alone.
create table {{schema}}.effect (
  run text collate "C" not null,
  key text not null,
  act int not null,
  attempt int not null,
  position text not null,
  class text not null,
  function text not null,
  args text not null,
  args_hash text not null,
  state text not null check (state in ('intent', 'confirmed', 'failed', 'in-doubt')),
  result text,
  requested_ms bigint not null,
  settled_ms bigint,
  shard smallint not null,
  tenant text not null,
  primary key (run, key)
);
create index effect_in_doubt on {{schema}}.effect (tenant, requested_ms) where state = 'in-doubt';
create table {{schema}}.subscription (
  run text collate "C" not null,
  act int not null,
  type text not null,
  shard smallint not null,
  tenant text not null,
  primary key (run, act, type)
);
create index subscription_by_type on {{schema}}.subscription (tenant, type);
create table {{schema}}.event (
  position bigint generated always as identity primary key,
  shard smallint not null,
  tenant text not null,
  type text not null,
  source text not null,
  id text not null,
  at_ms bigint not null,
  matched boolean not null,
  body text not null,
  -- The run that said it; null when it came from outside.
  run text collate "C",
  unique (tenant, source, id)
);
create index event_recent on {{schema}}.event (tenant, type, at_ms);
-- For who listens to events of every type.
create index event_of_tenant on {{schema}}.event (tenant, at_ms);
create index event_unmatched on {{schema}}.event (shard) where not matched;
