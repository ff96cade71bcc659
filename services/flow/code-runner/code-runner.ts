// The pool of runner processes: a script gets one to itself for as long as it runs.
// I1 As many processes as there are places, and no more; they are started when needed and ended after a while without work.
// I2 A runner goes on to the next script only after one that ended by itself, and not for ever: what is large, old or was misused is
//    ended. With bubblewrap each script has a process of its own; the next one is started beforehand.
// I3 Whoever waits for a script has its outcome at the deadline at the latest.
import type { ProcessInput } from '../core/process.ts';
import type { Outcome, ScriptLimits } from './job.ts';
import { createPlaces, type PlaceRequest } from './places.ts';
import { RestingRunners } from './resting.ts';
import { Runner, RunnerGone } from './runner.ts';
import { runnerCommand, type Sandbox } from './sandbox.ts';

const MAX_SCRIPTS = 1_000;
const MAX_RSS_BYTES = 256 * 1_048_576;
const MAX_CPU_MS = 30_000;
/** Inside, a script is stopped this much before its deadline, so that its end is told and not only seen. */
const TELLING_MS = 100;

export interface CodeRunnerSettings extends ScriptLimits {
  readonly sandbox: Sandbox;
  readonly running: number;
  readonly waiting: number;
  /** Longest time of a script, whatever its step says. */
  readonly maxMs: number;
}

export interface ScriptRequest extends PlaceRequest {
  readonly input: ProcessInput & { readonly code: string };
}

export type ScriptEnd = Outcome | { readonly ended: 'full' } | { readonly ended: 'gone'; readonly why: string };

export interface CodeRunner {
  readonly settings: CodeRunnerSettings;
  run(request: ScriptRequest): Promise<ScriptEnd>;
  /** Process numbers of the runners there are. */
  pids(): number[];
  close(): void;
}

export function createCodeRunner(settings: CodeRunnerSettings): CodeRunner {
  const places = createPlaces(settings);
  const runners = createRunners(settings);

  async function perform({ input, signal }: ScriptRequest, deadlineMs: number): Promise<ScriptEnd> {
    const runner = runners.take();
    const stop = (): void => runner.kill();
    signal.addEventListener('abort', stop);
    let outcome: Outcome | undefined;
    try {
      const { memoryBytes, outputBytes } = settings;
      const insideMs = Math.max(deadlineMs - TELLING_MS, deadlineMs / 2);
      outcome = await runner.run({ ...input, memoryBytes, outputBytes, deadlineMs: insideMs }, deadlineMs);
      return outcome;
    } catch (error) {
      if (error instanceof RunnerGone) return { ended: 'gone', why: error.message };
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      runners.giveBack(runner, outcome);
    }
  }

  return {
    settings,
    async run(request) {
      const untilMs = performance.now() + Math.min(request.deadlineMs, settings.maxMs);
      const place = await places.enter({ ...request, deadlineMs: untilMs - performance.now() });
      if (place === 'full') return { ended: 'full' };
      if (place === 'late') return { ended: 'deadline' };
      try {
        if (runners.closed) return { ended: 'gone', why: 'the server stops' };
        return await perform(request, Math.max(1, untilMs - performance.now()));
      } finally {
        place.leave();
      }
    },
    pids: runners.pids,
    close: runners.close,
  };
}

interface Runners {
  readonly closed: boolean;
  take(): Runner;
  /** `outcome`: undefined when the runner is gone. */
  giveBack(runner: Runner, outcome: Outcome | undefined): void;
  pids(): number[];
  close(): void;
}

function createRunners(settings: CodeRunnerSettings): Runners {
  const command = runnerCommand(settings.sandbox, cpuSeconds(settings));
  const all = new Set<Runner>();
  const resting = new RestingRunners(end);
  let closed = false;

  function start(): Runner {
    const runner = new Runner(command);
    all.add(runner);
    return runner;
  }

  function end(runner: Runner): void {
    all.delete(runner);
    runner.kill();
  }

  return {
    get closed() {
      return closed;
    },
    take() {
      for (let runner = resting.take(); runner !== undefined; runner = resting.take()) {
        if (!runner.gone) return runner;
        end(runner);
      }
      return start();
    },
    giveBack(runner, outcome) {
      if (!closed && outcome?.ended === 'itself' && isFit(runner, settings)) return resting.add(runner);
      end(runner);
      if (!closed && settings.sandbox === 'bubblewrap' && resting.isEmpty) resting.add(start());
    },
    pids: () => [...all].flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
    close() {
      closed = true;
      while (resting.take() !== undefined);
      for (const runner of all) end(runner);
    },
  };
}

function isFit({ gone, scripts, usage }: Runner, { sandbox }: CodeRunnerSettings): boolean {
  return !gone && sandbox === 'process' && scripts < MAX_SCRIPTS && usage.rssBytes < MAX_RSS_BYTES && usage.cpuMs < MAX_CPU_MS;
}

/** Twice what a runner may have used before its last script and use in it: its collector of garbage works beside it. */
const cpuSeconds = ({ maxMs }: CodeRunnerSettings): number => Math.ceil((2 * (MAX_CPU_MS + maxMs)) / 1_000);
