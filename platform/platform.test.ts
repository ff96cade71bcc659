// The whole ground as a process opens it: configuration in, ports out, everything closed again.
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { collect, until } from './bus/bus.suite.ts';
import { loadConfig } from './config.ts';
import { isAlive } from './database/process-identity.ts';
import { testDatabase } from './database/testing.ts';
import { openPlatform } from './platform.ts';

const dir = mkdtempSync(join(tmpdir(), 'palace-platform-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('the platform', () => {
  test('opens on a laptop with a folder alone, works, and leaves no process behind', async () => {
    const dataDir = join(dir, 'laptop');
    const lines: string[] = [];
    const phases: string[] = [];
    const config = loadConfig({ installation: { dataDir } }, {});
    const platform = await openPlatform(config, { service: 'palace', write: (line) => void lines.push(line), onPhase: (phase) => void phases.push(phase) });
    const pid = platform.embedded?.pid ?? 0;
    expect(phases).toEqual(['database-files', 'database-create', 'database-start', 'database-ready']);
    expect(isAlive(pid)).toBe(true);
    const { rows } = await platform.database.asTenant('a', (sql) => sql.query('select palace.tenant() as tenant'));
    expect(rows).toEqual([{ tenant: 'a' }]);
    const { got } = collect(platform.bus, 'platform.news');
    platform.bus.publish({ topic: 'platform.news', data: {} });
    await until(() => got.length === 1);
    const { hash } = await platform.blobs.put('a', Buffer.from('large'), 'text/plain');
    expect(Buffer.from((await platform.blobs.get('a', hash)) ?? []).toString()).toBe('large');
    await expect(
      platform.egress.request({ tenant: 'a', method: 'GET', url: 'http://127.0.0.1:1/', deadlineMs: 1_000, maxResponseBytes: 1, maxRedirects: 0 }),
    ).rejects.toMatchObject({ kind: 'refused' });
    expect(await platform.telemetry.metrics()).toContain('palace_egress_refused_total{class="loopback"} 1');
    const sealed = await platform.vault.seal('a', { purpose: 'secret', name: 'token' }, Buffer.from('kept'));
    expect(Buffer.from(await platform.vault.open('a', { purpose: 'secret', name: 'token' }, sealed)).toString()).toBe('kept');
    await platform.close();
    expect(isAlive(pid)).toBe(false);
    expect(statSync(join(dataDir, 'vault.key')).mode & 0o077).toBe(0);
    expect(statSync(join(dataDir, 'internal.key')).mode & 0o077).toBe(0);
    const key = readFileSync(join(dataDir, 'internal.key'), 'utf8');
    expect(lines.join('')).not.toContain(key);

    renameSync(join(dataDir, 'vault.key'), join(dataDir, 'vault.away'));
    await expect(openPlatform(config, { service: 'palace', write: () => undefined })).rejects.toMatchObject({ code: 'boot.vault-key' });
    expect(existsSync(join(dataDir, 'vault.key'))).toBe(false);
    renameSync(join(dataDir, 'vault.away'), join(dataDir, 'vault.key'));

    rmSync(join(dataDir, 'internal.key'));
    await expect(openPlatform(config, { service: 'palace', write: () => undefined })).rejects.toMatchObject({ code: 'boot.config' });
  });

  test('opens twice on one database by URL, and the two hear each other', async () => {
    const db = await testDatabase();
    const config = loadConfig(
      {},
      { PALACE_DATABASE_URL: db.url, PALACE_BUS_URL: 'postgres:', PALACE_DATA: join(dir, 'cluster'), PALACE_INTERNAL_KEY: 'k'.repeat(40) },
    );
    const open = () => openPlatform(config, { service: 'flow', write: () => undefined });
    const [one, two] = await Promise.all([open(), open()]);
    expect(one.embedded).toBeUndefined();
    const { got } = collect(two.bus, 'platform.news');
    const timer = setInterval(() => one.bus.publish({ topic: 'platform.news', data: {} }), 20);
    await until(() => got.length > 0).finally(() => clearInterval(timer));
    await Promise.all([one.close(), two.close()]);
    await db.close();
  });

  test('closes what it had opened when a later part cannot be opened', async () => {
    const config = loadConfig({}, { PALACE_DATABASE_URL: 'postgres://o:p@127.0.0.1:1/x', PALACE_INTERNAL_KEY: 'k'.repeat(40) });
    await expect(openPlatform(config, { service: 'flow', write: () => undefined })).rejects.toMatchObject({ code: 'boot.database' });
  });
});
