-- People who sign in. `person`, `account` and `session` are the tables of better-auth under our names (people/auth.ts); who is what in
-- which tenant, and who was invited, are ours and stand under forced row security.

create table {{schema}}.person (
  id text primary key,
  name text not null check (length(name) between 1 and 100),
  email text not null unique check (email = lower(email)),
  email_verified boolean not null default false,
  image text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- How a person proves who they are: by password (provider `credential`).
create table {{schema}}.account (
  id text primary key,
  person text not null references {{schema}}.person (id) on delete cascade,
  provider text not null,
  account_id text not null,
  -- Salt and scrypt of the password.
  password text,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (provider, account_id)
);
create index account_person on {{schema}}.account (person);

-- Found by its cookie before a tenant is known. `tenant` is the one that it is signed in to; what the person may do there says `member`.
create table {{schema}}.session (
  id text primary key,
  -- SHA-256 of what the cookie holds, hex.
  token text not null unique check (length(token) = 64),
  person text not null references {{schema}}.person (id) on delete cascade,
  tenant text not null,
  ip_address text,
  user_agent text,
  created_at timestamptz not null default now(),
  -- When it was used last; written now and then.
  updated_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index session_person on {{schema}}.session (person);
create index session_expiry on {{schema}}.session (expires_at);

create table {{schema}}.member (
  tenant text not null,
  person text not null references {{schema}}.person (id) on delete cascade,
  role text not null,
  created_at timestamptz not null default now(),
  primary key (tenant, person)
);

-- Where is this person a member? Asked before a tenant is known; holds ids alone.
create table {{schema}}.person_tenant (
  person text not null references {{schema}}.person (id) on delete cascade,
  tenant text not null,
  created_at timestamptz not null default now(),
  primary key (person, tenant)
);

-- A link that signs in, once.
create table {{schema}}.sign_in_link (
  -- SHA-256 of the token.
  hash bytea primary key check (length(hash) = 32),
  tenant text not null,
  person text not null references {{schema}}.person (id) on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index sign_in_link_person on {{schema}}.sign_in_link (person);

create table {{schema}}.invitation (
  tenant text not null,
  id text not null,
  email text not null,
  role text not null,
  invited_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  primary key (tenant, id)
);

-- Whose invitation is this token? An invitation without its row here opens nothing.
create table {{schema}}.invitation_token (
  -- SHA-256 of the token.
  hash bytea primary key check (length(hash) = 32),
  tenant text not null,
  invitation text not null unique,
  expires_at timestamptz not null
);

grant select, insert, update, delete on {{schema}}.person, {{schema}}.account, {{schema}}.session to palace_api;
grant select, insert, delete on {{schema}}.person_tenant, {{schema}}.sign_in_link, {{schema}}.invitation_token to palace_api;

-- Called by a restore: who was signed in there, and what was handed out there, opens nothing here.
create function {{schema}}.begin_incarnation(why text) returns void language plpgsql as $$
begin
  delete from {{schema}}.session;
  delete from {{schema}}.sign_in_link;
  delete from {{schema}}.invitation_token;
end $$;
