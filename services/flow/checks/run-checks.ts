// Runs the cases of check files, one after the other: reads, plays, judges, counts branches. The verb prints what comes of it.
import type { Json } from '@palace/jq/jq.ts';
import type { ErrorPlace } from '@palace/platform/errors.ts';
import { createCoverage, type FlowCoverage } from './coverage.ts';
import { judge, type CaseFailure } from './judge.ts';
import { createLibrary, type FlowText, type Library } from './library.ts';
import type { Case, CheckFile } from './model.ts';
import { playCase, type Played } from './play.ts';
import { readCheck } from './read-check.ts';
import { stubLines } from './stub-text.ts';
import { traceOf, type TraceLine } from './trace.ts';
import type { WorldSettings } from './world.ts';

export interface CaseResult {
  readonly one: Case;
  readonly failures: readonly CaseFailure[];
  /** A stub for each asking that has none, as lines. */
  readonly stubs: readonly (readonly string[])[];
  /** What the run did, for who reads a failure. */
  readonly trace: readonly TraceLine[];
  /** Virtual time, to the end of the run or to where the play stopped. */
  readonly elapsedMs: number;
  /** Present when the run completed. */
  readonly output: Json | undefined;
  /** Real time. */
  readonly tookMs: number;
}

export interface FileResult {
  readonly path: string;
  readonly flow: string;
  readonly cases: readonly CaseResult[];
}

/** A check file, or the flow that it is about, that cannot be used. */
export interface BrokenFile {
  readonly path: string;
  readonly source: string;
  readonly errors: readonly ErrorPlace[];
  readonly isFlow: boolean;
}

export interface Checked {
  readonly files: readonly FileResult[];
  readonly broken: readonly BrokenFile[];
  readonly coverage: readonly FlowCoverage[];
}

export interface CheckOptions {
  readonly settings: WorldSettings;
  /** Only cases whose file or name contains it. */
  readonly filter: string | undefined;
  /** Monotonic milliseconds, for what the cases took. */
  readonly clock: () => number;
}

export function runChecks(checks: readonly FlowText[], flows: readonly FlowText[], options: CheckOptions): Checked {
  const library = createLibrary(flows);
  const read = checks.map(({ path, source }) => ({ path, source, found: readCheck(path, source, library) }));
  const broken = read.flatMap(({ path, source, found }): BrokenFile[] => {
    if (found.ok) return [];
    return [{ path: found.broken?.path ?? path, source: found.broken?.source ?? source, errors: found.errors, isFlow: found.broken !== undefined }];
  });
  // Nothing is played while something cannot be read: half a report reads like a whole one.
  if (broken.length > 0) return { files: [], broken, coverage: [] };
  const coverage = createCoverage();
  const files = read.flatMap(({ found }) => (found.ok ? [fileResult(found.file, library, options, coverage.add)] : []));
  return { files: files.filter((file) => file.cases.length > 0), broken, coverage: coverage.report() };
}

function fileResult(file: CheckFile, library: Library, { settings, filter, clock }: CheckOptions, count: (members: Played['members']) => void): FileResult {
  const wanted = file.cases.filter(({ name }) => filter === undefined || `${file.path}: ${name}`.toLowerCase().includes(filter.toLowerCase()));
  const cases = wanted.map((one): CaseResult => {
    const from = clock();
    const played = playCase(file.flow, one, library, settings);
    const failures = [...judge(one, played), ...missingFailures(one, played)];
    count(played.members);
    const isFailed = failures.length > 0;
    return {
      one,
      failures,
      stubs: played.missing.flatMap((missing) => {
        const program = played.members.find(({ flow }) => flow.name === missing.target.flow)?.run.linked.program;
        return program === undefined ? [] : [stubLines(missing, program, file.flow.name)];
      }),
      trace: isFailed && played.root !== undefined ? traceOf(played.root, played.startMs) : [],
      elapsedMs: (played.root?.run.endedMs ?? played.nowMs) - played.startMs,
      output: played.root?.run.phase === 'completed' ? played.root.run.output : undefined,
      tookMs: clock() - from,
    };
  });
  return { path: file.path, flow: file.flow.name, cases };
}

const WHY = {
  'no stub': 'has no stub',
  'no more instances': 'is asked more often than its stub has entries under "each"',
  'no condition holds': 'has a stub, but none of its conditions ("when") holds',
} as const;

function missingFailures(one: Case, { missing }: Played): CaseFailure[] {
  return missing.map(({ target, function: name, why }) => ({ spot: one.spot, message: `${target.pointer} (${name}) ${WHY[why]}.` }));
}
