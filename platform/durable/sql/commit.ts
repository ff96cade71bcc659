// The fenced commit: one autocommit statement, one round trip, for many writes of many shards (E1, E3, E4, E5).
// All in plpgsql: it keeps the plans of its statements for the session; servers before 18 plan a SQL function at every call.

export const COMMIT_SQL = `
create function {{schema}}.enter(tenants text[], shards integer[]) returns void language plpgsql as $$
begin
  perform set_config('palace.tenants', tenants::text, true), set_config('palace.shards', shards::text, true);
end $$;

-- Cursor after deciding more positions: as far as they are contiguous, and what lies ahead.
create function {{schema}}.advance(reached bigint, ahead bigint[], added bigint[], out upto bigint, out rest bigint[]) language plpgsql immutable as $$
declare
  p bigint;
begin
  upto := reached;
  rest := '{}';
  for p in select q from unnest(ahead || added) q order by q loop
    if p <= upto or p = rest[cardinality(rest)] then
      raise exception 'stream position % is decided already', p using errcode = 'PA004';
    elsif p = upto + 1 then upto := p;
    else rest := rest || p;
    end if;
  end loop;
end $$;

-- Locks first, compares what the locked rows show (measured: half the time of a join with the epochs, and no sort).
create function {{schema}}.take_fences(ids integer[], epochs bigint[]) returns void language plpgsql as $$
declare
  stale json;
begin
  select json_agg(locked.id) into stale from (select s.id, s.epoch from {{schema}}.shard s where s.id = any (ids) order by s.id for share) locked
  where locked.epoch <> epochs[array_position(ids, locked.id)];
  if stale is not null then raise exception 'fenced' using errcode = 'PA001', detail = stale::text; end if;
end $$;

create function {{schema}}.claim_keys(claims jsonb) returns void language plpgsql as $$
declare
  wanted integer;
  added integer;
begin
  perform set_config('lock_timeout', '50', true);
  insert into {{schema}}.dedupe (tenant, scope, key, fingerprint, answer, at_ms)
  select tenant, scope, key, fingerprint, answer, {{schema}}.wall_ms()
  from jsonb_to_recordset(claims) as c (tenant text, scope text, key text, fingerprint text, answer text)
  order by tenant, scope, key
  on conflict do nothing;
  get diagnostics added = row_count;
  wanted := jsonb_array_length(claims);
  if added < wanted then
    -- What this statement added itself is not taken; it has our own transaction as its birth.
    raise exception 'key taken' using errcode = 'PA003', detail = (
      select json_agg(json_build_object('tenant', d.tenant, 'scope', d.scope, 'key', d.key, 'fingerprint', d.fingerprint, 'answer', d.answer))
      from jsonb_to_recordset(claims) as c (tenant text, scope text, key text)
      join {{schema}}.dedupe d using (tenant, scope, key)
      where d.xmin::text::bigint <> (pg_current_xact_id()::text::bigint & 4294967295))::text;
  end if;
  perform set_config('lock_timeout', '0', true);
end $$;

create function {{schema}}.move_cursors(cursors jsonb) returns void language plpgsql as $$
begin
  insert into {{schema}}.cursor as c (consumer_shard, producer, producer_shard, position, ahead)
  select d.shard, d.producer, d.at, a.upto, a.rest
  from (select shard, producer, at, array_agg(position) as added
        from jsonb_to_recordset(cursors) as x (shard integer, producer text, at integer, position bigint) group by 1, 2, 3) d
  left join {{schema}}.cursor old on old.consumer_shard = d.shard and old.producer = d.producer and old.producer_shard = d.at
  cross join lateral {{schema}}.advance(coalesce(old.position, 0), coalesce(old.ahead, '{}'), d.added) a
  on conflict (consumer_shard, producer, producer_shard) do update set position = excluded.position, ahead = excluded.ahead;
end $$;

-- Positions are given here and nowhere else, after the shard rows are locked: a write that was dropped leaves no gap.
create function {{schema}}.append_streams(appends jsonb) returns void language plpgsql as $$
begin
  with new as materialized (
    select x.*, row_number() over w as nth, count(*) over (partition by shard, consumer, consumer_shard) as many
    from rows from (jsonb_to_recordset(appends) as (shard integer, consumer text, consumer_shard integer, tenant text, kind text, body text))
      with ordinality as x (shard, consumer, consumer_shard, tenant, kind, body, at)
    window w as (partition by shard, consumer, consumer_shard order by at)),
  heads as (
    insert into {{schema}}.stream_head as h (shard, consumer, consumer_shard, position)
    select shard, consumer, consumer_shard, count(*) from new group by 1, 2, 3
    on conflict (consumer, consumer_shard, shard) do update set position = h.position + excluded.position
    returning h.shard, h.consumer, h.consumer_shard, h.position)
  insert into {{schema}}.stream (shard, consumer, consumer_shard, position, tenant, kind, body)
  select n.shard, n.consumer, n.consumer_shard, h.position - n.many + n.nth, n.tenant, n.kind, n.body
  from new n join heads h using (shard, consumer, consumer_shard);
end $$;

create function {{schema}}.decide_commands(consumes jsonb) returns void language plpgsql as $$
declare
  decided integer;
begin
  update {{schema}}.inbox i set state = c.outcome, detail = c.detail
  from jsonb_to_recordset(consumes) as c (tenant text, id text, outcome text, detail text)
  where i.tenant = c.tenant and i.command_id = c.id and i.state = 'open';
  get diagnostics decided = row_count;
  if decided < jsonb_array_length(consumes) and exists (
    select from jsonb_to_recordset(consumes) as c (tenant text, id text)
    join {{schema}}.inbox i on i.tenant = c.tenant and i.command_id = c.id and i.xmin::text::bigint <> (pg_current_xact_id()::text::bigint & 4294967295)) then
    raise exception 'a command is decided already' using errcode = 'PA004';
  end if;
end $$;

create function {{schema}}.commit(ids integer[], epochs bigint[], tenants text[], durable jsonb, rows jsonb) returns void language plpgsql as $$
begin
  perform {{schema}}.enter(tenants, ids);
  perform {{schema}}.take_fences(ids, epochs);
  if durable is not null then
    if durable ? 'claims' then perform {{schema}}.claim_keys(durable->'claims'); end if;
    if durable ? 'consumes' then perform {{schema}}.decide_commands(durable->'consumes'); end if;
    if durable ? 'cursors' then perform {{schema}}.move_cursors(durable->'cursors'); end if;
    if durable ? 'streams' then perform {{schema}}.append_streams(durable->'streams'); end if;
    if durable ? 'cleared' then
      delete from {{schema}}.timer t using jsonb_to_recordset(durable->'cleared') as c (shard integer, key text, id text)
      where t.shard = c.shard and t.key = c.key and t.id = c.id;
    end if;
    if durable ? 'timers' then
      insert into {{schema}}.timer (shard, key, id, tenant, due_ms)
      select distinct on (shard, key, id) shard, key, id, tenant, due
      from rows from (jsonb_to_recordset(durable->'timers') as (shard integer, key text, id text, tenant text, due bigint)) with ordinality as t (shard, key, id, tenant, due, at)
      order by shard, key, id, at desc
      on conflict (shard, key, id) do update set due_ms = excluded.due_ms, tenant = excluded.tenant;
    end if;
  end if;
  if rows is not null then perform {{schema}}.write_rows(rows); end if;
end $$;

-- Commands of any process, each once. What comes under a key is kept only if the key is new: key and rows are one commit. Answers with
-- the keys that stand for something already; a key that comes twice in one call belongs to the first.
create function {{schema}}.send(tenants text[], rows jsonb, claims jsonb) returns json language plpgsql as $$
declare
  won integer[] := '{}';
  taken json := '[]';
begin
  perform {{schema}}.enter(tenants, '{}');
  if claims is not null then
    perform set_config('lock_timeout', '50', true);
    with asked as materialized (
      select c.*, row_number() over (partition by tenant, scope, key order by n) as nth
      from jsonb_to_recordset(claims) as c (n integer, tenant text, scope text, key text, fingerprint text, answer text)),
    added as (
      insert into {{schema}}.dedupe (tenant, scope, key, fingerprint, answer, at_ms)
      select tenant, scope, key, fingerprint, answer, {{schema}}.wall_ms() from asked where nth = 1 order by tenant, scope, key
      on conflict do nothing
      returning dedupe.tenant, dedupe.scope, dedupe.key)
    select coalesce(array_agg(a.n), '{}') into won from asked a join added using (tenant, scope, key) where a.nth = 1;
    -- A later statement sees what the insert met.
    select coalesce(json_agg(json_build_object('n', c.n, 'fingerprint', d.fingerprint, 'answer', d.answer)), '[]') into taken
    from jsonb_to_recordset(claims) as c (n integer, tenant text, scope text, key text) join {{schema}}.dedupe d using (tenant, scope, key)
    where c.n <> all (won);
    if cardinality(won) + json_array_length(taken) < jsonb_array_length(claims) then
      raise exception 'a key is neither new nor known' using errcode = '40001';
    end if;
  end if;
  insert into {{schema}}.inbox (tenant, command_id, shard, key, kind, body, sent_ms)
  select tenant, id, shard, key, kind, body, {{schema}}.wall_ms()
  from rows from (jsonb_to_recordset(rows) as (tenant text, id text, shard integer, key text, kind text, body text, claim integer))
    with ordinality as r (tenant, id, shard, key, kind, body, claim, at)
  where claim is null or claim = any (won)
  order by at
  on conflict do nothing;
  return taken;
end $$;
`;
