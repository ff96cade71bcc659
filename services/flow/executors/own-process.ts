// A process of somebody else, started for one act: in an empty folder of its own, in a process group of its own.
// I1 It gets the environment that it is given and no other. At its deadline, at its end and when nobody waits for it any more its whole
//    group is killed.
// I2 Output beyond its bound ends it; nothing of it is kept in memory past the bound.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessEnd } from '../core/process.ts';

export interface OwnProcess {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin: string;
  /** As performance.now() counts. */
  readonly untilMs: number;
  readonly outputBytes: number;
  readonly signal?: AbortSignal;
}

export type Killed = 'deadline' | 'output' | 'abandoned';
/** `error`: it was never started. */
export type OwnEnd = ProcessEnd | { readonly killed: Killed } | { readonly error: string };

/** After the process's own end: how long what it left behind may hold its output open. */
const LINGER_MS = 100;

export function runProcess({ file, args, cwd, environment, stdin, untilMs, outputBytes, signal: wanted }: OwnProcess): Promise<OwnEnd> {
  const { promise, resolve } = Promise.withResolvers<OwnEnd>();
  let child;
  try {
    child = spawn(file, args, { cwd, env: { ...environment }, stdio: 'pipe', detached: true });
  } catch (error) {
    // Text with NUL, or more of it than a process can be given.
    return Promise.resolve({ error: error instanceof Error ? error.message : String(error) });
  }
  const { pid } = child;
  let killed: Killed | undefined;
  const kill = (why?: Killed): void => {
    killed ??= why;
    killGroup(pid);
  };
  const [stdout, stderr] = [collect(child.stdout, outputBytes, () => kill('output')), collect(child.stderr, outputBytes, () => kill('output'))];
  const timer = setTimeout(() => kill('deadline'), untilMs - performance.now());
  const abandon = (): void => kill('abandoned');
  wanted?.addEventListener('abort', abandon);
  if (wanted?.aborted === true) abandon();
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  child.on('error', (error) => resolve({ error: error.message }));
  const settle = (code: number | null, signal: NodeJS.Signals | null): void =>
    resolve(killed === undefined ? { code: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), stdout: stdout(), stderr: stderr() } : { killed });
  child.on('close', settle);
  child.on('exit', (code, signal) => {
    // What it left running goes with it, and does not keep the step waiting.
    kill();
    setTimeout(() => settle(code, signal), LINGER_MS);
  });
  return promise.finally(() => {
    clearTimeout(timer);
    wanted?.removeEventListener('abort', abandon);
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  });
}

/** Removed afterwards with all that is in it. Undefined: there is no such folder to be had, for the reason in `why`. */
export async function inOwnFolder<T>(use: (folder: string) => Promise<T>): Promise<T | { readonly why: string }> {
  let folder: string;
  try {
    folder = await mkdtemp(join(tmpdir(), 'palace-command-'));
  } catch (error) {
    return { why: String(error) };
  }
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

/** Gives what has come; `onTooMuch` once there is more than may be kept. */
function collect(stream: NodeJS.ReadableStream, maxBytes: number, onTooMuch: () => void): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes <= maxBytes) chunks.push(chunk);
    else onTooMuch();
  });
  stream.on('error', () => undefined);
  return () => Buffer.concat(chunks).toString('utf8');
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody of the group is left.
  }
}
