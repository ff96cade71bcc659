// What the door writes into the audit log: each change before it is done, and how it ended.
import { describe, expect, test } from 'vitest';
import { checkRoutes } from './mount.ts';
import { openForFile, type Ground, type House } from './testing.ts';

let ground: Ground;
let house: House;
openForFile((...opened) => ([ground, house] = opened));

interface Entry {
  readonly seq: number;
  readonly action: string;
  readonly outcome?: { readonly of: number; readonly status: number };
}
const entries = async (query = ''): Promise<Entry[]> => (await house.call('GET', `/v1/audit?limit=500${query}`)).body['items'] as Entry[];
const newest = async (count: number): Promise<Entry[]> => (await entries()).slice(0, count).toReversed();

describe('S43: a change of the installation', () => {
  test('stands in it before it is done, with who, what, from where, and how it ended', async () => {
    await house.call('PUT', '/v1/egress/127.0.0.1:11434', { body: { action: 'allow', reason: 'local model' } });
    const [asked, ended] = await newest(2);
    const about = {
      actor: { kind: 'api-key', id: house.owner.id, role: 'owner' },
      action: 'egress.set',
      target: '/v1/egress/127.0.0.1:11434',
      address: expect.stringMatching(/127\.0\.0\.1|::1/),
      detail: { action: 'allow', reason: 'local model' },
    };
    expect(asked).toMatchObject(about);
    expect(asked?.outcome).toBeUndefined();
    expect(ended).toMatchObject({ ...about, seq: (asked?.seq ?? 0) + 1, outcome: { of: asked?.seq, status: 200 } });
  });

  test('that was refused by its service has its status and code', async () => {
    const before = (await entries()).length;
    expect((await house.call('PUT', '/v1/egress/169.254.169.254:80', { body: { action: 'allow', reason: 'no' } })).status).toBe(403);
    expect((await newest(1))[0]).toMatchObject({ outcome: { status: 403, code: 'egress.never' } });
    expect((await entries()).length).toBe(before + 2);
  });

  test('is not done when the log cannot be written, and reading goes on', async () => {
    const owner = ground.database.owner;
    await owner.query('alter table palace.audit add constraint full_now check (seq < 0) not valid');
    try {
      expect((await house.call('PUT', '/v1/secrets/unlogged', { body: { value: 'x' } })).status).toBe(500);
      expect((await house.call('GET', '/v1/secrets')).body['items']).toEqual([]);
    } finally {
      await owner.query('alter table palace.audit drop constraint full_now');
    }
  });

  test('holds no value that was sent', async () => {
    await house.call('PUT', '/v1/secrets/api-token', { body: { value: 'canary-audit-1' } });
    await house.call('POST', '/v1/things', { body: { name: 'plain' } });
    const { rows } = await ground.database.owner.query<{ body: string }>('select body from palace.audit');
    expect(rows.map(({ body }) => body).join('\n')).not.toContain('canary');
    expect((await newest(4)).map(({ action }) => action)).toEqual(['secret.set', 'secret.set', 'thing.make', 'thing.make']);
  });

  test('by the server itself is there too', async () => {
    await house.gateway.egress.allow('a', '127.0.0.1:9', 'the sample service');
    expect((await newest(1))[0]).toMatchObject({ actor: { kind: 'system', id: 'palace' }, action: 'egress.allow', target: '/v1/egress/127.0.0.1:9' });
    expect((await entries('&action=key.create')).length).toBeGreaterThanOrEqual(6);
  });

  test('is read by owner and admin alone, each tenant its own, in pages', async () => {
    const status = async (key: string) => (await house.call('GET', '/v1/audit', { key })).status;
    const { owner, admin, builder, operator, worker, viewer, foreign } = house.keys;
    expect(await Promise.all([owner, admin, builder, operator, worker, viewer].map(status))).toEqual([200, 200, 403, 403, 403, 403]);
    const theirs = (await house.call('GET', '/v1/audit', { key: foreign })).body['items'] as Entry[];
    expect(theirs.map(({ action }) => action)).toEqual(['key.create']);
    const first = await house.call('GET', '/v1/audit?limit=2');
    const second = await house.call('GET', `/v1/audit?limit=500&cursor=${String(first.body['next'])}`);
    const seqs = [first, second].flatMap(({ body }) => (body['items'] as Entry[]).map(({ seq }) => seq));
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, at) => seqs.length - at));
  });

  test('changed in the table is found by the route', async () => {
    expect((await house.call('GET', '/v1/audit/verify')).body).toMatchObject({ intact: true, firstSeq: 1 });
    const client = await ground.database.owner.connect();
    await client.query("set session_replication_role = 'replica'");
    await client.query("update palace.audit set body = replace(body, 'local model', 'other words') where tenant = 'a'");
    client.release(true);
    expect((await house.call('GET', '/v1/audit/verify')).body).toMatchObject({ intact: false, seq: expect.any(Number), what: expect.stringContaining('text') });
  });
});

test('a route that changes something and says nothing to the audit log stops the boot', () => {
  const { audit: _none, ...silent } = house.toy.routes.find(({ method }) => method === 'post')!;
  expect(() => checkRoutes([silent])).toThrowError(expect.objectContaining({ code: 'boot.route-undeclared' }));
});
