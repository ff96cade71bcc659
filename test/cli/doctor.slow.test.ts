// The support archive of `palace doctor`: what is in it, and that a secret planted everywhere is not.
import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorld, shell, startServer } from './harness.ts';

const CANARY = 'canary-fake-secret-4f1d9b7e2a';
const world = openWorld();
// Settings may hold one in an address; others are whatever a shell has.
Object.assign(world.environment, {
  PALACE_OTLP_ENDPOINT: `http://somebody:${CANARY}@127.0.0.1:9`,
  PALACE_INTERNAL_KEY: `${CANARY}-that-is-long-enough-for-a-key`,
  SOME_TOKEN: CANARY,
});

beforeAll(async () => {
  await startServer(world);
});
afterAll(async () => {
  await shell(world, `palace down --now --data ${world.data}`);
  world.close();
});

interface Bundle {
  readonly exit: number;
  readonly checks: readonly { readonly check: string; readonly state: string; readonly says: string }[];
  readonly files: ReadonlyMap<string, string>;
}

async function bundle(name: string, more = ''): Promise<Bundle> {
  const file = join(world.folder, `${name}.tar.gz`);
  const { exit, out } = await shell(world, `palace doctor --json --data ${world.data} --bundle ${file} ${more}`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(file).size).toBeLessThan(1_048_576);
  const folder = join(world.folder, name);
  mkdirSync(folder);
  execFileSync('tar', ['-xzf', file, '-C', folder]);
  const files = new Map(readdirSync(join(folder, 'palace-support')).map((one) => [one, readFileSync(join(folder, 'palace-support', one), 'utf8')]));
  return { exit, checks: (JSON.parse(out) as { checks: Bundle['checks'] }).checks, files };
}

function plantInLogs(): void {
  const line = (fields: object): string => `${JSON.stringify({ '@timestamp': '2026-01-02T03:04:05Z', 'log.level': 'warn', ...fields })}\n`;
  const planted = [
    line({ message: `the value ${CANARY} was refused` }),
    line({ message: 'a planted line', 'error.message': CANARY, 'error.stack_trace': `Error: ${CANARY}\n    at f (/a.ts:1:1)`, 'palace.args': { a: CANARY } }),
    `${CANARY}\n`,
  ];
  appendFileSync(join(world.data, 'palace.log'), planted.join(''));
  appendFileSync(
    join(world.data, 'postgres.log'),
    `2026-01-02 03:04:05.678 UTC [1] palace ERROR:  bad value: "${CANARY}"\n2026-01-02 03:04:05.678 UTC [1] palace DETAIL:  ${CANARY}\n`,
  );
  writeFileSync(join(world.folder, 'other.log'), line({ message: 'from the process manager', custom: CANARY }));
}

describe('a support archive', () => {
  let made: Bundle;
  beforeAll(async () => {
    const data = `--data ${world.data}`;
    writeFileSync(join(world.folder, 'secret.txt'), CANARY);
    expect((await shell(world, `palace secret set token --file ${join(world.folder, 'secret.txt')} ${data}`)).exit).toBe(0);
    expect((await shell(world, `palace apply flows/approve.yaml ${data}`)).exit).toBe(0);
    const run = await shell(world, `palace run test/approve --input '{"note":"${CANARY}","amount":5}' --json ${data}`);
    expect(run.out + run.err).toContain('run_');
    plantInLogs();
    made = await bundle('made', `--log ${join(world.folder, 'other.log')}`);
  });

  it('does not hold a secret that stands in the vault, in an input, in the environment and in logs', () => {
    for (const [name, text] of made.files) expect(text.includes(CANARY), name).toBe(false);
    for (const file of ['vault.key', 'postgres.password', 'credentials.json']) {
      const [secret = ''] = /[\w+/=-]{30,}/.exec(readFileSync(join(world.data, file), 'utf8')) ?? [CANARY];
      for (const [name, text] of made.files) expect(text.includes(secret), `${file} in ${name}`).toBe(false);
    }
  });

  it('holds the checks, versions, settings, metrics, figures of the database and what may be kept of the logs', () => {
    expect([...made.files.keys()].toSorted()).toEqual([
      'README.txt',
      'config.json',
      'database.json',
      'doctor.json',
      'metrics.txt',
      'palace.log',
      'postgres.log',
      'versions.json',
    ]);
    expect(made.files.get('doctor.json')).toContain('"check": "disk"');
    expect(made.files.get('versions.json')).toMatch(/AgentsPalace \d/);
    expect(made.files.get('config.json')).toMatch(/"PALACE_INTERNAL_KEY",\s+"value": "\[secret\]"/);
    expect(made.files.get('metrics.txt')).toContain('palace_shards_owned 64');
    expect(made.files.get('palace.log')).toContain('a planted line');
    expect(made.files.get('palace.log')).toContain('from the process manager');
    expect(made.files.get('postgres.log')).toContain('ERROR: bad value');
    const facts = JSON.parse(made.files.get('database.json') ?? '') as Record<string, Record<string, unknown>[] & Record<string, unknown[]>>;
    for (const [question, answer] of Object.entries(facts)) expect(JSON.stringify(answer), question).not.toContain('not answered');
    expect(facts['shards']).toHaveLength(64);
    expect(facts['nodes']).toHaveLength(1);
    expect(facts['migrations']?.['flow']?.length).toBeGreaterThan(2);
    expect(facts['open runs by state']).toMatchObject([{ status: 'waiting', runs: 1 }]);
    expect(JSON.stringify(facts['tables'])).toContain('flow.journal');
  });

  it('comes with findings that are good, the canary and the shards among them', () => {
    expect(made.checks.filter(({ state }) => state === 'wrong')).toEqual([]);
    for (const name of ['keys', 'shards', 'canary', 'work', 'postgres', 'schemas']) expect(made.checks.map(({ check }) => check)).toContain(name);
  });

  it('does not replace a file, nor write where it may not', async () => {
    const again = await shell(world, `palace doctor --data ${world.data} --bundle ${join(world.folder, 'made.tar.gz')}`);
    expect([again.exit, again.err]).toEqual([2, expect.stringContaining('EEXIST')]);
    const nowhere = await shell(world, `palace doctor --data ${world.data} --bundle ${join(world.folder, 'nowhere/made.tar.gz')}`);
    expect([nowhere.exit, nowhere.err]).toEqual([2, expect.stringContaining('ENOENT')]);
  });

  it('is made with the server down as well, and the checks say what is wrong then', async () => {
    expect((await shell(world, `palace down --data ${world.data}`)).exit).toBe(0);
    chmodSync(join(world.data, 'vault.key'), 0o644);
    appendFileSync(
      join(world.data, 'postgres.log'),
      `2026-01-02 03:04:05.678 UTC [1] palace PANIC:  could not write to file "${CANARY}": No space left on device\n`,
    );
    const { exit, checks, files } = await bundle('down');
    expect(exit).toBe(1);
    const wrong = checks.filter(({ state }) => state === 'wrong').map(({ check, says }) => `${check}: ${says}`);
    expect(wrong).toContain('keys: vault.key can be read by other accounts');
    expect(wrong.find((one) => one.startsWith('postgres:'))).toContain('PANIC: could not write to file "[hidden]": No space left on device');
    expect(files.get('database.json')).toContain('not running');
    for (const [name, text] of files) expect(text.includes(CANARY), name).toBe(false);
  });
});
