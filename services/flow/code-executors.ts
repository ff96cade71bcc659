// Scripts, commands and containers as the configuration has them: the code runner with its sandbox, the places, the executors.
// I1 A sandbox that was asked for and cannot be used stops the start: scripts never run in a weaker one than was asked for. So does an
//    allowance for containers that allows nothing, or that no program is there to use.
import { readContainerEnvironment, type Config } from '@palace/platform/config.ts';
import { PalaceError, type ErrorPlace } from '@palace/platform/errors.ts';
import { createCodeRunner, type CodeRunner } from './code-runner/code-runner.ts';
import { createPlaces } from './code-runner/places.ts';
import { folderEntryMistake, imageEntryMistake } from './core/allowed-processes.ts';
import { containerExecutor, findContainerProgram, sweepContainers, type ContainerSettings } from './executors/container.ts';
import type { Executor } from './executors/executor.ts';
import { scriptExecutor } from './executors/script.ts';
import { shellExecutor } from './executors/shell.ts';

export interface CodeExecutors {
  readonly byName: readonly (readonly [string, Executor])[];
  close(): void;
}

/** Throws `boot.code-sandbox`, `boot.containers`, `boot.config`. */
export async function openCodeExecutors({ code, container }: Pick<Config, 'code' | 'container'>): Promise<CodeExecutors> {
  const containers = containerSettings({ code, container });
  const runner = code.sandbox === 'off' ? undefined : openRunner(code, code.sandbox);
  const why = code.sandbox === 'bubblewrap' && runner !== undefined ? await sandboxFailure(runner) : undefined;
  if (why !== undefined) {
    runner?.close();
    throw new PalaceError('boot.code-sandbox', { detail: `PALACE_CODE_SANDBOX=bubblewrap: ${why}.` });
  }
  if (containers !== undefined) void sweepContainers(containers).catch(() => undefined);
  const shell = { allowed: code.allowShell, maxMs: code.maxMs, outputBytes: code.outputBytes };
  return {
    byName: [
      ['script', scriptExecutor(runner)],
      ['shell', shellExecutor(shell, createPlaces({ running: code.maxRunning, waiting: code.maxWaiting }))],
      ['container', containerExecutor(containers, createPlaces({ running: container.maxRunning, waiting: code.maxWaiting }))],
    ],
    close: () => runner?.close(),
  };
}

/** Undefined: no image is allowed. Throws `boot.containers`, `boot.config`. */
export function containerSettings({ code, container }: Pick<Config, 'code' | 'container'>): ContainerSettings | undefined {
  const mistakes = (variable: string, entries: readonly string[], mistakeOf: (entry: string) => string | undefined): ErrorPlace[] =>
    entries.flatMap((entry) => mistakeOf(entry) ?? []).map((message) => ({ path: variable, message }));
  const errors = [
    ...mistakes('PALACE_ALLOW_CONTAINERS', container.allow, imageEntryMistake),
    ...mistakes('PALACE_CONTAINER_FOLDERS', container.folders, folderEntryMistake),
  ];
  if (errors.length > 0) throw new PalaceError('boot.config', { detail: `${errors.map(({ path, message }) => `${path}: ${message}`).join('. ')}.`, errors });
  if (container.allow.length === 0) return undefined;
  const environment = readContainerEnvironment();
  const program = findContainerProgram(container.program, environment['PATH'] ?? '');
  if (program === undefined) {
    const wanted = container.program === '' ? 'neither podman nor docker is' : `"${container.program}" is not`;
    throw new PalaceError('boot.containers', { detail: `PALACE_ALLOW_CONTAINERS allows containers, and ${wanted} a program on PATH.` });
  }
  const { allow: images, folders, maxMs, program: _program, maxRunning: _maxRunning, ...bounds } = container;
  return { allowed: { images, folders }, bounds, maxMs, outputBytes: code.outputBytes, program, environment };
}

/** Whether the engine answers; it runs nothing. */
export async function tryContainers(settings: ContainerSettings): Promise<string | undefined> {
  const found = await sweepContainers(settings);
  return 'why' in found ? found.why : undefined;
}

function openRunner(code: Config['code'], sandbox: 'process' | 'bubblewrap'): CodeRunner {
  const { maxMs, memoryBytes, outputBytes } = code;
  return createCodeRunner({ sandbox, running: code.maxRunning, waiting: code.maxWaiting, maxMs, memoryBytes, outputBytes });
}

/** Runs a script of one line. Undefined: it works. */
export async function tryCodeSandbox({ code }: Pick<Config, 'code'>): Promise<string | undefined> {
  if (code.sandbox === 'off') return undefined;
  const runner = openRunner(code, code.sandbox);
  const why = await sandboxFailure(runner);
  runner.close();
  return why;
}

const PROBE_MS = 20_000;

async function sandboxFailure(runner: CodeRunner): Promise<string | undefined> {
  const input = { code: 'console.log(6 * 7)', arguments: [], environment: {}, stdin: '' };
  const end = await runner.run({ tenant: '', deadlineMs: PROBE_MS, signal: new AbortController().signal, input });
  if (end.ended === 'itself' && end.stdout === '42\n') return undefined;
  return end.ended === 'gone' ? end.why : `a script of one line did not end well (${end.ended})`;
}
