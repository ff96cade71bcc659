// Reads of the durable component: each answers for many shards in one statement and names them for row security first.

export const READS_SQL = `
-- The tenants in turn: each that has open rows gets the same part of the limit and of the bytes, its oldest rows first. One probe finds
-- the next tenant (measured: 1,000 tenants in 7 ms, one by one in a loop 78 ms; one tenant and one row 0.5 ms, by seq alone 0.4 ms).
-- Rows in hand are left out by a hashed subquery (1,900 of them: 8 ms; compared one by one 70 ms).
create function {{schema}}.read_inbox(shards integer[], reads jsonb)
returns table (shard integer, tenant text, key text, command_id text, kind text, body text, sent_ms bigint, part integer, many integer, cut boolean)
language plpgsql as $$
begin
  perform {{schema}}.enter('{}', shards);
  return query select i.shard, i.tenant, i.key, i.command_id, i.kind, i.body, i.sent_ms, i.part, i.many, i.cut
  from jsonb_to_recordset(reads) as r (shard integer, "limit" integer, bytes integer, except_ids text[], sated text[], since text)
  cross join lateral (
    with recursive waiting as (
      (select i.tenant from {{schema}}.inbox i where i.shard = r.shard and i.state = 'open' and i.tenant > r.since order by i.tenant limit 1)
      union all
      select n.tenant from waiting w cross join lateral (
        select i.tenant from {{schema}}.inbox i where i.shard = r.shard and i.state = 'open' and i.tenant > w.tenant order by i.tenant limit 1) n),
    served as (select w.tenant from waiting w where w.tenant <> all (r.sated) limit 200),
    parts as (
      select s.tenant, count(*) over ()::integer as many, case when r.since = '' then greatest(1, r."limit" / count(*) over ()) else 1 end::integer as part
      from served s)
    select i.*, p.many, p.part, i.before + octet_length(i.body) >= r.bytes / p.many as cut
    from parts p cross join lateral (
      select i.*, coalesce(sum(octet_length(i.body)) over (order by i.seq rows between unbounded preceding and 1 preceding), 0) as before from (
        select * from {{schema}}.inbox i where i.shard = r.shard and i.tenant = p.tenant and i.state = 'open'
          and i.command_id not in (select unnest(r.except_ids)) order by i.seq limit p.part) i) i
    where i.before = 0 or i.before < r.bytes / p.many
    order by i.tenant, i.seq limit r."limit") i;
end $$;

-- Producers with news for a shard come from their heads; a shard reads one bounded part of each, in its order.
create function {{schema}}.read_streams(consumer_name text, shards integer[], reads jsonb)
returns table (consumer_shard integer, shard integer, pos bigint, tenant text, kind text, body text, part integer, many integer, cut boolean)
language plpgsql as $$
begin
  perform {{schema}}.enter('{}', shards);
  return query select s.consumer_shard, s.shard, s.position, s.tenant, s.kind, s.body, r."limit", 1, s.before + octet_length(s.body) >= r.bytes
  from jsonb_to_recordset(reads) as r (shard integer, "limit" integer, bytes integer, after jsonb)
  cross join lateral (
    select s.*, coalesce(sum(octet_length(s.body)) over (order by s.shard, s.position rows between unbounded preceding and 1 preceding), 0) as before from (
      select s.* from {{schema}}.stream_head h
      cross join lateral (
        select * from {{schema}}.stream s where s.consumer = consumer_name and s.consumer_shard = r.shard and s.shard = h.shard
          and s.position > coalesce((r.after->>(h.shard::text))::bigint, 0) order by s.position limit r."limit") s
      where h.consumer = consumer_name and h.consumer_shard = r.shard and h.position > coalesce((r.after->>(h.shard::text))::bigint, 0)
      limit r."limit") s) s
  where s.before = 0 or s.before < r.bytes
  order by s.consumer_shard, s.shard, s.position;
end $$;

-- The same with the tenants in turn, for shards that are behind. Rows that were read past those of others are left out by what their tenant
-- has reached. A tenant's rows stand together, in the order of their streams.
create function {{schema}}.read_streams_in_turn(consumer_name text, shards integer[], reads jsonb)
returns table (consumer_shard integer, shard integer, pos bigint, tenant text, kind text, body text, part integer, many integer, cut boolean)
language plpgsql as $$
begin
  perform {{schema}}.enter('{}', shards);
  return query select s.consumer_shard, s.shard, s.position, s.tenant, s.kind, s.body, s.part, s.many, s.cut
  from jsonb_to_recordset(reads) as r (shard integer, "limit" integer, bytes integer, after jsonb, reached jsonb, sated text[], since text)
  cross join lateral (
    with recursive waiting as (
      (select s.tenant from {{schema}}.stream s where s.consumer = consumer_name and s.consumer_shard = r.shard and s.tenant > r.since
       order by s.tenant limit 1)
      union all
      select n.tenant from waiting w cross join lateral (
        select s.tenant from {{schema}}.stream s where s.consumer = consumer_name and s.consumer_shard = r.shard and s.tenant > w.tenant
        order by s.tenant limit 1) n),
    served as (select w.tenant from waiting w where w.tenant <> all (r.sated) limit 200),
    parts as (
      select s.tenant, count(*) over ()::integer as many, case when r.since = '' then greatest(1, r."limit" / count(*) over ()) else 1 end::integer as part
      from served s)
    select s.*, p.many, p.part, s.before + octet_length(s.body) >= r.bytes / p.many as cut
    from parts p cross join lateral (
      select s.*, coalesce(sum(octet_length(s.body)) over (order by s.shard, s.position rows between unbounded preceding and 1 preceding), 0) as before
      from (
        select s.* from {{schema}}.stream_head h
        cross join lateral (
          select * from {{schema}}.stream s where s.consumer = consumer_name and s.consumer_shard = r.shard and s.tenant = p.tenant and s.shard = h.shard
            and s.position > greatest(coalesce((r.after->>(h.shard::text))::bigint, 0), coalesce((r.reached->p.tenant->>(h.shard::text))::bigint, 0))
          order by s.position limit p.part) s
        where h.consumer = consumer_name and h.consumer_shard = r.shard and h.position > coalesce((r.after->>(h.shard::text))::bigint, 0)
        limit p.part) s
      order by s.shard, s.position) s
    where s.before = 0 or s.before < r.bytes / p.many
    order by s.tenant, s.shard, s.position limit r."limit") s;
end $$;

create function {{schema}}.read_timers(shards integer[], reads jsonb)
returns table (shard integer, key text, id text, tenant text, due_ms bigint) language plpgsql as $$
begin
  perform {{schema}}.enter('{}', shards);
  return query select t.shard, t.key, t.id, t.tenant, t.due_ms
  from jsonb_to_recordset(reads) as r (shard integer, "limit" integer)
  cross join lateral (select * from {{schema}}.timer t where t.shard = r.shard order by t.due_ms limit r."limit") t
  order by t.shard, t.due_ms;
end $$;

-- What is due, the tenants in turn. A shard with many tenants is walked in parts; walked_to says where the next one begins.
create function {{schema}}.read_due_timers(shards integer[], reads jsonb)
returns table (shard integer, key text, id text, tenant text, due_ms bigint, part integer, walked_to text) language plpgsql as $$
begin
  perform {{schema}}.enter('{}', shards);
  return query select r.shard, t.key, t.id, t.tenant, t.due_ms, t.part, w.walked_to
  from jsonb_to_recordset(reads) as r (shard integer, "limit" integer, due_by bigint, in_hand jsonb, sated text[], since text)
  cross join lateral (
    with recursive waiting as (
      (select t.tenant, t.due_ms, 1 as nth from {{schema}}.timer t where t.shard = r.shard and t.tenant > r.since order by t.tenant, t.due_ms limit 1)
      union all
      select n.tenant, n.due_ms, w.nth + 1 from waiting w cross join lateral (
        select t.tenant, t.due_ms from {{schema}}.timer t where t.shard = r.shard and t.tenant > w.tenant order by t.tenant, t.due_ms limit 1) n
      where w.nth < 1000)
    select array_agg(w.tenant) filter (where w.due_ms <= r.due_by and w.tenant <> all (r.sated)) as tenants, max(w.tenant) filter (where w.nth = 1000) as walked_to
    from waiting w) w
  left join lateral (
    select t.*, p.part from (
      select s.tenant, greatest(1, r."limit" / cardinality(w.tenants)) + coalesce((r.in_hand->>s.tenant)::integer, 0) as part from unnest(w.tenants) s (tenant)) p
    cross join lateral (
      select * from {{schema}}.timer t where t.shard = r.shard and t.tenant = p.tenant and t.due_ms <= r.due_by order by t.due_ms limit p.part) t) t on true;
end $$;

-- When the oldest open command of each tenant came; of so many tenants that a shard full of them costs nothing worth a word.
create function {{schema}}.oldest_commands(of_shard integer) returns setof bigint language plpgsql as $$
begin
  return query with recursive waiting as (
    (select i.tenant, i.sent_ms from {{schema}}.inbox i where i.shard = of_shard and i.state = 'open' order by i.tenant, i.seq limit 1)
    union all
    select n.tenant, n.sent_ms from waiting w cross join lateral (
      select i.tenant, i.sent_ms from {{schema}}.inbox i where i.shard = of_shard and i.state = 'open' and i.tenant > w.tenant
      order by i.tenant, i.seq limit 1) n)
  select w.sent_ms from waiting w limit 100;
end $$;

create function {{schema}}.read_pending(consumer_name text, shards integer[]) returns json language plpgsql as $$
begin
  perform {{schema}}.enter('{}', shards);
  return (select json_build_object(
    'inbox', (select coalesce(json_agg(s), '[]') from unnest(shards) s where exists (select from {{schema}}.inbox i where i.shard = s and i.state = 'open')),
    'oldest', (select min(o.sent_ms) from unnest(shards) s cross join lateral {{schema}}.oldest_commands(s) o (sent_ms)),
    'now', {{schema}}.wall_ms(),
    'streams', (select coalesce(json_agg(distinct h.consumer_shard), '[]') from {{schema}}.stream_head h
      left join {{schema}}.cursor c on c.consumer_shard = h.consumer_shard and c.producer = consumer_name and c.producer_shard = h.shard
      where h.consumer = consumer_name and h.consumer_shard = any (shards) and h.position > coalesce(c.position, 0)),
    -- One probe for each producer that a cursor is behind of: the row after the cursor is its oldest.
    'oldestStream', (select min(s.sent_ms) from {{schema}}.stream_head h
      left join {{schema}}.cursor c on c.consumer_shard = h.consumer_shard and c.producer = consumer_name and c.producer_shard = h.shard
      join {{schema}}.stream s on s.consumer = consumer_name and s.consumer_shard = h.consumer_shard and s.shard = h.shard
        and s.position = coalesce(c.position, 0) + 1
      where h.consumer = consumer_name and h.consumer_shard = any (shards) and h.position > coalesce(c.position, 0)),
    -- One probe for each shard.
    'firstDue', (select min(t.due_ms) from unnest(shards) w (shard)
      cross join lateral (select due_ms from {{schema}}.timer t where t.shard = w.shard order by t.due_ms limit 1) t),
    'lag', (select coalesce(sum(h.position - coalesce(c.position, 0)), 0) from {{schema}}.stream_head h
      left join {{schema}}.cursor c on c.consumer_shard = h.consumer_shard and c.producer = consumer_name and c.producer_shard = h.shard
      where h.consumer = consumer_name and h.consumer_shard = any (shards))));
end $$;

create function {{schema}}.command_state(for_tenant text, command text) returns table (state text, detail text) language plpgsql as $$
begin
  perform {{schema}}.enter(array[for_tenant], (select array_agg(s) from generate_series(0, 63) s));
  return query select i.state, i.detail from {{schema}}.inbox i where i.tenant = for_tenant and i.command_id = command;
end $$;

create function {{schema}}.look_up_key(for_tenant text, in_scope text, wanted text) returns table (fingerprint text, answer text) language plpgsql as $$
begin
  perform {{schema}}.enter(array[for_tenant], '{}');
  return query select d.fingerprint, d.answer from {{schema}}.dedupe d where d.tenant = for_tenant and d.scope = in_scope and d.key = wanted;
end $$;

-- Rows of our own streams that every cursor of this service has passed.
create function {{schema}}.trim_streams(service text, producer_shards integer[]) returns bigint language plpgsql as $$
declare
  gone bigint;
begin
  perform {{schema}}.enter('{}', (select array_agg(s) from generate_series(0, 63) s));
  with passed as (
    select s.consumer, s.consumer_shard, s.shard, s.position from {{schema}}.cursor c
    cross join lateral (
      select * from {{schema}}.stream s where s.consumer = service and s.consumer_shard = c.consumer_shard and s.shard = c.producer_shard
        and s.position <= c.position order by s.position limit 1000) s
    where c.producer = service and c.producer_shard = any (producer_shards)
    limit 5000)
  delete from {{schema}}.stream s using passed p
  where s.consumer = p.consumer and s.consumer_shard = p.consumer_shard and s.shard = p.shard and s.position = p.position;
  get diagnostics gone = row_count;
  return gone;
end $$;

-- Takes a megabyte and gives it back. In a new file: no page that was free in an old one answers for the disk.
create function {{schema}}.prove_room() returns void language plpgsql as $$
begin
  truncate {{schema}}.room;
  insert into {{schema}}.room select repeat('x', 8000) from generate_series(1, 128);
  raise exception 'there is room' using errcode = 'PA005';
exception when sqlstate 'PA005' then return;
end $$;

grant execute on all functions in schema {{schema}} to palace_engine;
`;
