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
