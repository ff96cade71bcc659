// ./palace, the shell entry, with an npm and a node that do as each test says. Linux: the names of the pinned packages differ elsewhere.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ENTRY = new URL('../palace', import.meta.url).pathname;
const TOOLS = ['sh', 'uname', 'cksum', 'df', 'awk', 'mkdir', 'rmdir', 'rm', 'cat', 'mv', 'tail', 'grep', 'du', 'cut', 'readlink', 'ln', 'env'];
const PINNED = `node_modules/node-linux-${process.arch}/bin`;
/** What npm ci leaves behind: the pinned Node. Counts its calls. */
const GOOD_NPM = `echo called >> "$CALLS"; rm -rf node_modules; mkdir -p ${PINNED}; \${SLOW:-:}; ln -s "$REAL_NODE" ${PINNED}/node`;

let world: string;
let root: string;
let tools: string;
let calls: string;

beforeEach(() => {
  world = realpathSync(mkdtempSync(join(tmpdir(), 'palace entry ')));
  root = join(world, 'check out');
  tools = join(world, 'tools');
  calls = join(world, 'calls');
  for (const folder of [root, tools, join(root, 'bin'), join(world, 'home')]) mkdirSync(folder);
  copyFileSync(ENTRY, join(root, 'palace'));
  chmodSync(join(root, 'palace'), 0o755);
  writeFileSync(join(root, 'package-lock.json'), '{"packages":{"":{"version":"1"}}}');
  writeFileSync(join(root, 'bin/palace.ts'), 'const words: string[] = process.argv.slice(2); console.log(JSON.stringify([process.title, ...words]));');
  for (const name of TOOLS) {
    const found = ['/usr/bin', '/bin'].map((folder) => join(folder, name)).find((path) => existsSync(path));
    if (found !== undefined) symlinkSync(found, join(tools, name));
  }
  program('sleep', 'exec /bin/sleep 0.05');
  writeFileSync(calls, '');
});
afterEach(() => rmSync(world, { recursive: true, force: true }));

function program(name: string, script: string): void {
  writeFileSync(join(tools, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}
function realNode(): void {
  symlinkSync(process.execPath, join(tools, 'node'));
}

const environment = (more: Record<string, string> = {}): NodeJS.ProcessEnv => ({
  PATH: tools,
  HOME: join(world, 'home'),
  CALLS: calls,
  REAL_NODE: process.execPath,
  ...more,
});
const timesCalled = (): number => readFileSync(calls, 'utf8').split('\n').length - 1;

function palace(words: string[] = [], more: Record<string, string> = {}, entry = join(root, 'palace')): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(entry, words, { env: environment(more), cwd: '/', encoding: 'utf8', timeout: 30_000 });
  return { status, out: stdout, err: stderr };
}

/** The last line, without the progress before it. */
const sentence = (err: string): string => err.trimEnd().split('\n').at(-1) ?? '';

describe.skipIf(process.platform !== 'linux')('the entry installs once', () => {
  it('installs, passes its words on, and calls npm no second time', () => {
    realNode();
    program('npm', GOOD_NPM);
    const first = palace(['a b', '--c', "it's"]);
    expect([first.status, JSON.parse(first.out)]).toEqual([0, [join(root, 'palace'), 'a b', '--c', "it's"]]);
    expect(first.err).toContain('Installing the locked dependencies');
    const second = palace(['x']);
    expect([second.status, second.err, timesCalled()]).toEqual([0, '', 1]);
  });
  it('needs neither npm nor Node on PATH the second time, and works through links from anywhere', () => {
    realNode();
    program('npm', GOOD_NPM);
    palace();
    for (const name of ['npm', 'node']) rmSync(join(tools, name));
    symlinkSync('check out/palace', join(world, 'one'));
    symlinkSync(join(world, 'one'), join(tools, 'palace'));
    expect(palace(['y'], {}, join(tools, 'palace')).out).toBe('["palace","y"]\n');
  });
  it('installs again when the lock file changed', () => {
    realNode();
    program('npm', GOOD_NPM);
    palace();
    writeFileSync(join(root, 'package-lock.json'), '{"packages":{"":{"version":"2"}}}');
    palace();
    expect(timesCalled()).toBe(2);
  });
  it('takes over what npm itself installed for this lock file', () => {
    realNode();
    program('npm', GOOD_NPM);
    spawnSync(join(tools, 'npm'), [], { cwd: root, env: environment() });
    const entry = { version: '1.0.0', integrity: 'sha512-x' };
    writeFileSync(
      join(root, 'package-lock.json'),
      JSON.stringify({ packages: { '': {}, 'node_modules/x': entry, 'node_modules/y': { version: '2.0.0', optional: true } } }),
    );
    writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: { 'node_modules/x': entry } }));
    expect([palace().status, timesCalled()]).toEqual([0, 1]);
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': {}, 'node_modules/x': { ...entry, version: '1.0.1' } } }));
    expect([palace().status, timesCalled()]).toEqual([0, 2]);
  });
  it('installs once when two start at the same time', async () => {
    realNode();
    program('npm', GOOD_NPM);
    const start = (): Promise<number | null> => ended(spawn(join(root, 'palace'), [], { env: environment({ SLOW: '/bin/sleep 1' }) }));
    expect(await Promise.all([start(), start()])).toEqual([0, 0]);
    expect(timesCalled()).toBe(1);
  });
  it('does an interrupted installation again', async () => {
    realNode();
    program('npm', GOOD_NPM);
    const child = spawn(join(root, 'palace'), [], { env: environment({ SLOW: '/bin/sleep 20' }) });
    while (timesCalled() === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(143);
    expect([palace().status, timesCalled()]).toEqual([0, 2]);
  });
  it('takes the lock of an installation that was killed', () => {
    realNode();
    program('npm', GOOD_NPM);
    mkdirSync(join(root, '.cache/install.lock'), { recursive: true });
    writeFileSync(join(root, '.cache/install.lock/pid'), '999999999');
    expect(palace().status).toBe(0);
  });
  it('gives npm a cache inside the checkout when the home cannot be written', () => {
    realNode();
    program('npm', `${GOOD_NPM}; echo "$npm_config_cache" >> "$CALLS"`);
    palace([], { HOME: '/dev/null' });
    expect(readFileSync(calls, 'utf8')).toContain(join(root, '.cache/npm'));
  });
});

describe.skipIf(process.platform !== 'linux')('the entry says in one sentence what is missing', () => {
  it('no Node at all', () => {
    expect(sentence(palace().err)).toMatch(/^palace: Node\.js was not found\. Install Node 20 or newer/);
  });
  it('a Node that is too old', () => {
    program('node', 'case $1 in --version) echo v18.20.0 ;; *) echo 18 ;; esac');
    expect(sentence(palace().err)).toMatch(/^palace: Node v18\.20\.0 at .* is too old\. Install Node 20 or newer/);
  });
  it('no npm', () => {
    realNode();
    expect(sentence(palace().err)).toMatch(/^palace: npm was not found .* Install it/);
  });
  it('too little disk', () => {
    realNode();
    program('npm', GOOD_NPM);
    rmSync(join(tools, 'df'));
    program('df', 'echo Filesystem; echo "/dev/x 100000 90000 10240 90% /"');
    expect(sentence(palace().err)).toMatch(/^palace: Only 10 MB are free at .* needs 1200 MB\. Free some space/);
    expect(timesCalled()).toBe(0);
  });
  it.each([
    ['npm error code ENOTFOUND', /npm registry https:\/\/registry\.example cannot be reached\. Check the network or proxy/],
    ['npm error code ENOSPC', /disk of .* is full\. Free at least/],
    ['npm error code EACCES', /npm may not write .* Give this user the right/],
    ['npm error code EINTEGRITY', /differs from the lock file and was refused/],
    ['npm error something else', /npm could not install the dependencies/],
  ])('npm fails with %s', (message, expected) => {
    realNode();
    program('npm', `case $1 in config) echo https://registry.example ;; *) echo "${message}"; exit 1 ;; esac`);
    const { status, err } = palace();
    expect(status).toBe(1);
    expect(sentence(err)).toMatch(expected);
  });
  it.skipIf(process.getuid?.() !== 0)('a checkout that this user cannot write', () => {
    realNode();
    program('npm', GOOD_NPM);
    chmodSync(world, 0o755);
    const { stderr } = spawnSync(join(root, 'palace'), [], {
      env: environment({ PATH: `${tools}:${dirname('/usr/bin/node')}` }),
      uid: 65_534,
      gid: 65_534,
      encoding: 'utf8',
    });
    expect(sentence(stderr)).toMatch(
      /^palace: The checkout .* cannot be written, and its dependencies are not installed\. Run it once as the user who owns it/,
    );
  });
});

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('close', resolve));
}
