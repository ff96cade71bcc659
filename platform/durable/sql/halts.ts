// What is held back, in the database: written by anybody who may, read by every process several times a second (E19).
// Times are engine time.

export const HALTS_SQL = `
create function {{schema}}.halt_json(h {{schema}}.halt_scope) returns json language sql stable
as $$ select json_strip_nulls(json_build_object('scope', h.scope, 'level', h.level, 'reason', h.reason, 'by', h.by, 'sinceMs', h.since_ms, 'certainMs', h.certain_ms)) $$;

create function {{schema}}.engine_now_ms() returns bigint language sql volatile
as $$ select (extract(epoch from clock_timestamp()) * 1000)::bigint + (select offset_ms from {{schema}}.clock) $$;

-- The rows only when something has changed: one statement, so that both are of one moment.
create function {{schema}}.read_halts(known bigint) returns json language sql stable
as $$
  select case when version = known then json_build_object('version', version)
    else json_build_object('version', version, 'all', (select coalesce(json_agg({{schema}}.halt_json(h) order by h.scope), '[]') from {{schema}}.halt_scope h),
      -- Until it is let go nobody knows; then everything counts.
      'livedOnMs', (select coalesce(max(coalesce(released_ms, 9007199254740991)), 0) from {{schema}}.incarnation)) end
  from {{schema}}.halt
$$;

-- One that stands stays as it is, with its beginning; its level only rises.
create function {{schema}}.set_halt(new_scope text, new_level text, new_reason text, new_by text) returns json language plpgsql as $$
declare
  h {{schema}}.halt_scope;
begin
  insert into {{schema}}.halt_scope as old (scope, level, reason, by, since_ms) values (new_scope, new_level, new_reason, new_by, {{schema}}.engine_now_ms())
  on conflict (scope) do update set level = case when excluded.level = 'everything' then excluded.level else old.level end
  returning * into h;
  return {{schema}}.halt_json(h);
end $$;

-- A statement of its own after the commit of set_halt.
create function {{schema}}.certify_halt(known_scope text) returns json language plpgsql as $$
declare
  h {{schema}}.halt_scope;
begin
  update {{schema}}.halt_scope set certain_ms = coalesce(certain_ms, {{schema}}.engine_now_ms()) where scope = known_scope returning * into h;
  return case when h.scope is null then null else {{schema}}.halt_json(h) end;
end $$;

create function {{schema}}.lift_halt(known_scope text) returns json language plpgsql as $$
declare
  h {{schema}}.halt_scope;
begin
  delete from {{schema}}.halt_scope where scope = known_scope returning * into h;
  return case when h.scope is null then null else {{schema}}.halt_json(h) end;
end $$;
`;
