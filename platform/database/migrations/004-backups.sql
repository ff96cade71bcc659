-- Backups taken of this database, for whoever asks when the last one was. Not in a backup: a copy has had none.
create table {{schema}}.backup (
  id bigint generated always as identity primary key,
  file text not null,
  -- Everything acknowledged before it is in the file.
  point_at timestamptz not null,
  finished_at timestamptz not null default now(),
  bytes bigint not null,
  sha256 text not null
);

-- The lives of this installation: it begins with one, and a restore adds one. The newest counts.
create table {{schema}}.incarnation (
  number integer primary key,
  id uuid not null unique default gen_random_uuid(),
  began_at timestamptz not null default now(),
  -- Of the backup that it was made from.
  backup_sha256 text,
  backup_point_at timestamptz
);
insert into {{schema}}.incarnation (number) values (1);
