-- What starts runs by itself. `schedule`: one row a flow whose newest version has one, written by the owner of its shard alone.
create table {{schema}}.schedule (
  shard smallint not null,
  tenant text not null,
  flow text not null,
  version text not null,
  hash text not null,
  kind text not null,
  -- For people: cron 0 9 * * MON-FRI (Europe/Berlin), every 5 min, ...
  text text not null,
  paused boolean not null,
  anchor_ms bigint not null,
  -- Every time up to here is decided.
  decided_ms bigint not null,
  next_ms bigint,
  -- The run whose end is waited for.
  awaits text,
  last_ms bigint,
  last_run text,
  missed bigint not null,
  -- Times that have come and wait for room in the line of the flow's limit.
  waiting bigint not null,
  -- Events that wait for others (JSON), where a run starts when all have come.
  gathered text,
  primary key (tenant, flow)
);
-- Which flows an event of a type may start: those of the versions in force. Written by a publication, in its transaction.
create table {{schema}}.event_trigger (
  tenant text not null,
  type text not null,
  flow text not null,
  hash text not null,
  paused boolean not null,
  primary key (tenant, type, flow)
);
create index event_trigger_flow on {{schema}}.event_trigger (tenant, flow);
-- Starts by events whose line is full: kept in the shard that matched the event, written and deleted by its owner alone.
create table {{schema}}.waiting_start (
  shard smallint not null,
  tenant text not null,
  run text collate "C" not null,
  flow text not null,
  -- Where the run begins.
  to_shard smallint not null,
  position bigint generated always as identity,
  body text not null,
  primary key (tenant, run)
);
create index waiting_start_oldest on {{schema}}.waiting_start (shard, tenant, to_shard, position);
create index waiting_start_flow on {{schema}}.waiting_start (tenant, flow);

-- Addresses that others send to. Whose is this id? Asked before a tenant is known; holds no customer content.
create table {{schema}}.webhook_tenant (
  id text primary key,
  tenant text not null
);
grant select, insert, delete on {{schema}}.webhook_tenant to palace_api;
create table {{schema}}.webhook (
  tenant text not null,
  name text not null,
  id text not null references {{schema}}.webhook_tenant (id),
  -- Type of the events that deliveries become, and the flow that they start instead, if one is named.
  type text not null,
  flow text,
  -- In which that flow is started; null: where the flow's triggers start it.
  environment text,
  scheme text not null,
  header text not null,
  created_ms bigint not null,
  primary key (tenant, name),
  unique (tenant, id)
);
-- Sealed by the vault. The newest counts for ever, the one before until its time is over.
create table {{schema}}.webhook_key (
  tenant text not null,
  webhook text not null,
  number int not null,
  sealed bytea not null,
  until_ms bigint,
  primary key (tenant, webhook, number)
);
create table {{schema}}.webhook_delivery (
  tenant text not null,
  webhook text not null,
  seq bigint generated always as identity,
  at_ms bigint not null,
  -- As the sender calls it; of refused ones nothing else is kept.
  message text,
  outcome text not null check (outcome in ('accepted', 'duplicate', 'refused')),
  reason text,
  -- What it became: the run, or the command of its event.
  became text,
  primary key (tenant, webhook, seq)
);
-- A message is accepted once.
create unique index webhook_message on {{schema}}.webhook_delivery (tenant, webhook, message) where outcome = 'accepted';

-- Starts by events of flows that are held back, until they may start (triggers/held-starts.ts).
create table {{schema}}.held_start (
  position bigint generated always as identity primary key,
  shard smallint not null,
  tenant text not null,
  flow text not null,
  consumer_shard smallint not null,
  body text not null,
  at_ms bigint not null
);
create index held_start_flow on {{schema}}.held_start (shard, tenant, flow, position);

-- Broken invariants that the owner of a shard found (engine/reconciler.ts): one row a thing, the newest hundred of a shard.
create table {{schema}}.breach (
  shard smallint not null,
  tenant text not null,
  invariant text not null,
  subject text not null,
  outcome text not null,
  text text not null,
  first_ms bigint not null,
  last_ms bigint not null,
  times int not null,
  primary key (shard, tenant, invariant, subject)
);
create index breach_newest on {{schema}}.breach (tenant, last_ms desc);
