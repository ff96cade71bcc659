-- The service's part of a fenced commit: called by {{schema}}.commit once a batch, after the fence is held.
create function {{schema}}.write_rows(rows jsonb) returns void language plpgsql as $$
begin
  if rows ? 'run' then
    insert into {{schema}}.run (id, shard, tenant, flow, version, hash, status, started_ms, ended_ms, parent, parent_act, fork_of, permit)
    select id, shard, tenant, flow, version, hash, status, started_ms, ended_ms, parent, parent_act, fork_of, permit
    from jsonb_to_recordset(rows->'run') as r(id text, shard smallint, tenant text, flow text, version text, hash text, status text,
      started_ms bigint, ended_ms bigint, parent text, parent_act int, fork_of text, permit text);
  end if;
  if rows ? 'journal' then
    insert into {{schema}}.journal (run, seq, count, format, shard, tenant, at_ms, body)
    select r, s, n, f, h, t, a, b
    from jsonb_to_recordset(rows->'journal') as j(r text, s int, n smallint, f smallint, h smallint, t text, a bigint, b text);
  end if;
  if rows ? 'state' then
    update {{schema}}.run set status = u.status, ended_ms = u.ended_ms, quarantine = u.quarantine
    from jsonb_to_recordset(rows->'state') as u(id text, tenant text, status text, ended_ms bigint, quarantine text)
    where run.id = u.id and run.tenant = u.tenant;
  end if;
  if rows ? 'snapshot' then
    insert into {{schema}}.snapshot (run, seq, format, evolve, shard, tenant, body)
    select run, seq, format, evolve, shard, tenant, body
    from jsonb_to_recordset(rows->'snapshot') as s(run text, seq int, format smallint, evolve text, shard smallint, tenant text, body text)
    on conflict (run) do update set seq = excluded.seq, format = excluded.format, evolve = excluded.evolve, body = excluded.body;
  end if;
  if rows ? 'effect' then
    insert into {{schema}}.effect (run, key, act, attempt, position, class, function, args, args_hash, state, requested_ms, shard, tenant)
    select run, key, act, attempt, position, class, function, args, args_hash, 'intent', requested_ms, shard, tenant
    from jsonb_to_recordset(rows->'effect') as e(run text, key text, act int, attempt int, position text, class text, function text, args text,
      args_hash text, requested_ms bigint, shard smallint, tenant text)
    on conflict (run, key) do update set attempt = excluded.attempt, state = 'intent', args = excluded.args, args_hash = excluded.args_hash, settled_ms = null;
  end if;
  if rows ? 'effect_settled' then
    update {{schema}}.effect e set state = u.state, result = u.result, settled_ms = u.settled_ms
    from jsonb_to_recordset(rows->'effect_settled') as u(run text, key text, tenant text, state text, result text, settled_ms bigint)
    where e.run = u.run and e.key = u.key and e.tenant = u.tenant;
  end if;
  if rows ? 'subscribe' then
    insert into {{schema}}.subscription (run, act, type, shard, tenant)
    select run, act, type, shard, tenant from jsonb_to_recordset(rows->'subscribe') as s(run text, act int, type text, shard smallint, tenant text)
    on conflict do nothing;
  end if;
  if rows ? 'unsubscribe' then
    delete from {{schema}}.subscription s using jsonb_to_recordset(rows->'unsubscribe') as u(run text, act int)
    where s.run = u.run and s.act = u.act;
  end if;
  if rows ? 'event' then
    insert into {{schema}}.event (shard, tenant, type, source, id, at_ms, matched, body)
    select shard, tenant, type, source, id, at_ms, false, body
    from jsonb_to_recordset(rows->'event') as e(shard smallint, tenant text, type text, source text, id text, at_ms bigint, body text)
    on conflict (tenant, source, id) do nothing;
  end if;
  if rows ? 'event_matched' then
    update {{schema}}.event e set matched = true
    from jsonb_to_recordset(rows->'event_matched') as m(tenant text, source text, id text)
    where e.tenant = m.tenant and e.source = m.source and e.id = m.id;
  end if;
end $$;
