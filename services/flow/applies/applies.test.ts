// Sets of flows as their clients apply them: all or nothing, differences, prune, drain, two at once, back again. On the real database.
import { describe, expect, test } from 'vitest';
import { flowText, listenFor, openForFile, reached, start, TENANT, until, type Installation, type TestNode } from '../testing.ts';
import type { ApplyResult } from './contract.ts';

let house: Installation;
let node: TestNode;

openForFile((...opened) => ([house, node] = opened));

const say = (name: string, value: unknown, version = '1.0.0'): { source: string; sourceName: string } => ({
  source: flowText(name, [{ say: { set: { value } } }], { version }),
  sourceName: `${name}.yaml`,
});
const waits = (name: string) => ({ source: flowText(name, [listenFor('wait', 'agentspalace.signal.go')]), sourceName: `${name}.yaml` });

async function apply(body: Record<string, unknown>, path = '/v1/applies'): Promise<ApplyResult> {
  const reply = await node.call('POST', path, { body });
  if (reply.status !== 200) throw new Error(`${reply.status} ${JSON.stringify(reply.body)}`);
  return reply.body as unknown as ApplyResult;
}
const actions = ({ items }: ApplyResult): string[] => items.map(({ action, name, version }) => `${action} ${name} ${version}`);

/** Everything that an apply could write, as text. */
async function everything(): Promise<string> {
  const tables = ['definition', 'program', 'set_member', 'apply', 'event_trigger', 'schedule', 'inbox', 'flow_environment'];
  const rows = await Promise.all(tables.map((table) => house.sql(`select * from flow.${table} t order by t::text`)));
  return JSON.stringify(rows);
}

describe('a set', () => {
  test('is created, found the same, changed with the fields that differ, looked at without a write, and pruned', async () => {
    const set = 'shop';
    const first = await apply({ set, items: [say('one', 1), say('two', 2), say('three', 3)], commit: 'abc1234' });
    expect(actions(first)).toEqual(['create test/one 1.0.0', 'create test/two 1.0.0', 'create test/three 1.0.0']);
    const again = await apply({ set, items: [say('one', 1), say('two', 2), say('three', 3)] });
    expect([again.changed, again.number, again.hash]).toEqual([false, undefined, first.hash]);
    expect(again.items.every(({ action }) => action === 'same')).toBe(true);

    const edited = { set, prune: true, items: [say('one', 1), say('two', 22, '1.1.0')] };
    const before = await everything();
    const plan = await apply(edited, '/v1/applies/plan');
    expect(actions(plan)).toEqual(['same test/one 1.0.0', 'change test/two 1.1.0', 'prune test/three 1.0.0']);
    expect(plan.items[1]).toMatchObject({
      before: '1.0.0',
      changes: [
        { path: '/document/version', before: '"1.0.0"', after: '"1.1.0"' },
        { path: '/do/say/set/value', before: '2', after: '22' },
      ],
    });
    expect(await everything()).toBe(before);

    expect(actions(await apply(edited))).toEqual(actions(plan));
    expect(await node.call('GET', '/v1/flows/test/three')).toMatchObject({ status: 404 });
    expect(await node.call('GET', '/v1/flows/test/two')).toMatchObject({ body: { version: '1.1.0', latest: true } });
    expect((await apply(edited)).changed).toBe(false);
    const { body } = await node.call('GET', '/v1/applies?set=shop');
    expect(body['items']).toMatchObject([
      { number: 2, how: 'apply', by: '0k5m9q2r7t4w8x3z', created: 0, changed: 1, pruned: 1, same: 1 },
      { number: 1, commit: 'abc1234', created: 3, set },
    ]);
  });

  test('of a hundred files with one bad one changes nothing, and says where the mistake is', async () => {
    const items = Array.from({ length: 100 }, (_, i) => say(`many-${i}`, i));
    items[57] = {
      source: 'document: {dsl: 1.0.3, namespace: test, name: many-57, version: 1.0.0}\ndo:\n  - say:\n      sett: {}\n',
      sourceName: 'many-57.yaml',
    };
    const before = await everything();
    expect(await node.call('POST', '/v1/applies', { body: { set: 'many', items } })).toMatchObject({
      status: 422,
      body: { code: 'flow.invalid', errors: [{ file: 'many-57.yaml', line: 4 }] },
    });
    expect(await everything()).toBe(before);
    items[57] = say('many-57', 57);
    expect((await apply({ set: 'many', items })).items.length).toBe(100);
  });

  test('with other content under a published version changes nothing, names the file and proposes the next version', async () => {
    await apply({ items: [say('fixed', 1, '1.2.3')] });
    const before = await everything();
    expect(await node.call('POST', '/v1/applies', { body: { items: [say('fresh', 1), say('fixed', 2, '1.2.3')] } })).toMatchObject({
      status: 409,
      body: { code: 'flow.version-exists', errors: [{ file: 'fixed.yaml', path: '/document/version', suggestion: 'Raise document.version, e.g. to 1.2.4.' }] },
    });
    const plan = await apply({ items: [say('fresh', 1), say('fixed', 2, '1.2.3')] }, '/v1/applies/plan');
    expect(plan.items).toMatchObject([
      { action: 'create' },
      { action: 'refused', suggestion: '1.2.4', changes: [{ path: '/do/say/set/value', before: '1', after: '2' }] },
    ]);
    expect(await everything()).toBe(before);
  });

  test('that names an older version puts it in force again', async () => {
    await apply({ items: [say('back', 1, '1.0.0')] });
    await apply({ items: [say('back', 2, '2.0.0')] });
    expect(actions(await apply({ items: [say('back', 1, '1.0.0')] }))).toEqual(['change test/back 1.0.0']);
    expect(await node.call('GET', '/v1/flows/test/back')).toMatchObject({ body: { version: '1.0.0' } });
  });

  test('with several versions of one flow puts the highest in force, whatever their order', async () => {
    expect(actions(await apply({ items: [say('both', 2, '1.10.0'), say('both', 1, '1.9.0')] }))).toEqual(['create test/both 1.10.0', 'create test/both 1.9.0']);
    expect(await node.call('GET', '/v1/flows/test/both')).toMatchObject({ body: { version: '1.10.0' } });
    expect((await apply({ items: [say('both', 1, '1.9.0'), say('both', 2, '1.10.0')] })).changed).toBe(false);
  });

  test('that has a document twice is refused', async () => {
    expect(await node.call('POST', '/v1/applies', { body: { items: [say('twin', 1), { ...say('twin', 1), sourceName: 'other.yaml' }] } })).toMatchObject({
      status: 422,
      body: { errors: [{ file: 'other.yaml', message: expect.stringContaining('twin.yaml too') as string }] },
    });
  });
});

describe('prune', () => {
  test('touches only its own set: neither flows of no set nor those of another', async () => {
    await apply({ items: [say('loose', 1)] });
    await apply({ set: 'left', items: [say('left-1', 1), say('left-2', 1)] });
    await apply({ set: 'right', items: [say('right-1', 1)] });
    expect(actions(await apply({ set: 'left', prune: true, items: [say('left-1', 1)] }))).toEqual(['same test/left-1 1.0.0', 'prune test/left-2 1.0.0']);
    for (const name of ['loose', 'right-1', 'left-1']) expect(await node.call('GET', `/v1/flows/test/${name}`)).toMatchObject({ status: 200 });
  });

  test('without the word for it only says what is left', async () => {
    await apply({ set: 'kept', items: [say('kept-1', 1), say('kept-2', 1)] });
    const result = await apply({ set: 'kept', items: [say('kept-1', 1)] });
    expect([actions(result), result.changed]).toEqual([['same test/kept-1 1.0.0', 'left test/kept-2 1.0.0'], false]);
    expect(await node.call('GET', '/v1/flows/test/kept-2')).toMatchObject({ status: 200 });
  });

  test('needs a set', async () => {
    expect(await node.call('POST', '/v1/applies', { body: { prune: true, items: [say('x', 1)] } })).toMatchObject({ status: 400 });
  });

  test('is refused while runs are open, and changes nothing; drained, nothing new starts and what is open ends', async () => {
    await apply({ set: 'busy', items: [say('busy-1', 1), waits('busy-2')] });
    const run = await start(node, 'busy-2');
    await reached(node, run, 'waiting');
    const less = { set: 'busy', prune: true, items: [say('busy-1', 11, '1.1.0')] };
    expect((await apply(less, '/v1/applies/plan')).items).toMatchObject([{ action: 'change' }, { action: 'prune', openRuns: 1 }]);
    expect(await node.call('POST', '/v1/applies', { body: less })).toMatchObject({ status: 409, body: { code: 'flow.in-use' } });
    expect(await node.call('GET', '/v1/flows/test/busy-1')).toMatchObject({ body: { version: '1.0.0' } });

    expect((await apply({ ...less, drain: true })).items).toMatchObject([{ action: 'change' }, { action: 'prune', openRuns: 1 }]);
    expect(await node.call('POST', '/v1/runs', { body: { flow: 'test/busy-2' } })).toMatchObject({ status: 404 });
    expect(await node.call('GET', `/v1/runs/${run}`)).toMatchObject({ body: { status: 'waiting', flow: 'test/busy-2' } });
    await node.call('POST', `/v1/runs/${run}/signals`, { body: { name: 'go' } });
    await reached(node, run, 'completed');
  });

  test('takes the schedule of what it removes along', async () => {
    const every = { source: flowText('tick', [{ a: { set: { b: 1 } } }]).replace('"do"', '"schedule":{"every":{"hours":1}},"do"'), sourceName: 'tick.yaml' };
    await apply({ set: 'ticking', items: [every, say('tock', 1)] });
    const scheduled = async () => (await house.sql(`select flow from flow.schedule where flow = 'test/tick'`)).length;
    await until('the schedule is there', async () => (await scheduled()) === 1);
    await apply({ set: 'ticking', prune: true, items: [say('tock', 1)] });
    await until('the schedule is gone', async () => (await scheduled()) === 0);
  });
});

describe('sets', () => {
  test('do not take each other’s documents, unless they are told to', async () => {
    await apply({ set: 'mine', items: [say('shared', 1)] });
    const theirs = { set: 'theirs', items: [say('shared', 1)] };
    expect(await node.call('POST', '/v1/applies', { body: theirs })).toMatchObject({
      status: 409,
      body: { code: 'apply.owned', detail: expect.stringContaining('(mine)') as string },
    });
    await apply({ ...theirs, adopt: true });
    expect(await node.call('GET', '/v1/sets/theirs')).toMatchObject({ body: { items: [{ kind: 'flow', name: 'test/shared' }] } });
    expect(await node.call('GET', '/v1/sets/mine')).toMatchObject({ status: 404 });
  });

  test('applied twice at once have one winner; the other is told, and nothing of it is there', async () => {
    for (let round = 0; round < 5; round++) {
      const version = `1.${round}.0`;
      const body = (side: string) => ({ set: 'race', items: Array.from({ length: 20 }, (_, i) => say(`race-${i}`, side, version)) });
      const replies = await Promise.all(['a', 'b'].map((side) => node.call('POST', '/v1/applies', { body: body(side) })));
      expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 409]);
      expect(replies.find(({ status }) => status === 409)?.body['code']).toBe('apply.conflict');
      const rows = await house.sql<{ source: string }>(
        `select p.source from flow.definition d join flow.program p using (tenant, hash) where d.name like 'race-%' and d.version = $1`,
        [version],
      );
      expect(rows.length).toBe(20);
      expect(new Set(rows.map(({ source }) => /"value":"(.)"/.exec(source)?.[1])).size).toBe(1);
    }
  });

  test('are applied beside publications of their flows: each flow ends with one version in force', async () => {
    const all = await Promise.all([
      apply({ set: 'beside', items: Array.from({ length: 10 }, (_, i) => say(`beside-${i}`, 'set', '2.0.0')) }),
      ...Array.from({ length: 10 }, (_, i) => node.call('POST', '/v1/flows', { body: { source: say(`beside-${i}`, 'alone', '1.0.0').source } })),
    ]);
    expect(all.length).toBe(11);
    const rows = await house.sql<{ name: string; ordinals: number[] }>(
      `select name, array_agg(ordinal order by ordinal) as ordinals from flow.definition where name like 'beside-%' group by name`,
    );
    expect(rows.map(({ ordinals }) => ordinals)).toEqual(Array.from({ length: 10 }, () => [1, 2]));
  });

  test('of one tenant are nothing to another', async () => {
    await apply({ set: 'secretive', items: [say('hidden', 1)] });
    expect(await node.call('GET', '/v1/sets/secretive', { tenant: 'other' })).toMatchObject({ status: 404 });
    expect(await node.call('GET', '/v1/applies/1', { tenant: 'other' })).toMatchObject({ status: 404 });
    expect(await node.call('POST', '/v1/sets/secretive/rollback', { tenant: 'other', body: { to: 1 } })).toMatchObject({ status: 404 });
  });
});

describe('a rollback', () => {
  test('brings back what an earlier apply had made, also what was pruned since', async () => {
    const first = await apply({ set: 'again', items: [say('again-1', 1), say('again-2', 1)], commit: 'c0ffee1' });
    await apply({ set: 'again', prune: true, items: [say('again-1', 2, '2.0.0'), say('again-3', 3)] });
    const look = await apply({ to: first.number, dryRun: true }, '/v1/sets/again/rollback');
    expect(actions(look)).toEqual(['change test/again-1 1.0.0', 'create test/again-2 1.0.0', 'left test/again-3 1.0.0']);
    expect(await node.call('GET', '/v1/flows/test/again-1')).toMatchObject({ body: { version: '2.0.0' } });
    const back = await apply({ to: first.number, prune: true }, '/v1/sets/again/rollback');
    expect(back.hash).toBe(first.hash);
    expect(await node.call('GET', '/v1/flows/test/again-1')).toMatchObject({ body: { version: '1.0.0', latest: true } });
    const run = await start(node, 'again-2');
    expect((await reached(node, run, 'completed'))['output']).toEqual({ value: 1 });
    expect(await node.call('GET', '/v1/flows/test/again-3')).toMatchObject({ status: 404 });
    expect(await node.call('GET', '/v1/applies?set=again&limit=1')).toMatchObject({ body: { items: [{ how: 'rollback', commit: 'c0ffee1' }] } });
  });

  test('of what is not kept any more is refused, and one of another set is not found', async () => {
    const { number } = await apply({ set: 'gone', items: [say('gone-1', 1)] });
    await apply({ set: 'gone', items: [say('gone-1', 2, '2.0.0')] });
    expect(await node.call('POST', '/v1/sets/again/rollback', { body: { to: number } })).toMatchObject({ status: 404 });
    await house.sql(`delete from flow.definition where name = 'gone-1' and version = '1.0.0'`);
    await house.sql(`delete from flow.program where source like '%gone-1%1.0.0%'`);
    expect(await node.call('POST', '/v1/sets/gone/rollback', { body: { to: number } })).toMatchObject({ status: 410, body: { code: 'apply.gone' } });
  });
});

test('the list of applies is bounded, set by set', async () => {
  await apply({ set: 'bounded', items: [say('bounded', 1)] });
  await house.sql(
    `insert into flow.apply select tenant, 100000 + n, set_name, how, at_ms, by_key, commit_id, environment, hash, created, changed, pruned, same, items
       from flow.apply, generate_series(1, 300) n where set_name = 'bounded'`,
  );
  await apply({ set: 'bounded', items: [say('bounded', 2, '2.0.0')] });
  const [row] = await house.sql<{ n: number }>(`select count(*)::int as n from flow.apply where set_name = 'bounded' and tenant = $1`, [TENANT]);
  expect(row?.n).toBe(200);
});
