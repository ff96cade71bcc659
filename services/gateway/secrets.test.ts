// Secrets through the real door on a real database: what goes in, what never comes out, and rotation while they are in use.
import { describe, expect, test } from 'vitest';
import { openSecrets, secretReader } from './secrets.ts';
import { openForFile, type Ground, type House } from './testing.ts';

let ground: Ground;
let house: House;
openForFile((...opened) => ([ground, house] = opened));

const set = (name: string, value: unknown, key?: string) => house.call('PUT', `/v1/secrets/${name}`, { body: { value }, ...(key !== undefined && { key }) });
const reader = () => secretReader(ground.database, ground.vault);
const rows = async () =>
  (await ground.database.owner.query<{ name: string; sealed: Buffer }>("select name, sealed from gateway.secret where tenant = 'a' order by name")).rows;

describe('S38: a secret', () => {
  test('goes in as text or JSON, is listed by name, and never comes out', async () => {
    const answers = [
      await set('api-token', 'canary-1'),
      await set('api-token', 'canary-2'),
      await set('user.prod', { name: 'ada', password: 'canary-3', n: [1] }),
    ];
    answers.push(await house.call('GET', '/v1/secrets'), await house.call('GET', '/v1/secrets/api-token'));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 405]);
    expect(answers[3]?.body['items']).toEqual([
      { name: 'api-token', kind: 'text', version: 2, createdAt: expect.any(String), updatedAt: expect.any(String), updatedBy: house.owner.id },
      { name: 'user.prod', kind: 'json', version: 1, createdAt: expect.any(String), updatedAt: expect.any(String), updatedBy: house.owner.id },
    ]);
    expect(answers.map(({ text }) => text).join('\n')).not.toContain('canary');
    expect([...(await reader().read('a', 'default', ['api-token', 'user.prod', 'other']))]).toEqual([
      ['api-token', 'canary-2'],
      ['user.prod', { name: 'ada', password: 'canary-3', n: [1] }],
    ]);
    for (const { sealed } of await rows()) expect(sealed.includes('canary')).toBe(false);
  });

  test('is listed in pages by name, and gone when it was removed', async () => {
    for (const name of ['p1', 'p2', 'p3']) await set(name, 'x');
    const first = await house.call('GET', '/v1/secrets?limit=3');
    const second = await house.call('GET', `/v1/secrets?limit=100&cursor=${String(first.body['next'])}`);
    const names = [first, second].flatMap(({ body }) => (body['items'] as { name: string }[]).map(({ name }) => name));
    expect(names).toEqual(['api-token', 'p1', 'p2', 'p3', 'user.prod']);
    expect([(await house.call('DELETE', '/v1/secrets/p1')).status, (await house.call('DELETE', '/v1/secrets/p1')).status]).toEqual([204, 404]);
    expect(await reader().read('a', 'default', ['p1'])).toEqual(new Map());
  });

  test.each<[string, string, unknown, number]>([
    ['no value', 'x', undefined, 400],
    ['null', 'x', null, 400],
    ['an empty text', 'x', '', 400],
    ['too large a value', 'x', `canary${'x'.repeat(70_000)}`, 422],
    ['far too large a value', 'x', `canary${'x'.repeat(300_000)}`, 413],
    ['a name that is none', '1x', 'canary', 404],
    ['a name with a slash', 'a%2Fb', 'canary', 404],
    ['the name of a prototype', '__proto__', 'canary', 404],
  ])('%s is refused, and the refusal does not repeat it', async (_, name, value, status) => {
    const answer = await set(name, value);
    expect([name, answer.status]).toEqual([name, status]);
    expect(answer.text).not.toContain('canary');
  });

  test('S09: is set by owner and admin, seen by name by builders, and by nobody else', async () => {
    const may: Record<string, number[]> = {};
    for (const role of ['owner', 'admin', 'builder', 'operator', 'worker', 'viewer'] as const)
      may[role] = [(await house.call('GET', '/v1/secrets', { key: house.keys[role] })).status, (await set('by-role', 'x', house.keys[role])).status];
    expect(may).toEqual({ owner: [200, 200], admin: [200, 200], builder: [200, 403], operator: [403, 403], worker: [403, 403], viewer: [403, 403] });
  });

  test('S02: of another tenant is not there', async () => {
    await set('of-a', 'x');
    expect((await house.call('DELETE', '/v1/secrets/of-a', { key: house.keys.foreign })).status).toBe(404);
    expect((await house.call('GET', '/v1/secrets', { key: house.keys.foreign })).body['items']).toEqual([]);
    expect(await reader().read('b', 'default', ['of-a'])).toEqual(new Map());
  });

  test('S39: opens under its own name alone: a row that was exchanged for another is unreadable', async () => {
    await set('one', 'value of one');
    await set('two', 'value of two');
    await ground.database.owner.query(
      "update gateway.secret set sealed = (select sealed from gateway.secret where tenant = 'a' and name = 'two') where tenant = 'a' and name = 'one'",
    );
    await expect(reader().read('a', 'default', ['one'])).rejects.toMatchObject({ code: 'vault.unreadable' });
    expect(await reader().read('a', 'default', ['two'])).toEqual(new Map([['two', 'value of two']]));
    await set('one', 'x');
  });

  test('has a bound on its number', async () => {
    const secrets = openSecrets(ground.database, ground.vault);
    await ground.database.owner.query(
      "insert into gateway.secret (tenant, environment, name, kind, sealed, updated_by) select 'full', 'default', 'n' || n, 'text', ''::bytea, 'test' from generate_series(1, 1000) n",
    );
    await expect(secrets.set('full', 'default', 'one-more', 'x', 'test')).rejects.toMatchObject({ code: 'limit.exceeded' });
    await expect(secrets.set('full', 'default', 'n7', 'x', 'test')).resolves.toMatchObject({ version: 2 });
  });
});

describe('S39: rotation', () => {
  test('seals every secret anew while they are read and set, and loses none', async () => {
    for (let i = 0; i < 20; i++) await set(`load-${i}`, `0 of ${i}`);
    const before = await rows();
    let over = false;
    const wrong: string[] = [];
    const readers = Array.from({ length: 4 }, async (_, at) => {
      for (let round = 0; !over; round++) {
        const name = `load-${(round + at) % 20}`;
        const value = (await reader().read('a', 'default', [name])).get(name);
        if (!new RegExp(`^\\d+ of ${name.slice(5)}$`).test(String(value))) wrong.push(`${name}: ${String(value)}`);
      }
    });
    const writer = (async () => {
      for (let round = 1; !over; round++) await set(`load-${round % 20}`, `${round} of ${round % 20}`);
    })();
    const rotated = [];
    for (let i = 0; i < 3; i++) rotated.push((await house.call('POST', '/v1/secrets/rotate')).body['keyVersion']);
    over = true;
    await Promise.all([...readers, writer]);
    expect(wrong).toEqual([]);
    expect(rotated).toEqual([2, 3, 4]);
    const after = await rows();
    expect(after.map(({ name }) => name)).toEqual(before.map(({ name }) => name));
    // The version of the key stands in the bytes; one that was set at that very moment may have taken the key before.
    for (const { sealed } of after) expect(sealed.readUInt32BE(1)).toBeGreaterThanOrEqual(3);
    expect((await house.call('POST', '/v1/secrets/rotate')).body).toEqual({ keyVersion: 5, resealed: after.length });
    for (const { name, sealed } of await rows()) expect([name, sealed.readUInt32BE(1)]).toEqual([name, 5]);
    for (const { name } of after) expect((await reader().read('a', 'default', [name])).has(name)).toBe(true);
  });
});
