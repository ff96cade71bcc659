// Since 0.2.0: which release a node runs, and a guard that keeps nodes from owning what they could not read (E10).
// I1 Whoever claims a shard looks at min_reader under a lock that a raise waits for, and that waits for a raise: a node that was let in
//    before a raise is seen by it, and one that comes later sees it.

export const FORMATS_SQL = `
-- Null: a release before 0.2.0, which does not say.
alter table {{schema}}.node add column release text;

create function {{schema}}.may_own() returns trigger language plpgsql as $$
begin
  perform 1 from {{schema}}.halt for share;
  if exists (select from {{schema}}.node n, {{schema}}.halt h where n.id = new.owner and n.reads_format < h.min_reader) then return null; end if;
  return new;
end $$;
create trigger may_own before update of owner on {{schema}}.shard for each row when (new.owner is not null) execute function {{schema}}.may_own();
`;
