import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { describeConfig, loadConfig, readClientEnvironment } from './config.ts';
import { PalaceError } from './errors.ts';

function refusal(environment: Record<string, string>, overrides = {}): PalaceError {
  try {
    loadConfig(overrides, environment);
  } catch (error) {
    if (error instanceof PalaceError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('the configuration', () => {
  test('fits a laptop with nothing set', () => {
    const config = loadConfig({}, { HOME: '/x', PATH: '/bin' });
    expect(config.http.host).toBe('127.0.0.1');
    expect(config.http.port).toBe(8080);
    expect(config.http.allowRemote).toBe(false);
    expect(config.database.url.reveal()).toBe('');
    expect(config.bus.url).toBe('memory:');
    expect(config.installation.dataDir).toMatch(/^\/.*\.agentspalace$/);
    expect(config.blobs.url).toBe(`files:${config.installation.dataDir}/blobs`);
    expect(config.durable).toMatchObject({ leaseMs: 3000, renewMs: 500, lanes: 2 });
  });

  test('takes a flag before the environment and the environment before the default', () => {
    const environment = { PALACE_PORT: '9000', PALACE_ALLOW_REMOTE: 'yes', PALACE_PUBLIC_HOSTS: 'a.example, b.example', PALACE_LISTEN: '' };
    const config = loadConfig({ http: { port: 0 } }, environment);
    expect(config.http).toMatchObject({ port: 0, allowRemote: true, publicHosts: ['a.example', 'b.example'], host: '127.0.0.1' });
    const lines = new Map(describeConfig(config).map((line) => [line.name, line]));
    expect(lines.get('http.port')).toMatchObject({ value: '0', source: 'flag', variable: 'PALACE_PORT' });
    expect(lines.get('http.allowRemote')).toMatchObject({ value: 'true', source: 'environment' });
    expect(lines.get('http.host')).toMatchObject({ source: 'default' });
  });

  test('names every mistake at once, with the variable and the nearest name for an unknown one', () => {
    const error = refusal({
      PALACE_PORT: 'eighty',
      PALACE_BUS_URL: 'kafka://x',
      PALACE_DATABSE_URL: 'postgres://h/d',
      PALACE_LOG_LEVEL: 'loud',
      PALACE_ALLOW_REMOTE: 'perhaps',
    });
    expect(error.code).toBe('boot.config');
    expect(error.errors?.map((place) => place.path).sort()).toEqual([
      'PALACE_ALLOW_REMOTE',
      'PALACE_BUS_URL',
      'PALACE_DATABSE_URL',
      'PALACE_LOG_LEVEL',
      'PALACE_PORT',
    ]);
    expect(error.errors?.find((place) => place.path === 'PALACE_DATABSE_URL')?.suggestion).toBe('PALACE_DATABASE_URL');
    expect(error.message).toContain('PALACE_PORT: Expected a whole number');
    expect(error.message).toContain('PALACE_ALLOW_REMOTE: Expected yes or no');
    expect(error.message).toContain('memory: or postgres:');
  });

  test('refuses a number out of its bounds, an unknown flag, and settings that contradict each other', () => {
    expect(refusal({ PALACE_PORT: '65536' }).errors?.[0]?.path).toBe('PALACE_PORT');
    expect(refusal({}, { http: { prot: 1 } }).message).toContain('prot');
    expect(refusal({ PALACE_DURABLE_RENEW_MS: '2000' }).message).toContain('a third');
    expect(refusal({ PALACE_INTERNAL_KEY: 'short' }).message).toContain('32 characters');
  });

  test('shows a secret to nobody: not as JSON, text, inspection, in the table, nor in a refusal', () => {
    const password = 'hunter2-and-more';
    const environment = {
      PALACE_DATABASE_URL: `postgres://owner:${password}@db.example/palace?sslpassword=${password}`,
      PALACE_INTERNAL_KEY: `${password}-long-enough-for-a-key`,
    };
    const config = loadConfig({}, environment);
    const table = describeConfig(config);
    for (const text of [
      JSON.stringify(config),
      inspect(config, { depth: 9 }),
      `${config.database.url} ${config.installation.internalKey}`,
      JSON.stringify(table),
    ])
      expect(text).not.toContain(password);
    expect(table.find((line) => line.name === 'database.url')?.value).toBe('postgres://owner:[secret]@db.example/palace?[secret]');
    expect(config.database.url.reveal()).toContain(password);
    expect(inspect(refusal({ PALACE_DATABASE_URL: `mysql://${password}` }))).not.toContain(password);
  });

  test('gives each setting its own variable and a sentence', () => {
    const lines = describeConfig(loadConfig({}, {}));
    expect(new Set(lines.map((line) => line.variable)).size).toBe(lines.length);
    for (const line of lines) {
      expect(line.variable).toMatch(/^PALACE_[A-Z_]+$/);
      expect(line.sentence).toMatch(/^[A-Z].{10,}\.$/);
    }
  });

  test('leaves the variables of the client verbs to them', () => {
    const environment = { PALACE_URL: 'http://h', PALACE_API_KEY: 'k', PALACE_DATA: '' };
    expect(readClientEnvironment(environment)).toEqual({ url: 'http://h', apiKey: 'k' });
    expect(() => loadConfig({}, environment)).not.toThrow();
  });
});
