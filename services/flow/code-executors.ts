// Scripts, commands and containers as the configuration has them: the code runner with its sandbox, the places, the executors.
// I1 A sandbox that was asked for and cannot be used stops the start: scripts never run in a weaker one than was asked for.
import type { Config } from '@palace/platform/config.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { createCodeRunner, type CodeRunner } from './code-runner/code-runner.ts';
import { createPlaces } from './code-runner/places.ts';
import { containerExecutor } from './executors/container.ts';
import type { Executor } from './executors/executor.ts';
import { scriptExecutor } from './executors/script.ts';
import { shellExecutor } from './executors/shell.ts';

export interface CodeExecutors {
  readonly byName: readonly (readonly [string, Executor])[];
  close(): void;
}

/** Throws `boot.code-sandbox`. */
export async function openCodeExecutors({ code }: Pick<Config, 'code'>): Promise<CodeExecutors> {
  const runner = code.sandbox === 'off' ? undefined : openRunner(code, code.sandbox);
  const why = code.sandbox === 'bubblewrap' && runner !== undefined ? await sandboxFailure(runner) : undefined;
  if (why !== undefined) {
    runner?.close();
    throw new PalaceError('boot.code-sandbox', { detail: `PALACE_CODE_SANDBOX=bubblewrap: ${why}.` });
  }
  const shell = { allowed: code.allowShell, maxMs: code.maxMs, outputBytes: code.outputBytes };
  return {
    byName: [
      ['script', scriptExecutor(runner)],
      ['shell', shellExecutor(shell, createPlaces({ running: code.maxRunning, waiting: code.maxWaiting }))],
      ['container', containerExecutor],
    ],
    close: () => runner?.close(),
  };
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
