-- The vault (platform/vault): data keys of tenants, wrapped by keys that are not in the database, and which wrapping keys those are.

create table {{schema}}.wrapping_key (
  id text primary key,
  -- A known text sealed with the key: another key with this id cannot open it.
  proof bytea not null,
  created_at timestamptz not null default now()
);

create table {{schema}}.data_key (
  tenant text not null,
  version integer not null,
  wrapping_key text not null,
  wrapped bytea not null,
  created_at timestamptz not null default now(),
  primary key (tenant, version)
);
alter table {{schema}}.data_key enable row level security;
alter table {{schema}}.data_key force row level security;
grant select, insert on {{schema}}.data_key to palace_api;
create policy palace_api_select on {{schema}}.data_key for select to palace_api using (tenant = (select {{schema}}.tenant()));
create policy palace_api_insert on {{schema}}.data_key for insert to palace_api with check (tenant = (select {{schema}}.tenant()));
-- The owner wraps all of them anew when the wrapping key changes, and looks first whether it has the keys for it.
create policy owner_wraps on {{schema}}.data_key for all to current_user using (wrapping_key <> '') with check (wrapping_key <> '');
