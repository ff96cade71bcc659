// `run: {container}`: one container for one act, by a program that understands Docker's arguments. Only where whoever runs the server allows
// its image.
// I1 Made, started and removed in three calls, so that what never began is known never to have begun: only then it was not sent.
// I2 At the deadline, at too much output and when nobody waits for it any more, it is removed by force; what it did is unknown then.
// I3 What a crashed attempt left is removed before the next one begins under its name, and by any server once its time is over.
// I4 The program gets the few variables that lead it to its engine, and none of ours.
import { accessSync, constants, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Places } from '../code-runner/places.ts';
import { allowsFolder, containerRefusal, type ContainerAllowance } from '../core/allowed-processes.ts';
import {
  containerName,
  containerState,
  createArguments,
  environmentText,
  listArguments,
  momentsArguments,
  overdueOf,
  removeArguments,
  startArguments,
  stateArguments,
  type ContainerBounds,
} from '../core/container.ts';
import { standardFault } from '../core/faults.ts';
import type { RunFault } from '../core/model.ts';
import { inSeconds, processInput, processResult, returnOf, type ProcessEnd } from '../core/process.ts';
import type { EffectCall, EffectOutcome, Executor } from './executor.ts';
import { inOwnFolder, runProcess, type Killed, type OwnEnd } from './own-process.ts';

export interface ContainerSettings {
  readonly allowed: ContainerAllowance;
  readonly bounds: ContainerBounds;
  readonly maxMs: number;
  readonly outputBytes: number;
  /** The program's path, and the variables that it needs to find its engine. */
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A call of the program that only looks or cleans up. */
const ASIDE_MS = 15_000;
/** After its deadline a container is being removed; later nobody is any more. */
const GRACE_MS = 60_000;
const SWEEP_PAUSE_MS = 60_000;
const MAX_SWEPT = 200;
/** The code of what ended by SIGKILL. */
const KILLED = 137;

/** `settings` undefined: no image is allowed here. */
export function containerExecutor(settings: ContainerSettings | undefined, places: Places): Executor {
  if (settings === undefined) return (call) => Promise.resolve(refused(notAllowed(call, { images: [], folders: [] }) ?? standardFault('authorization')));
  const engine = engineOf(settings);
  let sweptMs = Number.NEGATIVE_INFINITY;
  return async (call) => {
    const refusal = notAllowed(call, settings.allowed);
    if (refusal !== undefined) return refused(refusal);
    const untilMs = performance.now() + Math.min(call.deadlineMs, settings.maxMs);
    const place = await places.enter({ ...call, deadlineMs: untilMs - performance.now() });
    if (place === 'full') return refused({ ...standardFault('runtime', 'Too many containers wait for their turn (PALACE_CODE_MAX_WAITING).'), status: 503 });
    if (place === 'late') return refused(standardFault('timeout', 'The container did not get its turn in time.'));
    if (performance.now() - sweptMs > SWEEP_PAUSE_MS) {
      sweptMs = performance.now();
      void sweepContainers(settings).catch(() => undefined);
    }
    try {
      if (call.mayBegin?.() === false) return refused(standardFault('runtime', 'The container is held back.'));
      const outcome = await inOwnFolder((folder) => perform({ call, settings, engine, folder, untilMs }));
      return 'why' in outcome ? refused(standardFault('runtime', `There is no folder for the container: ${outcome.why}`)) : outcome;
    } finally {
      place.leave();
    }
  };
}

const refused = (fault: RunFault): EffectOutcome => ({ ok: false, fault, reach: 'not-sent' });
const unknown = (fault: RunFault): EffectOutcome => ({ ok: false, fault, reach: 'unknown' });

const answered = (fault: RunFault): EffectOutcome => ({ ok: false, fault, reach: 'answered' });

const askingOf = ({ tenant, flow }: EffectCall) => ({ tenant, namespace: flow.split('/')[0] ?? '' });

function notAllowed(call: EffectCall, allowed: ContainerAllowance): RunFault | undefined {
  const refusal = containerRefusal(allowed, askingOf(call), call.args);
  return refusal === undefined ? undefined : standardFault('authorization', `${refusal.message} ${refusal.suggestion}`);
}

interface Engine {
  /** For the act itself: within its deadline, with its output. */
  run(args: readonly string[], about: { readonly untilMs: number; readonly stdin?: string; readonly signal?: AbortSignal }): Promise<OwnEnd>;
  /** Beside it. */
  aside(args: readonly string[]): Promise<OwnEnd>;
}

function engineOf({ program, environment, outputBytes }: ContainerSettings): Engine {
  const run: Engine['run'] = (args, { untilMs, stdin = '', signal }) =>
    runProcess({ file: program, args, cwd: '/', environment, stdin, untilMs, outputBytes, ...(signal !== undefined && { signal }) });
  return { run, aside: (args) => run(args, { untilMs: performance.now() + ASIDE_MS }) };
}

interface Job {
  readonly call: EffectCall;
  readonly settings: ContainerSettings;
  readonly engine: Engine;
  readonly folder: string;
  readonly untilMs: number;
}

async function perform(job: Job): Promise<EffectOutcome> {
  const { call, settings, engine, folder, untilMs } = job;
  const environment = environmentText(call.args);
  if ('wrong' in environment)
    return refused(
      standardFault('configuration', `The variable "${environment.wrong}" of a container is one line of at most 32 KB; hand longer text over in "stdin".`),
    );
  const environmentFile = join(folder, 'environment');
  await writeFile(environmentFile, environment.text, { mode: 0o600 });
  const asking = askingOf(call);
  const args = createArguments({
    key: call.key,
    args: call.args,
    command: call.code,
    environmentFile,
    untilMs: Math.ceil(Date.now() + (untilMs - performance.now()) + GRACE_MS),
    bounds: settings.bounds,
    isReadOnly: (mount) => allowsFolder(settings.allowed, asking, mount) !== 'write',
  });
  try {
    const created = await create(job, args);
    if (created !== undefined) return refused(created);
    const end = await engine.run(startArguments(call), { untilMs, stdin: processInput(call.args).stdin, signal: call.signal });
    return await outcomeOf(job, end);
  } finally {
    await engine.aside(removeArguments([containerName(call.key)]));
  }
}

/** Undefined: it is there. A first attempt that fails may have met what an earlier one left (I3). */
async function create(job: Job, args: readonly string[]): Promise<RunFault | undefined> {
  const { call, engine, untilMs } = job;
  const { signal } = call;
  let end = await engine.run(args, { untilMs, signal });
  if ('code' in end && end.code !== 0 && isThere(await engine.aside(stateArguments(call.key)))) {
    await engine.aside(removeArguments([containerName(call.key)]));
    end = await engine.run(args, { untilMs, signal });
  }
  if ('error' in end) return standardFault('configuration', `The program for containers cannot be started: ${end.error}`);
  if ('killed' in end) return killedFault(job, end.killed);
  return end.code === 0 ? undefined : standardFault('runtime', `The container cannot be made: ${lastWords(end)}`);
}

const isThere = (end: OwnEnd): boolean => 'code' in end && end.code === 0 && containerState(end.stdout) !== undefined;

async function outcomeOf(job: Job, end: OwnEnd): Promise<EffectOutcome> {
  const { call, settings, engine } = job;
  if ('error' in end) return refused(standardFault('configuration', `The program for containers cannot be started: ${end.error}`));
  if ('killed' in end) return unknown(killedFault(job, end.killed));
  if (end.code !== 0) {
    // The program has codes of its own, and they may be those of the container as well: its state tells them apart.
    const told = await engine.aside(stateArguments(call.key));
    const state = 'code' in told && told.code === 0 ? containerState(told.stdout) : undefined;
    if (state === undefined) return unknown(standardFault('runtime', `Nobody knows how the container ended: ${lastWords(end)}`));
    if (!state.started) return refused(standardFault('runtime', `The container cannot be started: ${lastWords(end)}`));
    if (state.killedForMemory) return answered(standardFault('runtime', `The container needs more than ${memoryOf(settings)}.`));
  }
  const told = processResult('The container', returnOf(call.args), end);
  // Not every engine notices what a container was killed for.
  if ('fault' in told && end.code === KILLED)
    return answered(standardFault('runtime', `The container was killed; it may need more than ${memoryOf(settings)}.`));
  return 'result' in told ? { ok: true, result: told.result } : answered(told.fault);
}

const memoryOf = ({ bounds }: ContainerSettings): string => `${bounds.memoryBytes} bytes of memory (PALACE_CONTAINER_MEMORY_BYTES)`;

function killedFault({ call, settings }: Job, killed: Killed): RunFault {
  if (killed === 'output') return standardFault('runtime', `The container writes more than ${settings.outputBytes} bytes (PALACE_CODE_OUTPUT_BYTES).`);
  return standardFault('timeout', `The container did not end within ${inSeconds(Math.min(call.deadlineMs, settings.maxMs))} and was removed.`);
}

const lastWords = ({ code, stderr }: ProcessEnd): string => stderr.trim().toWellFormed().replaceAll('\u0000', '').slice(-500) || `code ${code}`;

/** I3: those of servers that are gone. */
export async function sweepContainers(settings: ContainerSettings): Promise<{ readonly removed: number } | { readonly why: string }> {
  const engine = engineOf(settings);
  const listed = await engine.aside(listArguments());
  if (!('code' in listed)) return { why: 'error' in listed ? listed.error : `it does not answer within ${ASIDE_MS / 1000} s` };
  if (listed.code !== 0) return { why: lastWords(listed) };
  const ids = listed.stdout.split('\n').filter((id) => /^[0-9a-f]{12,64}$/.test(id));
  if (ids.length === 0) return { removed: 0 };
  const moments = await engine.aside(momentsArguments(ids.slice(0, MAX_SWEPT)));
  const overdue = 'code' in moments ? overdueOf(moments.stdout, Date.now()) : [];
  if (overdue.length > 0) await engine.aside(removeArguments(overdue));
  return { removed: overdue.length };
}

/** The path of the program that was configured, or of the first of podman and docker that is there. */
export function findContainerProgram(configured: string, path: string): string | undefined {
  const names = configured === '' ? ['podman', 'docker'] : [configured];
  const folders = path.split(delimiter).filter((folder) => isAbsolute(folder));
  return names.flatMap((name) => (isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name)))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
