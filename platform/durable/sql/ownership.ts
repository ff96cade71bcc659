// Ownership in the database: who lives, who owns which shard until when, engine time. Times are engine time unless named otherwise.

export const OWNERSHIP_SQL = `
create function {{schema}}.wall_ms() returns bigint language sql volatile
as $$ select (extract(epoch from clock_timestamp()) * 1000)::bigint $$;

create function {{schema}}.current_timeline() returns text language sql volatile
as $$ select (select system_identifier from pg_control_system())::text || '/' || substring(pg_walfile_name(pg_current_wal_lsn()), 1, 8) $$;

-- Nodes whose process holds its session lock.
create function {{schema}}.living() returns table (id text) language sql stable
as $$
  select n.id from {{schema}}.node n
  join pg_locks l on l.locktype = 'advisory' and l.objsubid = 2 and l.granted
    and l.classid = (hashtext('{{schema}}')::bigint & 4294967295)::oid and l.objid = n.lock_key::oid
    and l.database = (select oid from pg_database where datname = current_database())
$$;

-- E7: after a promotion every epoch rises before anything is served. Every connection that will commit calls this first.
create function {{schema}}.arrive() returns void language plpgsql as $$
declare
  now_on text := {{schema}}.current_timeline();
begin
  perform 1 from {{schema}}.clock where timeline is not distinct from now_on;
  if found then return; end if;
  perform 1 from {{schema}}.clock for update;
  perform 1 from {{schema}}.clock where timeline is not distinct from now_on;
  if found then return; end if;
  perform 1 from {{schema}}.shard order by id for update;
  update {{schema}}.shard set epoch = epoch + 1, owner = null where owner is not null;
  update {{schema}}.clock set timeline = now_on, version = version + 1, unsettled_ms = case when timeline is null then null else {{schema}}.wall_ms() end;
end $$;

create function {{schema}}.enlist(node_id text, format integer) returns boolean language plpgsql as $$
declare
  lock integer;
begin
  perform {{schema}}.arrive();
  select lock_key into lock from {{schema}}.node where id = node_id;
  lock := coalesce(lock, floor(random() * 2147483647)::integer);
  if not pg_try_advisory_lock(hashtext('{{schema}}'), lock) then return false; end if;
  insert into {{schema}}.node (id, lock_key, reads_format, seen_ms) values (node_id, lock, format, {{schema}}.wall_ms())
  on conflict (id) do update set reads_format = excluded.reads_format, seen_ms = excluded.seen_ms;
  return true;
end $$;

-- A node that knows the time takes a jump off the offset. Without one the database's clock is believed, never below the high water;
-- but first, for three leases, those are asked who may know better.
create function {{schema}}.settle_clock(node_id text, engine_ms bigint, known integer, correction_ms bigint, node_wall_ms bigint, lease_ms integer) returns void language plpgsql as $$
declare
  c {{schema}}.clock;
  high bigint;
  wall bigint;
  offset_now bigint;
  others boolean;
begin
  select * into c from {{schema}}.clock for update;
  wall := {{schema}}.wall_ms();
  offset_now := c.offset_ms;
  select greatest(c.high_water_ms, max(high_water_ms)) into high from {{schema}}.node;
  if engine_ms is not null then
    if known <> c.version then return; end if;
    offset_now := offset_now - correction_ms;
    perform 1 from {{schema}}.shard order by id for update;
    update {{schema}}.shard set lease_until_ms = least(lease_until_ms, wall + offset_now + lease_ms);
  else
    if wall between c.unsettled_ms and c.unsettled_ms + 3 * lease_ms then return; end if;
    others := exists (select from {{schema}}.living() l join {{schema}}.node n using (id) where n.id <> node_id and n.high_water_ms > 0);
    if c.unsettled_ms is null and high < wall + offset_now - 2 * lease_ms and (others or abs(node_wall_ms - wall - offset_now) > 60000) then
      update {{schema}}.clock set unsettled_ms = wall, version = version + 1;
      return;
    end if;
    if not others then offset_now := greatest(offset_now, high - wall); end if;
    if offset_now = c.offset_ms and c.unsettled_ms is null then return; end if;
  end if;
  update {{schema}}.clock set offset_ms = offset_now, version = c.version + 1, set_at_ms = coalesce(engine_ms, wall + offset_now), unsettled_ms = null, high_water_ms = high;
end $$;

create function {{schema}}.renew(node_id text, format integer, is_leaving boolean, ids integer[], epochs bigint[], lease_ms integer, engine_ms bigint, known integer, correction_ms bigint, node_wall_ms bigint, known_halts bigint)
returns json language plpgsql as $$
declare
  c {{schema}}.clock;
  now_ms bigint;
  free integer[];
  kept json;
  unsure json;
  orphans json;
  nodes json;
  alive text[];
begin
  perform {{schema}}.arrive();
  select * into c from {{schema}}.clock;
  if correction_ms is not null or engine_ms is null then
    perform {{schema}}.settle_clock(node_id, engine_ms, known, correction_ms, node_wall_ms, lease_ms);
    select * into c from {{schema}}.clock;
  end if;
  select coalesce(array_agg(id), '{}') into free from (select id from {{schema}}.shard where id = any (ids) order by id for update skip locked) unlocked;
  now_ms := {{schema}}.wall_ms() + c.offset_ms;
  with renewed as (
    update {{schema}}.shard s set lease_until_ms = now_ms + lease_ms from unnest(ids, epochs) f (id, epoch)
    where s.id = f.id and s.epoch = f.epoch and s.owner = node_id and s.id = any (free) returning s.id, s.epoch)
  select coalesce(json_agg(json_build_object('shard', id, 'epoch', epoch)), '[]') into kept from renewed;
  select coalesce(json_agg(json_build_object('shard', s.id, 'epoch', s.epoch)), '[]') into unsure
  from {{schema}}.shard s join unnest(ids, epochs) f (id, epoch) using (id, epoch) where s.owner = node_id and s.id <> all (free);
  update {{schema}}.node set seen_ms = now_ms, reads_format = format, leaving = is_leaving, high_water_ms = greatest(high_water_ms, engine_ms) where id = node_id;
  select coalesce(array_agg(id), '{}') into alive from {{schema}}.living();
  select coalesce(json_agg(json_build_object('nodeId', id, 'readsFormat', reads_format)), '[]') into nodes
  from {{schema}}.node where id = any (alive) and not leaving and (id = node_id or seen_ms > now_ms - lease_ms);
  select coalesce(json_agg(id order by id), '[]') into orphans from {{schema}}.shard
  where owner is null or owner <> all (alive) or (owner = node_id and id <> all (ids)) or (owner <> node_id and lease_until_ms < now_ms);
  return json_build_object('kept', kept, 'unsure', unsure, 'orphans', orphans, 'nodes', nodes, 'databaseMs', {{schema}}.wall_ms(),
    'clock', json_build_object('offsetMs', c.offset_ms, 'timeline', c.timeline, 'settled', c.unsettled_ms is null, 'version', c.version, 'setAtMs', c.set_at_ms),
    'halts', {{schema}}.read_halts(known_halts), 'minReader', (select min_reader from {{schema}}.halt));
end $$;

-- Rows that commits held during a renewal: waited for on their own and in order, so that nothing else waits behind them.
create function {{schema}}.renew_held(node_id text, ids integer[], epochs bigint[], lease_ms integer) returns json language plpgsql as $$
declare
  kept json;
begin
  perform set_config('lock_timeout', '1000', true);
  perform 1 from {{schema}}.shard where id = any (ids) order by id for update;
  with renewed as (
    update {{schema}}.shard s set lease_until_ms = {{schema}}.wall_ms() + (select offset_ms from {{schema}}.clock) + lease_ms from unnest(ids, epochs) f (id, epoch)
    where s.id = f.id and s.epoch = f.epoch and s.owner = node_id returning s.id, s.epoch)
  select coalesce(json_agg(json_build_object('shard', id, 'epoch', epoch)), '[]') into kept from renewed;
  return kept;
end $$;

-- Compare and set: what made a shard free is looked at again under its lock. Shards locked by somebody's commit are left for the next try,
-- or waited for when patient.
create function {{schema}}.claim(node_id text, ids integer[], lease_ms integer, patient boolean) returns json language plpgsql as $$
declare
  offset_now bigint;
  free integer[];
  claimed json;
begin
  if patient then
    perform set_config('lock_timeout', '500', true);
    perform 1 from {{schema}}.shard where id = any (ids) order by id for update;
    free := ids;
  else
    select coalesce(array_agg(id), '{}') into free from (select id from {{schema}}.shard where id = any (ids) order by id for update skip locked) locked;
  end if;
  select offset_ms into offset_now from {{schema}}.clock where unsettled_ms is null;
  with taken as (
    update {{schema}}.shard s set owner = node_id, epoch = s.epoch + 1, lease_until_ms = {{schema}}.wall_ms() + offset_now + lease_ms
    where s.id = any (free) and offset_now is not null and (s.owner is null or s.owner = node_id
      or s.lease_until_ms < {{schema}}.wall_ms() + offset_now or not exists (select from {{schema}}.living() l where l.id = s.owner))
    returning s.id, s.epoch)
  select coalesce(json_agg(json_build_object('shard', id, 'epoch', epoch) order by id), '[]') into claimed from taken;
  return json_build_object('claimed', claimed, 'locked', (select coalesce(json_agg(id), '[]') from unnest(ids) as id where id <> all (free)));
end $$;

-- A session that sits idle inside a transaction while it holds a shard row is ended (E1).
create function {{schema}}.end_stalled_commits(service_prefix text) returns bigint language sql volatile
as $$
  select count(*) filter (where pg_terminate_backend(pid)) from pg_stat_activity
  where state like 'idle in transaction%' and usename = current_user and starts_with(application_name, service_prefix)
    and state_change < clock_timestamp() - interval '300 ms'
$$;

create function {{schema}}.release(node_id text, ids integer[], epochs bigint[]) returns void language plpgsql as $$
begin
  perform 1 from {{schema}}.shard where id = any (ids) order by id for update;
  update {{schema}}.shard s set owner = null from unnest(ids, epochs) f (id, epoch) where s.id = f.id and s.epoch = f.epoch and s.owner = node_id;
end $$;

create function {{schema}}.retire(node_id text) returns void language plpgsql as $$
begin
  perform 1 from {{schema}}.clock for update;
  update {{schema}}.clock c set high_water_ms = greatest(c.high_water_ms, n.high_water_ms) from {{schema}}.node n where n.id = node_id;
  perform 1 from {{schema}}.shard where owner = node_id order by id for update;
  update {{schema}}.shard set owner = null where owner = node_id;
  delete from {{schema}}.node n where n.id = node_id
    or (n.seen_ms < {{schema}}.wall_ms() + (select offset_ms from {{schema}}.clock) - 3600000 and not exists (select from {{schema}}.living() l where l.id = n.id));
  perform pg_advisory_unlock_all();
end $$;

-- E18: another life begins with what a backup held. Called by a restore, as the owner, before anybody else is let in. It is held
-- until somebody lets it go (incarnation_released).
-- Epochs rise above all that the original has given out or ever will, and differ between two copies: minutes in the upper bits, chance below,
-- 26 bits of room for takeovers. Engine time is the new server's, never below what the original had reached.
create function {{schema}}.begin_incarnation(why text) returns void language plpgsql as $$
declare
  high bigint;
  jump bigint := {{schema}}.wall_ms() / 60000 * 134217728 + floor(random() * 67108864)::bigint;
begin
  select greatest((select high_water_ms from {{schema}}.clock), (select max(high_water_ms) from {{schema}}.node)) into high;
  update {{schema}}.clock set timeline = null, unsettled_ms = null, version = version + 1, high_water_ms = high,
    offset_ms = greatest(0, high - {{schema}}.wall_ms()), set_at_ms = greatest(high, {{schema}}.wall_ms());
  update {{schema}}.shard set owner = null, lease_until_ms = 0, epoch = greatest(jump, (select max(epoch) from {{schema}}.shard) + 1);
  delete from {{schema}}.node;
  insert into {{schema}}.incarnation (restored_ms) values (greatest(high, {{schema}}.wall_ms()));
  -- What was certainly held back there may have gone on after the backup.
  update {{schema}}.halt_scope set certain_ms = null;
  insert into {{schema}}.halt_scope (scope, level, reason, by, since_ms) values ('all', 'everything', why, 'palace restore', greatest(high, {{schema}}.wall_ms()))
  on conflict (scope) do update set level = excluded.level, reason = excluded.reason, by = excluded.by, since_ms = excluded.since_ms;
end $$;
`;
