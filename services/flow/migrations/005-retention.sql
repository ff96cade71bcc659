-- Retention: what has ended leaves, in bounded steps (retention/).
-- A partition of the journal and its row, in one transaction. By attaching, which stops nobody. False: rows of the period lie in journal_rest.
create function {{schema}}.make_period(part text, first_run text, end_run text) returns boolean language plpgsql as $$
begin
  execute format('create table {{schema}}.%I (like {{schema}}.journal including all)', part);
  execute format('alter table {{schema}}.%I enable row level security', part);
  execute format('alter table {{schema}}.%I force row level security', part);
  execute format('alter table {{schema}}.journal attach partition {{schema}}.%I for values from (%L) to (%L)', part, first_run, end_run);
  insert into {{schema}}.journal_period (name, from_run, to_run) values (part, first_run, end_run);
  return true;
exception when check_violation then return false;
end $$;
-- The caller holds the journal, and has seen that no run of the period is left.
create function {{schema}}.drop_period(part text) returns void language plpgsql as $$
begin
  delete from {{schema}}.journal_period where name = part;
  if found then execute format('drop table {{schema}}.%I', part); end if;
end $$;
-- Nobody else writes to the partition until the end of the transaction. The owner may look into it, though it is no superuser.
create function {{schema}}.lock_period(part text) returns void language plpgsql as $$
begin
  execute format('alter table {{schema}}.%I no force row level security', part);
end $$;
-- A partition with what these runs have in it, in place of one that is mostly of runs that are gone. Copied while the partition alone is
-- locked (lock_period); the whole journal is for the moment of the exchange. The caller sets how long a lock is waited for.
create function {{schema}}.rewrite_period(part text, kept text[]) returns void language plpgsql as $$
declare
  p {{schema}}.journal_period;
begin
  select * into p from {{schema}}.journal_period where name = part for update;
  execute format('create table {{schema}}.%I (like {{schema}}.journal including all)', part || '_kept');
  execute format('insert into {{schema}}.%I select * from {{schema}}.%I where run = any ($1)', part || '_kept', part) using kept;
  lock table only {{schema}}.journal in access exclusive mode;
  execute format('drop table {{schema}}.%I', part);
  execute format('alter table {{schema}}.%I rename to %I', part || '_kept', part);
  execute format('alter table {{schema}}.%I enable row level security', part);
  execute format('alter table {{schema}}.%I force row level security', part);
  execute format('alter table {{schema}}.journal attach partition {{schema}}.%I for values from (%L) to (%L)', part, p.from_run, p.to_run);
  update {{schema}}.journal_period set expired = 0 where name = part;
end $$;

-- Runs of owned shards that are over: everything of them but their journal, which goes with its partition. Fenced like every write of an
-- owner (ENGINE E1). What is not over by now stays.
create function {{schema}}.expire_runs(ids integer[], epochs bigint[], doomed text[]) returns integer language plpgsql as $$
declare
  gone text[];
  strays text[];
begin
  perform {{schema}}.enter('{}', ids);
  perform {{schema}}.take_fences(ids, epochs);
  perform set_config('enable_seqscan', 'off', true);
  with d as (delete from {{schema}}.run where id = any (doomed) and ended_ms is not null returning id) select coalesce(array_agg(id), '{}') into gone from d;
  delete from {{schema}}.segment where run = any (gone);
  delete from {{schema}}.snapshot where run = any (gone);
  delete from {{schema}}.effect where run = any (gone);
  delete from {{schema}}.subscription where run = any (gone);
  delete from {{schema}}.blob_ref where run = any (gone);
  with left_behind as (
    select p.name, g.id from unnest(gone) as g (id) left join {{schema}}.journal_period p on g.id >= p.from_run and g.id < p.to_run),
  counted as (
    update {{schema}}.journal_period p set expired = p.expired + l.n from (select name, count(*) as n from left_behind group by 1) l where p.name = l.name)
  select array_agg(id) into strays from left_behind where name is null;
  if strays is not null then delete from {{schema}}.journal where run = any (strays); end if;
  return cardinality(gone);
end $$;

-- The oldest closed segment of an owned shard that is over, of a run that may go on for ever: its events go, the run says from where on its
-- history is kept (ENGINE E11). Fenced. Returns how many went: one or none.
create index segment_closed on {{schema}}.segment (closed_ms);
create function {{schema}}.expire_segment(ids integer[], epochs bigint[], now_ms bigint, keep_ms bigint, least_ms bigint) returns integer language plpgsql as $$
declare
  s {{schema}}.segment;
  freed text[];
begin
  perform {{schema}}.enter('{}', ids);
  perform {{schema}}.take_fences(ids, epochs);
  select c.* into s from {{schema}}.segment c join {{schema}}.run r on r.id = c.run left join {{schema}}.retention k on k.hash = r.hash
  where c.closed_ms < now_ms - least_ms and c.closed_ms < now_ms - coalesce(k.completed_ms, keep_ms) and c.shard = any (ids) order by c.closed_ms limit 1;
  if not found then return 0; end if;
  perform {{schema}}.enter(array[s.tenant], ids);
  update {{schema}}.run set first_seq = s.last_seq + 1 where id = s.run and first_seq <= s.last_seq;
  with gone as (delete from {{schema}}.journal where run = s.run and seq <= s.last_seq returning blob)
  select array_agg(blob) filter (where blob is not null) into freed from gone;
  delete from {{schema}}.blob_ref b where b.run = s.run and b.hash = any (freed)
    and not exists (select from {{schema}}.journal j where j.run = s.run and j.blob = b.hash);
  delete from {{schema}}.segment where run = s.run and number <= s.number;
  return 1;
end $$;

-- What was never partitioned by time leaves by age, a bounded number at once. As the owner, who may look at nothing but what is that old.
create index dedupe_age on {{schema}}.dedupe (at_ms);
create index inbox_decided on {{schema}}.inbox (sent_ms) where state <> 'open';
create index blob_ref_run on {{schema}}.blob_ref (run);
create index blob_ref_hash on {{schema}}.blob_ref (hash);
create policy owner_expires on {{schema}}.dedupe for all to current_user using (at_ms >= 0);
create policy owner_expires on {{schema}}.inbox for all to current_user using (state <> 'open');
create policy owner_expires on {{schema}}.event for all to current_user using (matched);
create function {{schema}}.expire_by_age(before_ms bigint, most integer, out keys integer, out commands integer, out events integer) language plpgsql as $$
begin
  perform set_config('enable_seqscan', 'off', true);
  delete from {{schema}}.dedupe where ctid = any (array(select ctid from {{schema}}.dedupe where at_ms < before_ms order by at_ms limit most));
  get diagnostics keys = row_count;
  delete from {{schema}}.inbox where ctid = any (array(
    select ctid from {{schema}}.inbox where state <> 'open' and sent_ms < before_ms order by sent_ms limit most));
  get diagnostics commands = row_count;
  -- The oldest come first: a page that begins too young ends it.
  delete from {{schema}}.event where ctid = any (array(
    select e.ctid from (select ctid, at_ms, matched from {{schema}}.event order by position limit most) e where e.matched and e.at_ms < before_ms));
  get diagnostics events = row_count;
end $$;

-- Of runs that are gone: any tenant's, in owned shards.
{{expire_policies}}
-- How long flows keep their ended runs, for those versions that say so; holds no customer content.
create table {{schema}}.retention (
  hash text primary key,
  completed_ms bigint,
  failed_ms bigint
);
grant select, insert on {{schema}}.retention to palace_api;
grant select on {{schema}}.retention to palace_engine;
-- What the database held, from time to time: growth is told from it.
create table {{schema}}.storage_sample (
  at_ms bigint primary key,
  bytes bigint not null,
  -- Table to bytes, and to the time of its oldest row where it expires by age.
  tables jsonb not null,
  oldest jsonb not null
);
grant select on {{schema}}.storage_sample to palace_engine;
-- Rows come and go in these: vacuumed by number, however large they have grown.
alter table {{schema}}.run set (autovacuum_vacuum_scale_factor = 0.02);
alter table {{schema}}.inbox set (autovacuum_vacuum_scale_factor = 0.02);
alter table {{schema}}.stream set (autovacuum_vacuum_scale_factor = 0.02);
alter table {{schema}}.timer set (autovacuum_vacuum_scale_factor = 0.02);
alter table {{schema}}.dedupe set (autovacuum_vacuum_scale_factor = 0.02);
alter table {{schema}}.event set (autovacuum_vacuum_scale_factor = 0.02);
alter table {{schema}}.subscription set (autovacuum_vacuum_scale_factor = 0.02);
