// The first key of a cluster: the gateway makes it when nobody could come in otherwise, and only if it can hand it over.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabase, type TestDatabase } from '@palace/platform/database/testing.ts';
import { openWorld, shell, startProcess, type Output, type RunningServer } from './harness.ts';

const world = openWorld();
const folder = join(world.folder, 'missing');
const file = join(folder, 'key.json');
const environment = { PALACE_DATA: join(world.folder, 'cluster'), PALACE_DATABASE_URL: '' };
let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
  environment.PALACE_DATABASE_URL = database.url;
});
afterAll(async () => {
  await database.close();
  world.close();
});

const words = (path: string): string[] => ['start', 'gateway', '--json', '--listen', ':0', '--flow-url', 'http://127.0.0.1:9', '--credentials', path];
const settings = (): string =>
  Object.entries(environment)
    .map(([name, value]) => `${name}='${value}'`)
    .join(' ');
const failing = (path: string): Promise<Output> => shell(world, `${settings()} palace ${words(path).join(' ').replace(' --json', '')}`);
const start = (path: string): Promise<RunningServer> => startProcess(world, words(path), environment);
const keys = async (): Promise<unknown[]> => (await database.database.owner.query('select id from gateway.api_key where revoked_at is null')).rows;

describe('the first key of a cluster', () => {
  it('is not made when its file cannot be written, or is another one', async () => {
    const { exit, err } = await failing(file);
    expect([exit, err]).toEqual([2, expect.stringContaining(`palace: ${file} cannot be written (ENOENT).\nNext: Make the folder ${folder}`)]);
    const thesis = join(world.folder, 'thesis.txt');
    writeFileSync(thesis, 'years of work');
    expect(await failing(thesis)).toMatchObject({ exit: 2, err: expect.stringContaining('is no file of credentials') as unknown });
    expect(readFileSync(thesis, 'utf8')).toBe('years of work');
    expect(await keys()).toEqual([]);
  });

  it('is made by the next start that can write it, readable by its owner alone', async () => {
    mkdirSync(folder);
    const gateway = await start(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { apiKey } = JSON.parse(readFileSync(file, 'utf8')) as { apiKey: string };
    const answer = await fetch(new URL('/v1/me', gateway.url), { headers: { authorization: `Bearer ${apiKey}` } });
    expect(await answer.json()).toMatchObject({ role: 'owner' });
    expect(await gateway.stop()).toBe(0);
  });

  it('is the only one: a later start says how to have another', async () => {
    const other = join(folder, 'other.json');
    const gateway = await start(other);
    expect([existsSync(other), (await keys()).length]).toEqual([false, 1]);
    expect(gateway.said()).toContain('palace key create --name NAME --role owner');
    expect(await gateway.stop()).toBe(0);
  });

  it('is made anew when no owner’s key works any more', async () => {
    await database.database.owner.query('update gateway.api_key set revoked_at = now()');
    const gateway = await start(file);
    expect(await keys()).toHaveLength(1);
    expect(await gateway.stop()).toBe(0);
  });
});
