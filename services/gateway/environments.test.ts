// Variables as services read them: fresh, however many ask at once; and the environments' bounds. On a real database.
import { describe, expect, test } from 'vitest';
import type { Database } from '@palace/platform/database/port.ts';
import { environmentReader, openEnvironments } from './environments.ts';
import { openForFile, type Ground, type House } from './testing.ts';

let ground: Ground;
let house: House;
openForFile((...opened) => ([ground, house] = opened));

const set = (name: string, value: unknown, environment = 'default') =>
  house.call('PUT', `/v1/environments/${environment}/variables/${name}`, { body: { value } });

/** The database, with its answers held back until they are let go. */
function slow(): { database: Database; asked: () => number; let: () => void } {
  const gates: PromiseWithResolvers<void>[] = [];
  const database: Database = {
    ...ground.database,
    async asTenant(tenant, work) {
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      const answer = await ground.database.asTenant(tenant, work);
      await gate.promise;
      return answer;
    },
  };
  return { database, asked: () => gates.length, let: () => gates.shift()?.resolve() };
}
const turns = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

describe('a reader', () => {
  test('that asks while a question is under way gets what was set before it asked, and shares one question with all who came meanwhile', async () => {
    await set('fresh', 1);
    const { database, let: letGo, asked } = slow();
    const reader = environmentReader(database);
    const first = reader.variables('a', 'default');
    await turns();
    await set('fresh', 2);
    const later = Promise.all(Array.from({ length: 50 }, () => reader.variables('a', 'default')));
    letGo();
    expect(await first).toMatchObject({ fresh: 1 });
    await turns();
    expect(asked()).toBe(1);
    letGo();
    expect((await later).map((one) => one?.['fresh'])).toEqual(Array.from({ length: 50 }, () => 2));
    const alone = reader.variables('a', 'default');
    await turns();
    letGo();
    expect(await alone).toMatchObject({ fresh: 2 });
  });

  test('that is told of a failure does not keep it: who comes next asks anew', async () => {
    let fails = true;
    const database: Database = {
      ...ground.database,
      asTenant: (tenant, work) => (fails ? Promise.reject(new Error('away')) : ground.database.asTenant(tenant, work)),
    };
    const reader = environmentReader(database);
    const both = await Promise.allSettled([reader.variables('a', 'default'), reader.variables('a', 'default')]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fails = false;
    expect(await reader.variables('a', 'default')).toBeDefined();
  });

  test('tells an environment that is not there from one that is empty, and never mixes tenants', async () => {
    const reader = environmentReader(ground.database);
    await house.call('PUT', '/v1/environments/empty');
    expect([
      await reader.variables('a', 'empty'),
      await reader.variables('a', 'nowhere'),
      await reader.variables('b', 'empty'),
      await reader.variables('b', 'default'),
    ]).toEqual([{}, undefined, undefined, {}]);
  });

  test('gives names like __proto__ no meaning', async () => {
    expect((await set('__proto__', 1)).status).toBe(404);
    expect((await set('constructor', { a: 1 })).status).toBe(200);
    expect(Object.hasOwn((await environmentReader(ground.database).variables('a', 'default')) ?? {}, 'constructor')).toBe(true);
  });
});

describe('bounds', () => {
  test('hold for the size of a value, the number of variables and the number of environments', async () => {
    const environments = openEnvironments(ground.database);
    await expect(environments.setVariable('c', 'default', 'big', 'x'.repeat(65_536), 'test')).rejects.toMatchObject({ code: 'limit.exceeded' });
    await ground.database.owner.query(
      "insert into gateway.variable (tenant, environment, name, value, updated_by) select 'c', 'default', 'n' || n, '1', 'test' from generate_series(1, 500) n",
    );
    await expect(environments.setVariable('c', 'default', 'more', 1, 'test')).rejects.toMatchObject({ code: 'limit.exceeded' });
    await expect(environments.setVariable('c', 'default', 'n7', 2, 'test')).resolves.toMatchObject({ version: 2 });
    await ground.database.owner.query("insert into gateway.environment (tenant, name, created_by) select 'c', 'e' || n, 'test' from generate_series(1, 49) n");
    await expect(environments.create('c', 'one-more', 'test')).rejects.toMatchObject({ code: 'limit.exceeded' });
  });

  test('an environment is not removed while something is put into it at the same moment', async () => {
    const environments = openEnvironments(ground.database);
    for (let round = 0; round < 20; round++) {
      await environments.create('d', 'busy', 'test');
      const [put, removed] = await Promise.allSettled([environments.setVariable('d', 'busy', 'x', round, 'test'), environments.remove('d', 'busy')]);
      expect([put.status, removed.status].toSorted()).toEqual(['fulfilled', 'rejected']);
      if (put.status === 'fulfilled') await environments.removeVariable('d', 'busy', 'x');
      const left = await ground.database.owner.query("select 1 from gateway.variable where tenant = 'd'");
      expect(left.rows.length).toBe(0);
    }
  });

  test('of who may do what: viewers read, builders write, and nobody writes without the right', async () => {
    const may: Record<string, [number, number]> = {};
    for (const role of ['viewer', 'operator', 'worker'] as const) {
      const read = await house.call('GET', '/v1/environments/default/variables', { key: house.keys[role] });
      const write = await house.call('PUT', '/v1/environments/default/variables/x', { key: house.keys[role], body: { value: 1 } });
      may[role] = [read.status, write.status];
    }
    expect(may).toEqual({ viewer: [200, 403], operator: [200, 403], worker: [403, 403] });
  });
});
