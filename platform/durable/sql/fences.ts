// The lock of a commit on its shards, as release 0.2.0 has it.
export const FENCES_SQL = `
-- Locks every row in order, then compares what the locked rows show. The condition stands at the aggregate, never in a WHERE: that the planner
-- moves below the lock, and then only rows of another epoch are locked, which is no fence at all.
create or replace function {{schema}}.take_fences(ids integer[], epochs bigint[]) returns void language plpgsql as $$
declare
  stale json;
begin
  select json_agg(locked.id) filter (where locked.epoch <> epochs[array_position(ids, locked.id)]) into stale
  from (select s.id, s.epoch from {{schema}}.shard s where s.id = any (ids) order by s.id for share) locked;
  if stale is not null then raise exception 'fenced' using errcode = 'PA001', detail = stale::text; end if;
end $$;
`;
