-- The audit log (platform/audit): a chain of entries for each tenant. Entries are added and never changed; the oldest go when the head says so.

create table {{schema}}.audit_head (
  tenant text primary key,
  -- The oldest entry that is kept, the hash of the entry before it, and the seal over both.
  first_seq bigint not null,
  before_hash bytea not null,
  start_seal bytea not null,
  -- The newest entry.
  seq bigint not null,
  hash bytea not null
);

create table {{schema}}.audit (
  tenant text not null,
  seq bigint not null,
  at timestamptz not null,
  actor text not null,
  action text not null,
  -- The entry as it was hashed; the columns above are copies of what is in it, to search by.
  body text not null,
  hash bytea not null,
  seal bytea not null,
  primary key (tenant, seq)
);
create index audit_at on {{schema}}.audit (tenant, at);

create function {{schema}}.audit_is_append_only() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and old.seq < (select first_seq from {{schema}}.audit_head where tenant = old.tenant) then return old; end if;
  raise exception 'Entries of the audit log are never changed, and removed only from before its first one.' using errcode = 'PA007';
end $$;
create trigger audit_is_append_only before update or delete on {{schema}}.audit for each row execute function {{schema}}.audit_is_append_only();

alter table {{schema}}.audit_head enable row level security;
alter table {{schema}}.audit_head force row level security;
grant select, insert, update on {{schema}}.audit_head to palace_api;
create policy palace_api_select on {{schema}}.audit_head for select to palace_api using (tenant = (select {{schema}}.tenant()));
create policy palace_api_insert on {{schema}}.audit_head for insert to palace_api with check (tenant = (select {{schema}}.tenant()));
create policy palace_api_update on {{schema}}.audit_head for update to palace_api
  using (tenant = (select {{schema}}.tenant())) with check (tenant = (select {{schema}}.tenant()));

alter table {{schema}}.audit enable row level security;
alter table {{schema}}.audit force row level security;
grant select, insert, delete on {{schema}}.audit to palace_api;
create policy palace_api_select on {{schema}}.audit for select to palace_api using (tenant = (select {{schema}}.tenant()));
create policy palace_api_insert on {{schema}}.audit for insert to palace_api with check (tenant = (select {{schema}}.tenant()));
create policy palace_api_delete on {{schema}}.audit for delete to palace_api using (tenant = (select {{schema}}.tenant()));
