-- Sets of documents that are published as one. Whose member a document is: of one set, or of none.
create table {{schema}}.set_member (
  tenant text not null,
  kind text not null,
  name text not null,
  set_name text not null,
  primary key (tenant, kind, name)
);
create index set_member_of on {{schema}}.set_member (tenant, set_name);
-- Who applied what when. Bounded: of each set the newest ones (applies/records.ts).
create table {{schema}}.apply (
  tenant text not null,
  number int not null,
  -- Empty: of no set.
  set_name text not null,
  how text not null check (how in ('apply', 'rollback')),
  at_ms bigint not null,
  by_key text not null,
  commit_id text,
  environment text,
  hash text not null,
  created int not null,
  changed int not null,
  pruned int not null,
  same int not null,
  -- [{kind, name, version, hash, action}]: what the set held afterwards.
  items jsonb not null,
  primary key (tenant, number)
);
create index apply_of_set on {{schema}}.apply (tenant, set_name, number desc);
-- In which environment schedules and events start the runs of a flow, where it is not the default one. It outlives the flow's versions, so
-- that a start that is on its way while the flow is withdrawn cannot end up in another environment.
create table {{schema}}.flow_environment (
  tenant text not null,
  flow text not null,
  environment text not null,
  primary key (tenant, flow)
);
