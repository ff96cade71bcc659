// The log on a real database: many writers, tampering by its owner, and letting the oldest go.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from '../database/testing.ts';
import { Secret } from '../secret.ts';
import { openAudit } from './audit.ts';
import type { Audit, AuditEntry } from './port.ts';

let ground: TestDatabase;
let audit: Audit;
const key = new Secret('an audit key of tests, not a real one');
beforeAll(async () => {
  ground = await testDatabase();
  audit = openAudit(ground.database, { key, keepDays: 400 });
});
afterAll(() => ground.close());

const entry = (target: string): AuditEntry => ({ actor: { kind: 'api-key', id: 'k1', role: 'owner' }, action: 'secret.set', target, address: '127.0.0.1' });
const fill = async (tenant: string, count: number): Promise<void> => {
  for (let at = 1; at <= count; at += 1) await audit.append(tenant, entry(`/v1/secrets/s${at}`));
};
/** What only the owner of the database could do, with the guard out of the way. */
async function tamper(sql: string): Promise<void> {
  const client = await ground.database.owner.connect();
  try {
    await client.query("set session_replication_role = 'replica'");
    await client.query(sql);
  } finally {
    client.release(true);
  }
}

describe('S43: the audit log', () => {
  test('numbers entries without a gap, whoever writes, and is intact', async () => {
    const other = openAudit(await ground.another(), { key, keepDays: 400 });
    const seqs = await Promise.all(Array.from({ length: 60 }, (_, at) => (at % 2 === 0 ? audit : other).append('many', entry(`/v1/secrets/${at}`))));
    expect(seqs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, at) => at + 1));
    expect(await audit.verify('many')).toMatchObject({ intact: true, entries: 60, firstSeq: 1, lastSeq: 60 });
    expect(await audit.verify('nobody')).toMatchObject({ intact: true, entries: 0, lastSeq: 0 });
  });

  test('lists the newest first, in pages and by action or actor', async () => {
    await fill('list', 3);
    await audit.append('list', { actor: { kind: 'system', id: 'palace' }, action: 'key.create', target: '/v1/api-keys' });
    const seqs = async (filter: Parameters<Audit['list']>[1]) => (await audit.list('list', filter)).map(({ record }) => record.seq);
    expect(await seqs({ limit: 2 })).toEqual([4, 3]);
    expect(await seqs({ limit: 9, before: 3 })).toEqual([2, 1]);
    expect(await seqs({ limit: 9, action: 'key.create' })).toEqual([4]);
    expect(await seqs({ limit: 9, actor: 'k1' })).toEqual([3, 2, 1]);
  });

  test.each<[string, string, number | undefined]>([
    ['changed', `update palace.audit set body = replace(body, 's2', 's9') where tenant = $T and seq = 2`, 2],
    ['removed', `delete from palace.audit where tenant = $T and seq = 2`, 2],
    ['removed at the end', `delete from palace.audit where tenant = $T and seq = 4`, 4],
    ['given to another actor', `update palace.audit set actor = 'k2' where tenant = $T and seq = 3`, 3],
    [
      'removed at the beginning, and the head with it',
      `delete from palace.audit where tenant = $T and seq = 1; update palace.audit_head set first_seq = 2, before_hash = (select hash from palace.audit where tenant = 'other' and seq = 1) where tenant = $T`,
      2,
    ],
    [
      'taken from another tenant',
      `update palace.audit a set body = b.body, hash = b.hash, seal = b.seal from palace.audit b where a.tenant = $T and a.seq = 1 and b.tenant = 'other' and b.seq = 1`,
      1,
    ],
  ])('tells which entry was %s', async (what, sql, seq) => {
    const tenant = `tampered ${what}`;
    await fill('other', 1);
    await fill(tenant, 4);
    expect(await audit.verify(tenant)).toMatchObject({ intact: true });
    await tamper(sql.replaceAll('$T', `'${tenant}'`));
    expect(await audit.verify(tenant)).toMatchObject({ intact: false, seq });
  });

  test('that was cut off at its end together with its head shows another last hash', async () => {
    await fill('cut', 4);
    const before = await audit.verify('cut');
    await tamper(`delete from palace.audit where tenant = 'cut' and seq = 4;
      update palace.audit_head set seq = 3, hash = (select hash from palace.audit where tenant = 'cut' and seq = 3) where tenant = 'cut'`);
    expect(await audit.verify('cut')).toMatchObject({ intact: true, lastSeq: 3 });
    expect(await audit.verify('cut')).not.toMatchObject({ lastHash: before.intact ? before.lastHash : '' });
  });

  test('is changed by nobody whom the database lets in', async () => {
    await fill('kept', 2);
    const asApi = (sql: string) => ground.database.asTenant('kept', (api) => api.query(sql));
    await expect(asApi("update palace.audit set body = 'x' where tenant = 'kept'")).rejects.toThrow(/permission denied/);
    await expect(asApi("delete from palace.audit where tenant = 'kept'")).rejects.toThrow(/never changed/);
    await expect(ground.database.owner.query("update palace.audit set body = 'x' where tenant = 'kept'")).rejects.toThrow(/never changed/);
    await expect(ground.database.engine.query('select * from palace.audit')).rejects.toThrow(/permission denied/);
  });

  test('lets its oldest go and stays intact, and goes on', async () => {
    await fill('old', 5);
    expect(await audit.trim('old', Date.now() - 3_600_000, 100)).toBe(0);
    expect(await audit.trim('old', Date.now() + 3_600_000, 3)).toBe(3);
    expect(await audit.verify('old')).toMatchObject({ intact: true, entries: 2, firstSeq: 4, lastSeq: 5 });
    expect(await audit.append('old', entry('/v1/secrets/again'))).toBe(6);
    expect(await audit.trim('old', Date.now() + 3_600_000, 100)).toBe(3);
    expect(await audit.append('old', entry('/v1/secrets/again'))).toBe(7);
    expect(await audit.verify('old')).toMatchObject({ intact: true, entries: 1, firstSeq: 7 });
  });

  test('has a bound without anybody’s doing: every so many entries the oldest go', async () => {
    const short = openAudit(ground.database, { key, keepDays: 1 });
    await fill('bound', 255);
    // As if they had been written two days ago, by the same hand.
    const rows = await audit.list('bound', { limit: 1 });
    expect(rows[0]?.record.seq).toBe(255);
    await tamper("update palace.audit set at = at - interval '2 days' where tenant = 'bound'");
    expect(await short.append('bound', entry('/v1/secrets/last'))).toBe(256);
    expect(await short.verify('bound')).toMatchObject({ intact: true, entries: 1, firstSeq: 256 });
  });
});
