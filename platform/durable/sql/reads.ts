// Reads of the durable component: each answers for many shards in one statement and names them for row security first.

export const READS_SQL = `
create function {{schema}}.read_inbox(shards integer[], reads jsonb)
returns table (shard integer, tenant text, key text, command_id text, kind text, body text, sent_ms bigint) language plpgsql as $$
begin
  perform {{schema}}.enter('{}', shards);
  return query select i.shard, i.tenant, i.key, i.command_id, i.kind, i.body, i.sent_ms
  from jsonb_to_recordset(reads) as r (shard integer, "limit" integer, except_ids text[])
  cross join lateral (
    select * from {{schema}}.inbox i where i.shard = r.shard and i.state = 'open' and i.command_id <> all (r.except_ids) order by i.seq limit r."limit") i
  order by i.shard, i.seq;
end $$;

-- Producers with news for a shard come from their heads; a shard reads one bounded part of each.
create function {{schema}}.read_streams(consumer_name text, shards integer[], reads jsonb)
returns table (consumer_shard integer, shard integer, pos bigint, tenant text, kind text, body text) language plpgsql as $$
begin
  perform {{schema}}.enter('{}', shards);
  return query select s.consumer_shard, s.shard, s.position, s.tenant, s.kind, s.body
  from jsonb_to_recordset(reads) as r (shard integer, "limit" integer, after jsonb)
  cross join lateral (
    select s.* from {{schema}}.stream_head h
    cross join lateral (
      select * from {{schema}}.stream s where s.consumer = consumer_name and s.consumer_shard = r.shard and s.shard = h.shard
        and s.position > coalesce((r.after->>(h.shard::text))::bigint, 0) order by s.position limit r."limit") s
    where h.consumer = consumer_name and h.consumer_shard = r.shard and h.position > coalesce((r.after->>(h.shard::text))::bigint, 0)
    limit r."limit") s
  order by s.consumer_shard, s.shard, s.position;
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

create function {{schema}}.read_pending(consumer_name text, shards integer[]) returns json language plpgsql as $$
begin
  perform {{schema}}.enter('{}', shards);
  return (select json_build_object(
    'inbox', (select coalesce(json_agg(s), '[]') from unnest(shards) s where exists (select from {{schema}}.inbox i where i.shard = s and i.state = 'open')),
    'oldest', (select min(o.sent_ms) from unnest(shards) s
      cross join lateral (select i.sent_ms from {{schema}}.inbox i where i.shard = s and i.state = 'open' order by i.seq limit 1) o),
    'now', {{schema}}.wall_ms(),
    'streams', (select coalesce(json_agg(distinct h.consumer_shard), '[]') from {{schema}}.stream_head h
      left join {{schema}}.cursor c on c.consumer_shard = h.consumer_shard and c.producer = consumer_name and c.producer_shard = h.shard
      where h.consumer = consumer_name and h.consumer_shard = any (shards) and h.position > coalesce(c.position, 0)),
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
