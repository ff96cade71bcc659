// An engine in a process of its own: can be asked for its memory, given work, and killed. The other side is served-process.ts.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { now } from './gauge.ts';

export interface ServedOptions {
  readonly databaseUrl?: string;
  readonly dataDir?: string;
  readonly http?: boolean;
  /** Each executed step leaves a line here: repeats are counted from it and not from what the engine says. */
  readonly stepLog?: string;
  readonly stepMs?: number;
}

/** What the process says once it is ready. */
export interface Ready {
  readonly port: number;
  readonly secret: string;
  /** From openPlatform to the engine's readiness, within the process. */
  readonly openedMs: number;
  readonly postgres: number | undefined;
}

export interface Served extends Ready {
  readonly pid: number;
  /** From before the process was started. */
  readonly readyMs: number;
  ask<A>(question: Question): Promise<A>;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export type Question =
  | { readonly ask: 'submit'; readonly prefix: string; readonly count: number }
  | { readonly ask: 'sleep' }
  | { readonly ask: 'done' }
  | { readonly ask: 'steps'; readonly beforeMs: number }
  | { readonly ask: 'watch'; readonly runs: readonly { readonly id: string; readonly dueMs: number }[] }
  | { readonly ask: 'lateness' }
  | { readonly ask: 'time' }
  | { readonly ask: 'load' };

/** As `palace` starts Node. */
const FLAGS = ['--disallow-code-generation-from-strings', '--disable-proto=delete', '--disable-warning=ExperimentalWarning'];

export async function startServed(options: ServedOptions): Promise<Served> {
  const began = now();
  const child = fork(fileURLToPath(new URL('./served-process.ts', import.meta.url)), [JSON.stringify(options)], { execArgv: FLAGS });
  const waiting = new Map<number, (answer: unknown) => void>();
  const ready = await new Promise<Ready>((resolve, reject) => {
    child.on('message', (said: { ready?: Ready; answer?: unknown; to?: number }) => {
      if (said.ready !== undefined) resolve(said.ready);
      else if (said.to !== undefined) waiting.get(said.to)?.(said.answer);
    });
    child.once('exit', (code) => reject(new Error(`the engine's process ended with ${code}`)));
  });
  let asked = 0;
  return {
    ...ready,
    pid: child.pid as number,
    readyMs: now() - began,
    ask: <A>(question: Question) =>
      new Promise<A>((resolve) => {
        waiting.set(++asked, resolve as (answer: unknown) => void);
        child.send({ ...question, to: asked });
      }),
    kill: () => ended(child, 'SIGKILL'),
    stop: () => ended(child, 'SIGTERM'),
  };
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}
