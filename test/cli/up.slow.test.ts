// What `palace up` promises to scripts and to people: one ready line, a private key that stays, a drain, no trace left.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorld, ROOT, shell, startServer, type RunningServer } from './harness.ts';

const IDLE_MEMORY_MB = 250;
const world = openWorld();
let server: RunningServer;
beforeAll(async () => {
  server = await startServer(world);
});
afterAll(async () => {
  await shell(world, `palace down --now --data ${world.data}`);
  world.close();
});

const credentials = (): { url: string; apiKey: string } =>
  JSON.parse(readFileSync(join(world.data, 'credentials.json'), 'utf8')) as { url: string; apiKey: string };
const alive = (pid: number): boolean => existsSync(`/proc/${pid}/status`) && !/State:\s+Z/.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

describe('palace up', () => {
  it('writes url and key to a file that its owner alone can read', () => {
    expect(credentials().url).toBe(server.url);
    expect(statSync(join(world.data, 'credentials.json')).mode & 0o777).toBe(0o600);
    expect(statSync(world.data).mode & 0o777).toBe(0o700);
  });
  it('gives a script a link that signs the owner in once, and writes it into no log', async () => {
    const { signInUrl } = server;
    expect(signInUrl).toMatch(new RegExp(`^${server.url}/sign-in#token=[\\w-]{43}$`));
    const token = String(signInUrl).split('#token=')[1]!;
    const again = (await shell(world, `palace login --data ${world.data}`)).out.trim();
    expect(again.split('#')[0]).toBe(`${server.url}/sign-in`);
    const signIn = async (tried: string): Promise<{ status: number; cookie: string | null }> => {
      const headers = { 'content-type': 'application/json', origin: server.url };
      const answer = await fetch(new URL('/v1/sign-in/link', server.url), { method: 'POST', headers, body: JSON.stringify({ token: tried }) });
      return { status: answer.status, cookie: answer.headers.get('set-cookie') };
    };
    expect([(await signIn(token)).status, (await signIn(token)).status, (await signIn(again.split('#token=')[1]!)).status]).toEqual([200, 401, 200]);
    const people = await fetch(new URL('/v1/people', server.url), { headers: { authorization: `Bearer ${credentials().apiKey}` } });
    expect(await people.json()).toMatchObject({ items: [{ name: 'Owner', email: 'owner@localhost', role: 'owner', hasPassword: false }] });
    expect(server.said()).not.toContain(token);
  });
  it('publishes the samples and may call their service, nothing else on this machine', async () => {
    const flows = await shell(world, `palace get flows --json --data ${world.data}`);
    expect((JSON.parse(flows.out) as { items: { namespace: string; name: string }[] }).items.map((one) => `${one.namespace}/${one.name}`)).toContain(
      'samples/order-intake',
    );
    const rules = await shell(world, `palace egress list --json --data ${world.data}`);
    expect((JSON.parse(rules.out) as { items: { reason: string }[] }).items.map((one) => one.reason)).toEqual(['the sample service of palace up']);
  });
  it('passes its own doctor', async () => {
    const { exit, out } = await shell(world, `palace doctor --json --data ${world.data}`);
    expect((JSON.parse(out) as { checks: { state: string }[] }).checks.filter((one) => one.state === 'wrong')).toEqual([]);
    expect(exit).toBe(0);
  });
  it.skipIf(process.platform !== 'linux')(`idles below ${IDLE_MEMORY_MB} MB`, async () => {
    await sleep(2_000);
    const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pids.palace}/status`, 'utf8'))?.[1]);
    expect(kilobytes / 1024).toBeLessThan(IDLE_MEMORY_MB);
  });
  it('drains on SIGTERM, ends with 0 and takes its PostgreSQL along', async () => {
    // Every pool has connections open then: that they end is what was asked for, and nothing to warn of.
    await Promise.all([1, 2, 3, 4].map(() => shell(world, `palace run samples/order-intake --data ${world.data} && palace get runs --data ${world.data}`)));
    expect(await server.stop()).toBe(0);
    expect(
      server
        .said()
        .split('\n')
        .filter((line) => line.startsWith('{')),
    ).toEqual([]);
    expect([alive(server.pids.palace), alive(server.pids.postgres)]).toEqual([false, false]);
    expect(existsSync(join(world.data, 'lock'))).toBe(false);
  });
  it('keeps its key over a restart', async () => {
    const { apiKey } = credentials();
    server = await startServer(world);
    expect(credentials()).toEqual({ url: server.url, apiKey });
  });
  it('makes a new key when the file was lost or holds another server’s key, and revokes the one that it replaces', async () => {
    await server.stop();
    const before = credentials().apiKey;
    await shell(world, `sed 's/palace_/palace_0/' ${world.data}/credentials.json > ${world.data}/c && mv ${world.data}/c ${world.data}/credentials.json`);
    server = await startServer(world);
    expect(credentials().apiKey).not.toBe(before);
    expect((await shell(world, `palace get flows --data ${world.data}`)).exit).toBe(0);
    await server.stop();
    writeFileSync(join(world.data, 'credentials.json'), '{"url":');
    server = await startServer(world);
    const { items } = JSON.parse((await shell(world, `palace key list --json --data ${world.data}`)).out) as { items: { revokedAt?: string }[] };
    expect([items.length, items.filter((key) => key.revokedAt === undefined).length]).toEqual([3, 1]);
    const answer = await fetch(new URL('/v1/me', server.url), { headers: { authorization: `Bearer ${before}` } });
    expect(answer.status).toBe(401);
  }, 90_000);
  it('is stopped by palace down', async () => {
    const { exit, out } = await shell(world, `palace down --json --data ${world.data}`);
    expect([exit, (JSON.parse(out) as { stopped: unknown }).stopped]).toEqual([0, server.pids]);
    expect(alive(server.pids.palace)).toBe(false);
  });
  it('is not called stopped while its process still ends, though the lock is given back', async () => {
    const dir = join(world.folder, 'slow');
    mkdirSync(dir);
    const identity = new URL('../../platform/database/process-identity.ts', import.meta.url).href;
    const script = `import { rmSync, writeFileSync } from 'node:fs';
      import { startMark } from '${identity}';
      writeFileSync('${dir}/lock', JSON.stringify({ pid: process.pid, mark: startMark(process.pid) }));
      process.on('SIGTERM', () => (rmSync('${dir}/lock'), setTimeout(() => process.exit(0), 700)));
      setInterval(() => undefined, 1_000);
      console.log('ready');`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect((await shell(world, `palace down --data ${dir}`)).out).toContain('Stopped.');
    expect(alive(child.pid ?? 0)).toBe(false);
  });
  it('takes over, or stops with palace down, the PostgreSQL of a start that was killed', async () => {
    server = await startServer(world);
    process.kill(server.pids.palace, 'SIGKILL');
    await sleep(300);
    expect(alive(server.pids.postgres)).toBe(true);
    const again = await startServer(world);
    expect(again.pids.postgres).toBe(server.pids.postgres);
    process.kill(again.pids.palace, 'SIGKILL');
    await sleep(300);
    await shell(world, `palace down --data ${world.data}`);
    expect(alive(again.pids.postgres)).toBe(false);
  });
  it('stops cleanly when it is interrupted during its start', async () => {
    const child = spawn(join(ROOT, 'palace'), ['up', '--json', '--data', world.data, '--port', '0', '--no-console'], {
      env: world.environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // It says what it is about to do before PostgreSQL is there.
    await new Promise((resolve) => child.stderr.once('data', resolve));
    child.kill('SIGTERM');
    const exit = await new Promise((resolve) => child.once('close', (code) => resolve(code)));
    expect([exit, existsSync(join(world.data, 'lock'))]).toEqual([0, false]);
  });
});
