// `run: {shell}`: a command of the POSIX shell, as the user of this server. Only where whoever runs the server allows it.
// I1 It gets the environment that the step gives and no other, an empty folder that is removed afterwards, and a process group of its
//    own: at its deadline, at its end and when nobody waits for it any more the whole group is killed.
// I2 What it was killed in the middle of may have happened: the outcome is unknown. A code of its own is an answer.
// I3 Output beyond its bound ends the command; nothing of it is kept in memory past the bound.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Places } from '../code-runner/places.ts';
import { allowsShell, shellRefusal, type ShellAllowance } from '../core/allowed-processes.ts';
import { standardFault } from '../core/faults.ts';
import type { RunFault } from '../core/model.ts';
import { inSeconds, processInput, processResult, returnOf, type ProcessEnd } from '../core/process.ts';
import type { EffectCall, EffectOutcome, Executor } from './executor.ts';

export interface ShellSettings {
  readonly allowed: ShellAllowance;
  readonly maxMs: number;
  readonly outputBytes: number;
}

/** After the command's own end: how long what it left behind may hold its output open. */
const LINGER_MS = 100;

type Killed = 'deadline' | 'output' | 'abandoned';
type End = ProcessEnd | { readonly killed: Killed } | { readonly error: string };

export function shellExecutor(settings: ShellSettings, places: Places): Executor {
  return async (call) => {
    const namespace = call.flow.split('/')[0] ?? '';
    if (!allowsShell(settings.allowed, call.tenant, namespace))
      return refused({ ...standardFault('authorization', `${shellRefusal(namespace)} Allow them with PALACE_ALLOW_SHELL.`) });
    if (process.platform === 'win32') return refused(standardFault('configuration', 'There is no POSIX shell on this server.'));
    const untilMs = performance.now() + Math.min(call.deadlineMs, settings.maxMs);
    const place = await places.enter({ ...call, deadlineMs: untilMs - performance.now() });
    if (place === 'full') return refused({ ...standardFault('runtime', 'Too many commands wait for their turn (PALACE_CODE_MAX_WAITING).'), status: 503 });
    if (place === 'late') return refused(standardFault('timeout', 'The command did not get its turn in time.'));
    try {
      return await inFolder((folder) => perform(call, settings, folder, untilMs));
    } finally {
      place.leave();
    }
  };
}

const refused = (fault: RunFault): EffectOutcome => ({ ok: false, fault, reach: 'not-sent' });
const unknown = (fault: RunFault): EffectOutcome => ({ ok: false, fault, reach: 'unknown' });

async function inFolder(use: (folder: string) => Promise<EffectOutcome>): Promise<EffectOutcome> {
  let folder: string;
  try {
    folder = await mkdtemp(join(tmpdir(), 'palace-command-'));
  } catch (error) {
    return refused(standardFault('runtime', `There is no folder for the command: ${String(error)}`));
  }
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

async function perform(call: EffectCall, settings: ShellSettings, folder: string, untilMs: number): Promise<EffectOutcome> {
  const end = await run(call, settings, folder, untilMs);
  if ('error' in end) return refused(standardFault('configuration', `The command cannot be started: ${end.error}`));
  if ('code' in end) {
    const told = processResult('The command', returnOf(call.args), end);
    return 'result' in told ? { ok: true, result: told.result } : { ok: false, fault: told.fault, reach: 'answered' };
  }
  if (end.killed === 'output')
    return unknown(standardFault('runtime', `The command writes more than ${settings.outputBytes} bytes (PALACE_CODE_OUTPUT_BYTES).`));
  return unknown(standardFault('timeout', `The command did not end within ${inSeconds(Math.min(call.deadlineMs, settings.maxMs))} and was killed.`));
}

function run(call: EffectCall, { outputBytes }: ShellSettings, cwd: string, untilMs: number): Promise<End> {
  const { arguments: list, environment, stdin } = processInput(call.args);
  const { promise, resolve } = Promise.withResolvers<End>();
  let child;
  try {
    child = spawn('/bin/sh', ['-c', call.code ?? '', 'sh', ...list], { cwd, env: { ...environment }, stdio: 'pipe', detached: true });
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
  call.signal.addEventListener('abort', abandon);
  if (call.signal.aborted) abandon();
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
    call.signal.removeEventListener('abort', abandon);
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  });
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
