// What is around the VM, were it ever left: tried with Node itself in the place of a script.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createCodeRunner } from './code-runner.ts';
import { runnerCommand, type Sandbox } from './sandbox.ts';

const hasBubblewrap = ['/usr/bin/bwrap', '/bin/bwrap', '/usr/local/bin/bwrap'].some((path) => existsSync(path));

/** The command of a runner with other code in the place of its program. `loose`: without the flags of Node, the walls of the system alone. */
function attempt(sandbox: Sandbox, code: string, loose = false): string {
  const { file, args } = runnerCommand(sandbox, 60);
  const kept = args.slice(0, -1).filter((arg) => !loose || !/^--(permission|allow-fs-read)/.test(arg));
  const done = spawnSync(file, [...kept, '--input-type=module', '-e', code], {
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LEAK: 'environment' },
    encoding: 'utf8',
  });
  return `${done.stdout}${done.stderr}`;
}

const trial = (body: string): string => `try { ${body} } catch (error) { console.log(error.code ?? error.message) }`;

describe('a runner process', () => {
  it('may read its own program and no other file', () => {
    const read = (path: string): string => attempt('process', trial(`const fs = await import('node:fs'); console.log(fs.readFileSync('${path}').length > 0)`));
    expect(read(`${import.meta.dirname}/vm.ts`)).toBe('true\n');
    for (const path of ['/etc/passwd', '/proc/self/environ', `${import.meta.dirname}/../service.ts`]) expect(read(path)).toBe('ERR_ACCESS_DENIED\n');
  });

  it('may write nothing and start nothing', () => {
    expect(attempt('process', trial(`(await import('node:fs')).writeFileSync('/tmp/palace-never', 'x')`))).toBe('ERR_ACCESS_DENIED\n');
    expect(attempt('process', trial(`(await import('node:child_process')).execSync('id')`))).toBe('ERR_ACCESS_DENIED\n');
    expect(attempt('process', trial(`new (await import('node:worker_threads')).Worker('1', { eval: true })`))).toBe('ERR_ACCESS_DENIED\n');
  });

  it('makes no code of text', () => {
    expect(attempt('process', trial(`console.log(new Function('return 1')())`))).toMatch(/Code generation from strings disallowed/);
  });
});

describe.skipIf(!hasBubblewrap)(hasBubblewrap ? 'bubblewrap' : 'bubblewrap (skipped: it is not installed)', () => {
  it('hides the files of the machine, even without the flags of Node', () => {
    expect(attempt('bubblewrap', trial(`console.log((await import('node:fs')).readFileSync('/etc/passwd').length)`), true)).toBe('ENOENT\n');
    const seen = attempt('bubblewrap', `console.log((await import('node:fs')).readdirSync('/').join())`, true);
    for (const name of ['etc', 'home', 'root', 'var']) expect(seen.trim().split(',')).not.toContain(name);
  });

  it('hides the environment and the other processes', () => {
    expect(attempt('bubblewrap', 'console.log(process.env.LEAK)', true)).toBe('undefined\n');
    const seen = attempt('bubblewrap', `console.log((await import('node:fs')).readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).length < 5)`, true);
    expect(seen).toBe('true\n');
  });

  it('has no network, not even this machine', async () => {
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const code = `const s = (await import('node:net')).connect(${port}, '127.0.0.1'); s.on('error', (e) => console.log(e.code)); s.on('connect', () => { console.log('reached'); s.end(); })`;
    expect(attempt('bubblewrap', code, true)).toMatch(/^(ENETUNREACH|ECONNREFUSED)\n$/);
    server.close();
  });

  it('runs each script in a process of its own', async () => {
    const runner = createCodeRunner({ sandbox: 'bubblewrap', running: 1, waiting: 10, maxMs: 60_000, memoryBytes: 32 * 1_048_576, outputBytes: 10_000 });
    const run = (code: string, deadlineMs = 30_000) =>
      runner.run({ tenant: 'a', deadlineMs, signal: new AbortController().signal, input: { code, arguments: ['x'], environment: {}, stdin: '' } });
    expect(await run('console.log(process.argv[2])')).toEqual({ ended: 'itself', code: 0, stdout: 'x\n', stderr: '' });
    const [first] = runner.pids();
    expect(await run('console.log(1)')).toMatchObject({ stdout: '1\n' });
    expect(runner.pids()).toHaveLength(1);
    expect(runner.pids()).not.toEqual([first]);
    expect(await run('for (;;);', 3_000)).toEqual({ ended: 'deadline' });
    const pids = runner.pids();
    runner.close();
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const pid of pids) expect(isAlive(pid)).toBe(false);
  });
});

function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2] !== 'Z';
  } catch {
    return false;
  }
}
