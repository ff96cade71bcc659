-- Tenants, API keys, egress rules, environments with their variables and secrets. `tenant` of every row is enforced by forced row security: the api role sees the tenant it named.

create table {{schema}}.tenant (
  tenant text primary key check (length(tenant) between 1 and 63),
  created_at timestamptz not null default now()
);

-- Whose is this key id? Asked before a tenant is known; holds no customer content.
create table {{schema}}.key_tenant (
  id text primary key,
  tenant text not null
);

create table {{schema}}.api_key (
  tenant text not null,
  id text not null references {{schema}}.key_tenant (id),
  name text not null check (length(name) between 1 and 100),
  role text not null,
  -- SHA-256 of the whole key.
  hash bytea not null check (length(hash) = 32),
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  primary key (tenant, id)
);
create index api_key_newest on {{schema}}.api_key (tenant, created_at desc, id desc);

create table {{schema}}.egress_rule (
  tenant text not null,
  host text not null check (host = lower(host)),
  port integer not null check (port between 1 and 65535),
  action text not null check (action in ('allow', 'deny')),
  reason text not null,
  updated_at timestamptz not null default now(),
  primary key (tenant, host, port)
);

-- The default one is always there and has no row.
create table {{schema}}.environment (
  tenant text not null,
  name text not null check (name <> 'default'),
  created_at timestamptz not null default now(),
  created_by text not null,
  primary key (tenant, name)
);

create table {{schema}}.variable (
  tenant text not null,
  environment text not null,
  name text not null check (length(name) between 1 and 100),
  -- JSON, as text.
  value text not null,
  version integer not null default 1,
  updated_at timestamptz not null default now(),
  updated_by text not null,
  primary key (tenant, environment, name)
);

create table {{schema}}.secret (
  tenant text not null,
  environment text not null,
  name text not null check (length(name) between 1 and 100),
  kind text not null check (kind in ('text', 'json')),
  -- By the vault: it opens for this tenant, environment and name alone.
  sealed bytea not null,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  updated_by text not null,
  primary key (tenant, environment, name)
);

grant select, insert on {{schema}}.key_tenant to palace_api;
