import { expect, test } from 'vitest';
import { partitionBound } from './partition-bound.ts';

test('bounds as PostgreSQL shows them are taken as they are', () => {
  for (const bound of [
    'DEFAULT',
    "FOR VALUES FROM ('run_01m8a0000') TO ('run_01m8b0000')",
    "FOR VALUES FROM (MINVALUE) TO ('run_1')",
    "FOR VALUES FROM ('2026-01-01 00:00:00+00') TO ('2026-02-01 00:00:00+00')",
    "FOR VALUES FROM (1, 'a') TO (10, MAXVALUE)",
    "FOR VALUES IN ('a', 'b')",
    'FOR VALUES WITH (modulus 8, remainder 3)',
  ])
    expect(partitionBound(bound), bound).toBe(bound);
});

test('everything else is refused, above all what would be another statement', () => {
  for (const bound of [
    '',
    'default',
    "FOR VALUES FROM ('a') TO ('b'); drop table x",
    "FOR VALUES FROM ('a') TO ('b')\n; select 1",
    "FOR VALUES FROM ('a''; drop table x; --') TO ('b')",
    'FOR VALUES FROM (pg_sleep(1)) TO (2)',
    'FOR VALUES WITH (modulus 8, remainder (select 1))',
    "FOR VALUES IN ('a') WITH (fillfactor = 10)",
  ])
    expect(partitionBound(bound), bound).toBeUndefined();
});
