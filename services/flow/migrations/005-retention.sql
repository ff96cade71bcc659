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
