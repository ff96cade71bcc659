// The whole server and its code runner: killed in the middle of a script, and started with a sandbox that it cannot have.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorld, shell, startServer, type RunningServer, type World } from './harness.ts';

let world: World;
beforeAll(() => {
  world = openWorld();
});
afterAll(() => world.close());

const flow = (ms: number): string => `document: {dsl: '1.0.3', namespace: jobs, name: slow, version: '1.0.0'}
do:
  - work:
      run:
        script:
          language: js
          code: |
            const until = Date.now() + ${ms};
            while (Date.now() < until);
            console.log('done');
`;

const hasBubblewrap = ['/usr/bin/bwrap', '/bin/bwrap', '/usr/local/bin/bwrap'].some((path) => existsSync(path));
const stat = (pid: number): string => readFileSync(`/proc/${pid}/stat`, 'utf8');
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(stat(pid));

function runnersOf(server: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return Number(/\) \S (\d+)/.exec(stat(pid))?.[1]) === server && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('code-runner/main.ts');
      } catch {
        return false;
      }
    });
}

async function until(what: string, look: () => Promise<boolean> | boolean, limitMs = 30_000): Promise<void> {
  for (const end = performance.now() + limitMs; !(await look()); await sleep(50))
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
}

describe.skipIf(process.platform !== 'linux')('a server with scripts', () => {
  it('that is killed in the middle of one leaves no runner behind, and does the script again when it is back', { timeout: 180_000 }, async () => {
    let server: RunningServer = await startServer(world);
    const file = join(world.folder, 'slow.yaml');
    writeFileSync(file, flow(4_000));
    expect((await shell(world, `palace apply ${file} --data ${world.data}`)).exit).toBe(0);
    const begun = await shell(world, `palace run jobs/slow --json --data ${world.data}`);
    const { id } = JSON.parse(begun.out) as { id: string };
    await until('a runner works', () => runnersOf(server.pids.palace).some((pid) => / R /.test(stat(pid))));
    const runners = runnersOf(server.pids.palace);
    process.kill(server.pids.palace, 'SIGKILL');
    await until('its runners are gone', () => runners.every((pid) => !isAlive(pid)));
    server = await startServer(world);
    const page = async (): Promise<{ status: string; output: unknown }> =>
      JSON.parse((await shell(world, `palace get run ${id} --json --data ${world.data}`)).out) as { status: string; output: unknown };
    await until('the run is over', async () => (await page()).status === 'completed');
    expect((await page()).output).toBe('done\n');
    expect(await server.stop()).toBe(0);
    expect(runnersOf(server.pids.palace)).toEqual([]);
  });
});

describe.skipIf(hasBubblewrap)(hasBubblewrap ? 'a sandbox that is not there (skipped: bubblewrap is installed)' : 'a sandbox that is not there', () => {
  it('stops the start with the reason, and the doctor says how to mend it', { timeout: 120_000 }, async () => {
    const up = await shell(world, `PALACE_CODE_SANDBOX=bubblewrap palace up --no-samples --port 0 --data ${world.folder}/other`);
    expect(up.exit).not.toBe(0);
    expect(up.err).toMatch(/PALACE_CODE_SANDBOX=bubblewrap: the code runner cannot be started \(spawn bwrap ENOENT\)/);
    const doctor = await shell(world, `PALACE_CODE_SANDBOX=bubblewrap palace doctor --data ${world.folder}/other`);
    expect(doctor.exit).toBe(1);
    expect(doctor.out).toMatch(/wrong {2}scripts .*bwrap ENOENT/);
  });
});
