// A database whose disk is full: nothing is accepted and every answer says why; the runs that wait lose nothing and go on by themselves.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flowText, listenFor, openInstallation, reached, start, until, type Installation, type TestNode } from './testing.ts';

const SHORT = { status: 503, body: { code: 'unavailable.resources', detail: 'The disk of the database is full.' } };
const TABLES = ['journal', 'inbox', 'room'];

let house: Installation;
let node: TestNode;

beforeAll(async () => {
  house = await openInstallation();
  node = await house.open();
  await house.sql(`create function flow.full_disk() returns trigger language plpgsql as $$
    begin raise exception 'could not extend file' using errcode = '53100'; end $$`);
  await node.flow.publish('acme', flowText('ask', [listenFor('answer', 'agentspalace.signal.answer')]));
});
afterAll(() => house.close());

async function fill(): Promise<void> {
  for (const table of TABLES) await house.sql(`create trigger full_disk before insert on flow.${table} for each statement execute function flow.full_disk()`);
}
async function free(): Promise<void> {
  for (const table of TABLES) await house.sql(`drop trigger full_disk on flow.${table}`);
}

describe('a full disk', () => {
  test('refuses starts and signals with the reason, shows in readiness, and is over by itself', async () => {
    const id = await start(node, 'ask');
    await reached(node, id, 'waiting');
    expect(node.flow.door.ready()).toMatchObject({ room: true });
    await fill();
    expect(await node.call('POST', '/v1/runs', { body: { flow: 'test/ask' } })).toMatchObject(SHORT);
    expect(await node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'answer' } })).toMatchObject(SHORT);
    expect(node.flow.door.ready()).toMatchObject({ room: false });
    const beganMs = performance.now();
    expect(await node.call('POST', '/v1/runs', { body: { flow: 'test/ask' }, key: 'again' })).toMatchObject(SHORT);
    expect(performance.now() - beganMs).toBeLessThan(1_000);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(node.flow.door.ready()).toMatchObject({ room: false });
    await free();
    await until('it is ready', () => Promise.resolve(node.flow.door.ready()['room']));
    expect(await house.sql('select id from flow.run')).toEqual([{ id }]);
    expect((await node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'answer', data: 1 } })).status).toBe(202);
    await reached(node, id, 'completed');
    await start(node, 'ask', {}, { key: 'again' });
  });
});
