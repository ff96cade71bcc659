// How the installation does, as people are told: on the real service.
import { expect, test } from 'vitest';
import { flowText, openForFile, reached, start, until, type Installation, type TestNode } from '../testing.ts';
import { health } from '../diagnosis-contract.ts';
import { keptSamples, type HealthView } from './health.ts';

let house: Installation;
let node: TestNode;
openForFile((opened, first) => ([house, node] = [opened, first]));

const look = async (): Promise<HealthView> => (await node.call('GET', '/v1/health')).body as unknown as HealthView;

test('it tells of processes, shards and figures in the shape that it promises, and of no tenant', async () => {
  await node.flow.publish('acme', flowText('one', [{ note: { set: { a: 1 } } }]));
  await reached(node, await start(node, 'one'), 'completed');
  const view = await until('a commit is measured', async () => {
    const seen = await look();
    return seen.figures.commit !== undefined && seen;
  });
  expect(health.parse(view)).toEqual(view);
  expect(view.nodes.map(({ id }) => id)).toEqual([view.node]);
  expect(view.shards).toEqual({ total: 64, ownerless: 0 });
  expect(view.figures.commit?.p50Ms).toBeGreaterThan(0);
  expect(view.upgrade.state).toBe('none');
  expect(view.backup).toBeUndefined();
  expect(JSON.stringify(view)).not.toContain('acme');
});

test('an older process makes an upgrade that is under way, and the last backup is named without its place', async () => {
  const ghost = await house.ghost('old-one', 1);
  await house.sql(`insert into palace.backup (file, point_at, bytes, sha256) values ('/secret/place', '2026-01-02T03:04:05Z', 1234, 'x')`);
  const view = await until('it is seen', async () => {
    const seen = await look();
    return seen.nodes.length === 2 && seen;
  });
  expect(view.upgrade.state).toBe('under-way');
  expect(view.backup).toEqual({ at: '2026-01-02T03:04:05.000Z', bytes: 1234 });
  expect(JSON.stringify(view)).not.toContain('/secret/place');
  await ghost.end();
});

test('however many ask, one look a second is made', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, look));
  expect(new Set(answers).size).toBe(1);
});

test('the window of commits is one to two minutes long while somebody looks', () => {
  const at = (atMs: number) => ({ atMs, values: new Map<string, number>() });
  let kept = keptSamples([], at(0));
  for (let second = 1; second <= 600; second += 5) {
    kept = keptSamples(kept, at(second * 1_000));
    const windowMs = second * 1_000 - (kept[0]?.atMs ?? 0);
    if (second > 130) expect(windowMs).toBeLessThanOrEqual(130_000);
    if (second > 130) expect(windowMs).toBeGreaterThanOrEqual(55_000);
  }
});
