// Runs transcripts: files whose `$` lines are commands, each followed by what it must print and its exit code.
// I1 Every command runs the real ./palace from PATH, with a home of its own and nothing else from our environment.
// I2 What differs between two runs of the same command (times, ids, ports, folders) is replaced by a name before it is compared.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const HERE = fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '');
const COMMAND_LIMIT_MS = 60_000;
const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 30_000;

export interface World {
  /** Empty folder for this file: home, data folders. */
  readonly folder: string;
  /** The data folder of the server, when one was started. */
  readonly data: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Replaced by their names in what is printed; the names stand for them in commands. */
  readonly names: Map<string, string>;
  close(): void;
}

export function openWorld(): World {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'palace-cli-')));
  const programs = join(folder, 'bin');
  const home = join(folder, 'home');
  for (const made of [programs, home]) mkdirSync(made);
  symlinkSync(join(ROOT, 'palace'), join(programs, 'palace'));
  const environment = { PATH: `${programs}:/usr/local/bin:/usr/bin:/bin`, HOME: home, LANG: 'C.UTF-8', TZ: 'UTC' };
  const names = new Map([
    ['HOME', home],
    ['DATA', join(folder, 'data')],
    ['HERE', HERE],
    ['ROOT', ROOT],
    ['TMP', folder],
  ]);
  return { folder, data: join(folder, 'data'), environment, names, close: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface Output {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** One line for a POSIX shell, in the folder of these tests or another. */
export async function shell(world: World, line: string, cwd = HERE): Promise<Output> {
  const child = spawn('/bin/sh', ['-c', line], {
    cwd,
    env: world.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: COMMAND_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  const [out, err, exit] = await Promise.all([textOf(child.stdout), textOf(child.stderr), exitOf(child)]);
  return { exit, out, err };
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) text += String(chunk);
  return text;
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? -1));
  });
}

/** Runs the `$` lines of a transcript and writes the transcript as it happened. */
export async function replay(world: World, transcript: string): Promise<string> {
  const parts: string[] = [];
  for (const line of transcript.split('\n')) {
    if (line.startsWith('#')) parts.push(line);
    if (!line.startsWith('$ ')) continue;
    const result = await shell(world, replaceNames(world, line.slice(2)));
    const run = /run_[0-9a-hjkmnp-tv-z]{26}/.exec(result.out + result.err)?.[0];
    if (run !== undefined) world.names.set('RUN', run);
    const printed = [...lines('[out]', result.out), ...lines('[err]', result.err)].map((one) => withoutChance(world, one));
    parts.push(line, `[exit ${result.exit}]`, ...printed, '');
  }
  return `${parts.join('\n').trimEnd()}\n`;
}

function lines(mark: string, text: string): string[] {
  return text === ''
    ? []
    : text
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => `${mark} ${line}`.trimEnd());
}

function replaceNames(world: World, command: string): string {
  return command.replace(/\{\{([A-Z]+)\}\}/g, (whole, name: string) => world.names.get(name) ?? whole);
}

function withoutChance(world: World, line: string): string {
  let text = line;
  for (const [name, value] of world.names) if (value !== '') text = text.replaceAll(value, `{{${name}}}`);
  return text
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '{{TIME}}')
    .replace(/run_[0-9a-hjkmnp-tv-z]{26}/g, '{{OTHER-RUN}}')
    .replace(/cmd_[\w-]+/g, '{{COMMAND}}')
    .replace(/\bapi-key:[0-9a-z]{16}\b/g, 'api-key:{{KEY}}')
    .replace(/\b[0-9a-f]{64}\b/g, '{{HASH}}')
    .replace(/\bin \d+\.\d s\b/g, 'in {{SECONDS}} s')
    .replace(/\b[Pp]rocess \d+/g, (found) => found.replace(/\d+/, '{{PID}}'));
}

export interface RunningServer {
  readonly url: string;
  readonly pids: { readonly palace: number; readonly postgres: number };
  /** Of `palace up`. */
  readonly signInUrl: string | null | undefined;
  /** The end of what it said on standard error. */
  said(): string;
  stop(): Promise<number>;
  /** What it has written to standard error, the end of it. */
  said(): string;
}

/** `palace up` for one test file. Its names: URL, PORT, DATA. */
export async function startServer(world: World): Promise<RunningServer> {
  const server = await startProcess(world, ['up', '--json', '--data', world.data, '--port', '0']);
  world.names.set('URL', server.url).set('PORT', new URL(server.url).port);
  return server;
}

/** Any serving verb with --json; resolves with its ready line. */
export async function startProcess(world: World, words: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<RunningServer> {
  const child = spawn(join(ROOT, 'palace'), words, { cwd: HERE, env: { ...world.environment, ...more }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = exitOf(child);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors = (errors + chunk).slice(-20_000)));
  const ready = await Promise.race([firstLine(child.stdout), ended.then(() => undefined), after(READY_LIMIT_MS)]);
  if (ready === undefined) {
    child.kill('SIGKILL');
    throw new Error(`palace ${words.join(' ')} was not ready: ${errors}`);
  }
  const { url, pids, signInUrl } = JSON.parse(ready) as Pick<RunningServer, 'url' | 'pids' | 'signInUrl'>;
  return {
    url,
    pids,
    signInUrl,
    said: () => errors,
    stop: async () => {
      child.kill('SIGTERM');
      const exit = await Promise.race([ended, after(STOP_LIMIT_MS)]);
      if (exit !== undefined) return exit;
      child.kill('SIGKILL');
      throw new Error(`palace ${words.join(' ')} did not stop within ${STOP_LIMIT_MS} ms: ${errors}`);
    },
  };
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string | undefined> {
  let text = '';
  stream.setEncoding('utf8');
  return new Promise((resolve) => {
    stream.on('data', (chunk) => {
      text += String(chunk);
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
    });
    stream.once('end', () => resolve(undefined));
  });
}

function after(delayMs: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), delayMs).unref());
}
