// One runner process, as the server sees it: gives it a script, waits, and kills it when it does not answer in time.
// I1 `run` settles at its deadline at the latest, whatever the process does: then the process and its group are killed.
// I2 A runner that was killed, died or spoke nonsense is never used again.
// I3 What a runner says is believed about the script that it was given and nothing else.
import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { isAbsolute } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { isObject, type Json } from '@palace/jq/json.ts';
import { lineReader, type Answer, type Job, type Outcome } from './job.ts';
import type { Command } from './sandbox.ts';

/** Where the programs of the sandbox are looked for; nothing of it reaches the script. */
const SEARCHED = { PATH: '/usr/local/bin:/usr/bin:/bin' };
const MAX_SAID_CHARS = 2_000;

/** The process is gone and the script with it. */
export class RunnerGone extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'RunnerGone';
  }
}

interface Waiting {
  readonly settle: (outcome: Outcome) => void;
  readonly fail: (error: Error) => void;
}

export class Runner {
  usage: Answer['usage'] = { rssBytes: 0, cpuMs: 0 };
  scripts = 0;
  gone = false;
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private waiting: Waiting | undefined;
  /** The end of what it wrote to stderr: why it ended. */
  private said = '';

  constructor({ file, args }: Command) {
    const env = isAbsolute(file) ? {} : SEARCHED;
    const child = spawn(file, [...args], { env, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'], detached: process.platform !== 'win32' });
    this.child = child;
    const read = lineReader((line) => this.hear(line));
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      if (!read(chunk)) this.lose('the code runner said too much');
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.said = `${this.said}${chunk}`.slice(-MAX_SAID_CHARS);
    });
    // Who does not listen has ended, which says more, or does not answer in time.
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => this.lose(`the code runner cannot be started (${error.message})`));
    child.on('close', (code, signal) => this.lose(`the code runner ended (${signal ?? `code ${code}`})`));
    // It keeps no process alive: whoever waits for a script holds a timer.
    for (const part of [child, child.stdin, child.stdout, child.stderr]) (part as { unref?: () => void }).unref?.();
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** One at a time. Rejects with RunnerGone. */
  async run(job: Job, deadlineMs: number): Promise<Outcome> {
    this.scripts += 1;
    if (this.gone) throw new RunnerGone('the code runner is gone');
    const { promise, resolve: settle, reject: fail } = Promise.withResolvers<Outcome>();
    this.waiting = { settle, fail };
    this.child.stdin.write(`${JSON.stringify(job)}\n`);
    const timer = setTimeout(() => {
      settle({ ended: 'deadline' });
      this.lose('the script did not end');
    }, deadlineMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.waiting = undefined;
    }
  }

  kill(): void {
    this.lose('the code runner was ended');
  }

  private hear(line: string): void {
    const answer = readAnswer(line);
    const { waiting } = this;
    if (waiting === undefined || answer === undefined) return this.lose('the code runner said what nobody asked for');
    // At once: a second answer in the same breath is one to the next script, which has not been given yet.
    this.waiting = undefined;
    this.usage = answer.usage;
    waiting.settle(answer.outcome);
  }

  private lose(why: string): void {
    this.gone = true;
    killGroup(this.child);
    const last = this.said.trim().split('\n').at(-1) ?? '';
    this.waiting?.fail(new RunnerGone(last === '' ? why : `${why}: ${last}`));
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

/** Undefined: this is no answer. */
function readAnswer(line: string): Answer | undefined {
  let value: Json;
  try {
    value = JSON.parse(line) as Json;
  } catch {
    return undefined;
  }
  const { outcome, usage } = isObject(value) ? value : {};
  if (!isObject(outcome ?? null) || !isObject(usage ?? null)) return undefined;
  const read = readOutcome(outcome as { readonly [key: string]: Json });
  const { rssBytes, cpuMs } = usage as { readonly [key: string]: Json };
  if (read === undefined || typeof rssBytes !== 'number' || typeof cpuMs !== 'number') return undefined;
  return { outcome: read, usage: { rssBytes, cpuMs } };
}

function readOutcome({ ended, code, stdout, stderr }: { readonly [key: string]: Json }): Outcome | undefined {
  if (ended === 'deadline' || ended === 'memory' || ended === 'output') return { ended };
  if (ended !== 'itself' || !Number.isInteger(code) || typeof stdout !== 'string' || typeof stderr !== 'string') return undefined;
  return { ended, code: Number(code), stdout, stderr };
}
