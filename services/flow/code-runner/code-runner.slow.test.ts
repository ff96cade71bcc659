// Scripts in real runner processes: what they can do, and everything that they must not be able to do.
// Each hostile one ends with its own end, within its bound, and the next script is fine.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createCodeRunner, type CodeRunner, type CodeRunnerSettings, type ScriptEnd } from './code-runner.ts';

const SETTINGS: CodeRunnerSettings = {
  sandbox: 'process',
  running: 2,
  waiting: 100,
  maxMs: 60_000,
  memoryBytes: 32 * 1_048_576,
  outputBytes: 100_000,
};
const LONG_MS = 30_000;
const open: CodeRunner[] = [];
const openRunner = (settings: Partial<CodeRunnerSettings> = {}): CodeRunner => {
  const runner = createCodeRunner({ ...SETTINGS, ...settings });
  open.push(runner);
  return runner;
};
const shared = openRunner();

interface How {
  readonly runner?: CodeRunner;
  readonly deadlineMs?: number;
  readonly arguments?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly signal?: AbortSignal;
  readonly tenant?: string;
}

const run = (code: string, how: How = {}): Promise<ScriptEnd> =>
  (how.runner ?? shared).run({
    tenant: how.tenant ?? 'acme',
    deadlineMs: how.deadlineMs ?? LONG_MS,
    signal: how.signal ?? new AbortController().signal,
    input: { code, arguments: how.arguments ?? [], environment: how.environment ?? {}, stdin: how.stdin ?? '' },
  });

const output = async (code: string, how: How = {}): Promise<string> => {
  const end = await run(code, how);
  if (end.ended !== 'itself') throw new Error(JSON.stringify(end));
  return end.stdout + (end.code === 0 ? '' : `[${end.code}] ${end.stderr}`);
};

afterEach(async () => {
  expect(await output('console.log("next")')).toBe('next\n');
});
afterAll(() => open.forEach((runner) => runner.close()));

describe('a script', () => {
  it('reads its arguments, environment and standard input as Node scripts do', async () => {
    const code = `
      import { readFileSync } from 'node:fs';
      const [, , first] = process.argv;
      console.log(first, process.env.NAME, readFileSync(process.stdin.fd, 'utf8'));`;
    expect(await output(code, { arguments: ['a b'], environment: { NAME: 'ü' }, stdin: 'line\n"quoted"\u2028' })).toBe('a b ü line\n"quoted"\u2028\n');
  });

  it('writes to both streams, and may await', async () => {
    expect(await run('console.log({ a: [1] }, 2n, null); console.error("e"); process.stdout.write(await Promise.resolve("x"))')).toEqual({
      ended: 'itself',
      code: 0,
      stdout: '{"a":[1]} 2n null\nx',
      stderr: 'e\n',
    });
  });

  it('ends with a code of its own', async () => {
    expect(await run('process.exit(7); console.log("never")')).toEqual({ ended: 'itself', code: 7, stdout: '', stderr: '' });
    expect(await run('try { process.exit(3) } catch {} console.log("never"); for (;;);')).toMatchObject({ ended: 'itself', code: 3, stdout: '' });
    expect(await run('process.exitCode = 9; console.log("said")')).toMatchObject({ code: 9, stdout: 'said\n' });
  });

  it('tells where it failed, and nothing of the server', async () => {
    expect(await run('function pay() { throw new TypeError("no card") }\npay()')).toEqual({
      ended: 'itself',
      code: 1,
      stdout: '',
      stderr: 'TypeError: no card\n    at pay (script.js:1:28)\n    at <anonymous> (script.js:2:1)\n',
    });
    for (const code of ['import "node:net"', 'const = 1', 'await import("x")', 'process.stdout.write.call(null, { toString() { throw 1 } })']) {
      const end = await run(code);
      expect(end).toMatchObject({ ended: 'itself', code: 1 });
      expect(JSON.stringify(end)).not.toMatch(/file:|\/services\/|vm\.ts|node_modules/);
    }
  });

  it('fails when a promise is rejected and nobody takes it, and not when somebody does', async () => {
    expect(await run('Promise.reject(new Error("lost"))')).toMatchObject({ code: 1, stderr: expect.stringMatching(/^Error: lost/) });
    expect(await run('const late = Promise.reject(1); await null; late.catch(() => {})')).toMatchObject({ code: 0 });
  });

  it('that waits for what never happens ends at once', async () => {
    expect(await run('await new Promise(() => {})')).toMatchObject({ ended: 'itself', code: 13, stderr: expect.stringMatching(/never happens/) });
  });

  it('has a VM of its own: nothing stays for the next one', async () => {
    await output('globalThis.kept = 1; Object.prototype.kept = 2; console.log = null; JSON.parse = null; process.env.KEPT = "3"');
    expect(await output('console.log(typeof kept, ({}).kept, process.env.KEPT, JSON.parse("1"))')).toBe('undefined undefined undefined 1\n');
  });
});

describe('a script reaches nothing outside', () => {
  it('has no name that leads there', async () => {
    const names = ['require', 'fetch', 'WebSocket', 'XMLHttpRequest', 'setTimeout', 'WebAssembly', 'Worker', 'Deno', 'std', 'os'];
    expect(await output(`console.log([${names.map((name) => `typeof ${name}`).join()}].join())`)).toBe(`${names.map(() => 'undefined').join()}\n`);
    expect(await output('console.log(Object.keys(globalThis).sort().join(), Object.keys(process).sort().join())')).toBe(
      'console,performance,process argv,env,exit,exitCode,stderr,stdin,stdout\n',
    );
  });

  it.each([
    [
      'the constructor of functions',
      'console.log(typeof (function () {}).constructor("return typeof process.binding + typeof this.constructor.constructor")())',
    ],
    ['the constructor of console', 'console.log(console.log.constructor("return process.mainModule")())'],
    ['eval', 'console.log((0, eval)("typeof process.versions"))'],
    ['the prototype of what was given', 'console.log(process.env.constructor.constructor("return process.dlopen")())'],
  ])('by %s', async (_what, code) => {
    expect(await output(code)).toMatch(/^(string|undefined)\n$/);
  });

  it.each([
    'fs/promises',
    'node:child_process',
    'node:net',
    'node:process',
    'file:///etc/passwd',
    '/etc/passwd',
    './main.ts',
    'https://example.com/a.js',
    'data:text/javascript,1',
  ])('by importing %s', async (name) => {
    expect(await run(`import "${name}"`)).toMatchObject({ code: 1, stderr: expect.stringMatching(/There is no module/) });
  });

  it('by reading a file', async () => {
    for (const file of ['"/etc/passwd"', '1', '"/proc/self/environ"', '{ toString: () => "/dev/stdin" }'])
      expect(await run(`import fs from 'fs'; fs.readFileSync(${file})`)).toMatchObject({ code: 1, stderr: expect.stringMatching(/no other file/) });
  });

  it('and finds no environment but its own', async () => {
    expect(await output('console.log(JSON.stringify(process.env))', { environment: { A: 'b' } })).toBe('{"A":"b"}\n');
  });
});

describe('a bomb', () => {
  const DEADLINE_MS = 1_500;
  it.each([
    ['an endless loop', 'for (;;);', /deadline/],
    ['a loop that catches its interruption', 'for (;;) { try { for (;;); } catch {} }', /deadline/],
    ['a loop in finally', 'try { for (;;); } finally { for (;;); }', /deadline/],
    ['promises without end', '(function again() { Promise.resolve().then(again) })(); await new Promise(() => {})', /deadline/],
    ['an error whose text never ends', 'throw { toString() { for (;;); } }', /deadline/],
    ['a pattern that backtracks for ever', '/^(a+)+$/.test("a".repeat(60) + "b")', /deadline/],
    ['one native call that takes minutes', 'new Array(2 ** 30).join("x")', /deadline/],
    ['arrays', 'const all = []; for (;;) all.push(new Array(10000).fill(7))', /memory|deadline/],
    ['arrays that catch the end of memory', 'const all = []; for (;;) { try { for (;;) all.push(new Array(10000).fill(7)) } catch {} }', /memory|deadline/],
    ['strings', 'const all = []; for (;;) all.push("x".repeat(1000000) + all.length)', /memory|deadline/],
    ['bytes', 'const all = []; for (;;) all.push(new Uint8Array(1000000).fill(1))', /memory|deadline/],
    ['a buffer that grows', 'new ArrayBuffer(8, { maxByteLength: 2 ** 31 - 1 }).resize(2 ** 31 - 1)', /memory/],
    ['a map', 'const map = new Map(); for (let i = 0; ; i++) map.set(i, { i })', /memory|deadline/],
    ['keys', 'const all = {}; for (let i = 0; ; i++) all["k" + i] = i', /memory|deadline/],
    ['a list of two thousand millions', 'new Array(2 ** 31).fill(1)', /memory|deadline/],
    ['output', 'for (;;) console.log("x".repeat(1000))', /output/],
    ['errors as output', 'for (;;) console.error("x".repeat(1000))', /output/],
    ['output at once', 'process.stdout.write("x".repeat(10000000))', /output/],
  ])('of %s is ended', async (_what, code, how) => {
    // What is to meet another bound first has time for it, however busy the machine is.
    const end = await run(code, { deadlineMs: how.source.includes('deadline') ? DEADLINE_MS : LONG_MS });
    expect(end.ended).toMatch(how);
  });

  it.each([
    ['recursion', 'function deep() { return deep() + 1 } deep()'],
    ['a proxy that asks itself', 'const p = new Proxy({}, { get: () => p.x }); p.x'],
    ['nested JSON', 'JSON.parse("[".repeat(1000000))'],
    ['nested code', 'eval("(".repeat(500000))'],
    ['a string twice as long each time', 'let s = "x"; for (;;) s += s'],
    ['a number twice as long each time', 'let n = 2n; for (;;) n *= n'],
    ['changed prototypes', 'Array.prototype.map = null; Object.prototype.toString = null; JSON.stringify = null; console.log({})'],
  ])('of %s fails as an error of the script', async (_what, code) => {
    expect(await run(code)).toMatchObject({ ended: 'itself', code: 1 });
  });

  it('leaves the memory of the server as it was', { timeout: 120_000 }, async () => {
    const round = async (): Promise<number> => {
      await run('const all = []; for (;;) all.push(new Uint8Array(1000000).fill(1))', { deadlineMs: DEADLINE_MS });
      await run('for (;;) console.log("x".repeat(50000))', { deadlineMs: DEADLINE_MS });
      return process.memoryUsage().rss;
    };
    await round();
    const before = await round();
    for (let i = 0; i < 4; i++) await round();
    expect((await round()) - before).toBeLessThan(60 * 1_048_576);
  });
});

describe('a runner process', () => {
  it('goes on to the next script when one ended well, and is replaced after one that did not', async () => {
    const runner = openRunner({ running: 1 });
    await run('1', { runner });
    const [first] = runner.pids();
    await run('throw 1', { runner });
    expect(runner.pids()).toEqual([first]);
    await run('for (;;);', { runner, deadlineMs: 500 });
    await run('1', { runner });
    expect(runner.pids()).toHaveLength(1);
    expect(runner.pids()).not.toEqual([first]);
  });

  it('that is killed in the middle loses its script and no other', async () => {
    const runner = openRunner({ running: 1 });
    await run('1', { runner });
    const lost = run('for (;;);', { runner });
    const next = run('console.log("fine")', { runner });
    await sleep(50);
    for (const pid of runner.pids()) process.kill(pid, 'SIGKILL');
    expect(await lost).toMatchObject({ ended: 'gone', why: expect.stringMatching(/SIGKILL/) });
    expect(await next).toMatchObject({ ended: 'itself', stdout: 'fine\n' });
  });

  it('that is killed while it rests is not given a script', async () => {
    const runner = openRunner({ running: 1 });
    await run('1', { runner });
    for (const pid of runner.pids()) process.kill(pid, 'SIGKILL');
    await sleep(500);
    expect(await output('console.log(1)', { runner })).toBe('1\n');
  });

  it('is killed when nobody waits for its script any more', async () => {
    const runner = openRunner({ running: 1 });
    await run('1', { runner });
    const stop = new AbortController();
    const given = run('for (;;);', { runner, signal: stop.signal });
    await sleep(50);
    stop.abort();
    expect(await given).toMatchObject({ ended: 'gone' });
    expect(runner.pids()).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('has no environment, its own group, and a bound on its processor time', async () => {
    const runner = openRunner({ running: 1 });
    await run('1', { runner });
    const [pid = 0] = runner.pids();
    expect(
      readFileSync(`/proc/${pid}/environ`, 'utf8')
        .split('\0')
        .filter((entry) => entry !== '' && !/^(PATH|PWD|OLDPWD|_)=/.test(entry)),
    ).toEqual([]);
    expect(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[4]).toBe(String(pid));
    expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(/Max cpu time\s+180\s/);
    expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(/Max file size\s+0\s/);
  });

  it('is not had by one tenant alone', async () => {
    const runner = openRunner({ running: 1 });
    const stop = new AbortController();
    const held = [1, 2, 3].map(() => run('for (;;);', { runner, signal: stop.signal }));
    expect(await output('console.log("mine")', { runner, tenant: 'other' })).toBe('mine\n');
    stop.abort();
    await Promise.all(held);
  });

  it('is refused to too many, and a deadline counts the waiting', async () => {
    const runner = openRunner({ running: 1, waiting: 1 });
    const stop = new AbortController();
    const held = run('for (;;);', { runner, signal: stop.signal });
    const waits = run('1', { runner, deadlineMs: 200 });
    expect(await run('1', { runner })).toEqual({ ended: 'full' });
    expect(await waits).toEqual({ ended: 'deadline' });
    stop.abort();
    await held;
  });
});
