-- The scope of a transaction: which tenant or tenants and which shards its statements are for.
-- Each function raises when its setting is unset, so a query without a scope fails instead of finding nothing.
-- A setting made with set_config(..., true) reads '' after its transaction: that counts as unset.

create function {{schema}}.tenant() returns text
language plpgsql stable parallel safe as $$
declare
  value text := current_setting('palace.tenant', true);
begin
  if value is null or value = '' then
    raise exception 'no tenant is set for this query' using errcode = 'PL001';
  end if;
  return value;
end $$;

create function {{schema}}.tenants() returns text[]
language plpgsql stable parallel safe as $$
declare
  value text := current_setting('palace.tenants', true);
begin
  if value is null or value = '' then
    raise exception 'no tenants are set for this statement' using errcode = 'PL002';
  end if;
  return value::text[];
end $$;

create function {{schema}}.shards() returns integer[]
language plpgsql stable parallel safe as $$
declare
  value text := current_setting('palace.shards', true);
begin
  if value is null or value = '' then
    raise exception 'no shards are set for this statement' using errcode = 'PL003';
  end if;
  return value::integer[];
end $$;
