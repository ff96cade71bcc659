// One script in a QuickJS of its own: a fresh WebAssembly instance, thrown away afterwards.
// I1 Memory, stack, time and output are bounded inside; the process around is bounded by who started it (runner.ts), because
//    time is only looked at between byte codes: one long native call is ended from outside.
// I2 Whatever the script does, an outcome comes back or the process dies; nothing is thrown.
import { EvalFlags, JSException, QuickJS, type JSValueHandle } from 'quickjs-wasi';
import { FS_NAMES, fsModule, PRELUDE } from './prelude.ts';
import type { Job, Outcome, Stop } from './job.ts';

const STACK_BYTES = 256 * 1_024;
/** As Node says it of a top-level await that nothing will ever answer. */
const NEVER_SETTLED = 13;
const MAX_ERROR_CHARS = 4_000;
/** Looks at the clock between two at who waits: that one costs a call of the system. */
const LOOKS = 64;

/** What the host functions have been told so far. */
interface Told {
  readonly text: { 1: string; 2: string };
  readonly bytes: { 1: number; 2: number };
  stop: Stop | undefined;
  exit: number | undefined;
  /** Rejections that nobody has taken, and what the first of them was. */
  rejections: number;
  rejected: string;
}

/** `isAbandoned`: nobody waits for the outcome any more. */
export async function runScript(wasm: WebAssembly.Module, job: Job, isAbandoned: () => boolean): Promise<Outcome> {
  const told: Told = { text: { 1: '', 2: '' }, bytes: { 1: 0, 2: 0 }, stop: undefined, exit: undefined, rejections: 0, rejected: '' };
  let vm: QuickJS | undefined;
  try {
    vm = await createVm(wasm, job, told, isAbandoned);
    return await run(vm, job, told);
  } catch (error) {
    return failed(error instanceof Error ? `${error.name}: ${error.message}` : String(error), told);
  } finally {
    dispose(vm);
  }
}

function createVm(wasm: WebAssembly.Module, job: Job, told: Told, isAbandoned: () => boolean): Promise<QuickJS> {
  const beganMs = performance.now();
  let looks = 0;
  return QuickJS.create({
    wasm,
    memoryLimit: job.memoryBytes,
    maxStackSize: STACK_BYTES,
    timezoneOffset: 0,
    wasi: () => ({ fd_write: () => 8 }),
    interruptHandler: () => {
      if (told.stop === undefined && (performance.now() - beganMs > job.deadlineMs || (++looks % LOOKS === 0 && isAbandoned()))) told.stop = 'deadline';
      return told.stop !== undefined || told.exit !== undefined;
    },
    onUnhandledRejection: (_promise, reason, isHandled) => {
      told.rejections += isHandled ? -1 : 1;
      if (!isHandled && told.rejected === '') told.rejected = describe(reason);
    },
    moduleLoader: {
      normalize: (_base, name) => name,
      load: (name) => {
        if (FS_NAMES.includes(name)) return fsModule(job.stdin);
        throw withoutStack(`There is no module "${name.slice(0, 100)}": a script stands alone.`);
      },
    },
  });
}

/** The stack would tell the script where the server's files are. */
function withoutStack(message: string): Error {
  const error = new Error(message);
  error.stack = '';
  return error;
}

async function run(vm: QuickJS, job: Job, told: Told): Promise<Outcome> {
  const process = prepare(vm, job, told);
  let done: JSValueHandle;
  try {
    done = vm.evalCode(job.code, 'script.js', EvalFlags.TYPE_MODULE);
  } catch (error) {
    return failed(error instanceof JSException ? describe(error.handle) : String(error), told);
  }
  // The end of the module is looked at here: its rejection is nobody's oversight.
  vm.markPromiseHandled(done);
  vm.executePendingJobs();
  if (done.promiseState === 0) return ended(NEVER_SETTLED, 'The script waits for something that never happens.', told);
  const settled = await vm.resolvePromise(done);
  if ('error' in settled) return failed(describe(settled.error), told);
  if (told.rejections > 0) return failed(told.rejected, told);
  const code = process.getProp('exitCode').consume((handle) => handle.toNumber());
  return ended(Number.isInteger(code) ? code & 0xff : 0, '', told);
}

function prepare(vm: QuickJS, job: Job, told: Told): JSValueHandle {
  const write = vm.newFunction('write', (stream, text) => {
    if (stream !== undefined && text !== undefined) tell(told, stream.toNumber() === 2 ? 2 : 1, text.toString(), job.outputBytes);
    return vm.undefined;
  });
  const exit = vm.newFunction('exit', (code) => {
    told.exit ??= (code?.toNumber() ?? 0) & 0xff;
    return vm.undefined;
  });
  const given = vm.newString(JSON.stringify({ arguments: job.arguments, environment: job.environment }));
  return vm.evalCode(PRELUDE, 'prelude.js').consume((prelude) => vm.callFunction(prelude, vm.undefined, write, exit, given));
}

function tell(told: Told, stream: 1 | 2, text: string, maxBytes: number): void {
  // A script that has left may run on until the next look at the clock: what it says then was not said.
  if (told.exit !== undefined || told.stop !== undefined) return;
  told.bytes[stream] += Buffer.byteLength(text);
  if (told.bytes[stream] > maxBytes) told.stop = 'output';
  else told.text[stream] += text;
}

const failed = (why: string, told: Told): Outcome =>
  /\bInternalError: out of memory/.test(why.slice(0, 200)) ? { ended: told.stop ?? 'memory' } : ended(1, why, told);

/** What the host was told goes before what the VM came to. */
function ended(code: number, why: string, told: Told): Outcome {
  if (told.stop !== undefined) return { ended: told.stop };
  const { 1: stdout, 2: stderr } = told.text;
  if (told.exit !== undefined) return { ended: 'itself', code: told.exit, stdout, stderr };
  return { ended: 'itself', code, stdout, stderr: why === '' ? stderr : `${stderr}${why}\n` };
}

/** Reading an error runs what the script made of it: it may fail, and take no more than the rest of the time. */
function describe(error: JSValueHandle): string {
  try {
    const text = error.toString();
    const stack = error.isObject ? error.getProp('stack').consume((handle) => (handle.isString ? handle.toString().trimEnd() : '')) : '';
    return (stack === '' ? text : `${text}\n${stack}`).slice(0, MAX_ERROR_CHARS);
  } catch {
    return 'The script failed with something that cannot be told.';
  }
}

function dispose(vm: QuickJS | undefined): void {
  try {
    vm?.dispose();
  } catch {
    // Its memory goes with its instance.
  }
}
