// A kept journal: what a release wrote of one run, up to some point in the middle of it, and how the run went on from there.
// I1 What was recorded is never changed: later builds fold it, and finish it. `states` alone grows, by one line for each version of evolve.
// Read by test/journals.test.ts, written by record.ts.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '@palace/jq/jq.ts';
import { decide } from '@palace/flow/core/decide.ts';
import { evolve } from '@palace/flow/core/evolve.ts';
import { link, type Linked } from '@palace/flow/core/link.ts';
import type { Command, DecideLimits, RunEvent, RunPhase } from '@palace/flow/core/model.ts';
import type { Program } from '@palace/flow/core/program.ts';
import { newRun, type Run } from '@palace/flow/core/run.ts';
import { runStatus, waitingFor } from '@palace/flow/core/view.ts';
import { plain } from '@palace/flow/core/virtual-shell.ts';

export const JOURNALS_DIR = import.meta.dirname;

export interface KeptJournal {
  readonly format: number;
  /** Compiled, as the database had them; the first is the one that the run began on. */
  readonly programs: readonly { readonly hash: string; readonly program: Program }[];
  readonly runs: readonly KeptRun[];
}

export interface KeptRun {
  readonly run: string;
  readonly journal: readonly RunEvent[];
  /** By version of evolve: a hash of the whole state after each event. */
  readonly states: Readonly<Record<string, string>>;
  /** What people see of it then. */
  readonly seen: Seen;
  /** What it was told afterwards, and when. */
  readonly rest: readonly { readonly nowMs: number; readonly command: Command }[];
  readonly limits: DecideLimits;
  readonly ends: { readonly phase: RunPhase; readonly output?: Json; readonly fault?: Json };
}

export interface Seen {
  readonly phase: RunPhase;
  readonly status: string;
  readonly seq: number;
  readonly context: Json;
  readonly waitingFor: Json;
}

export const formats = (): number[] =>
  readdirSync(JOURNALS_DIR)
    .flatMap((name) => /^format-(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number);

export const namesOf = (format: number): string[] =>
  readdirSync(join(JOURNALS_DIR, `format-${format}`))
    .flatMap((name) => /^(.+)\.json$/.exec(name)?.[1] ?? [])
    .toSorted();

export const fileOf = (format: number, name: string): string => join(JOURNALS_DIR, `format-${format}`, `${name}.json`);

export const readKept = (format: number, name: string): KeptJournal => JSON.parse(readFileSync(fileOf(format, name), 'utf8')) as KeptJournal;

export interface Folded {
  readonly run: Run;
  readonly states: string;
}

/** As a new owner of the run does: the program is that of the segment. `from`: the index of the event to begin with. */
export function foldKept({ programs }: KeptJournal, { run: id, journal }: KeptRun, from = 0): Folded {
  const linked = new Map<string, Linked>(programs.map(({ hash, program }) => [hash, link(program, hash)]));
  const [first] = linked.values();
  if (first === undefined) throw new Error('It holds no program');
  const run = newRun(first, { id });
  const states = createHash('sha256');
  for (const event of journal.slice(from)) {
    if (event.type === 'segment.opened') run.linked = linked.get(event.hash) ?? first;
    evolve(run, event);
    states.update(JSON.stringify(plain(run)));
  }
  return { run, states: states.digest('hex') };
}

export const seenOf = (run: Run): Seen => ({
  phase: run.phase,
  status: runStatus(run),
  seq: run.seq,
  context: run.context,
  waitingFor: JSON.parse(JSON.stringify(waitingFor(run))) as Json,
});

/** Goes on with a folded run as it went on when it was recorded. Gives what was added. */
export function finish(run: Run, { rest, limits }: KeptRun): RunEvent[] {
  const added: RunEvent[] = [];
  for (const { nowMs, command } of rest) {
    const { events, segmentDue } = decide(run, command, { nowMs, limits });
    added.push(...events);
    if (segmentDue !== undefined) added.push(...decide(run, { type: 'open-segment' }, { nowMs, limits }).events);
  }
  return added;
}

export const endOf = ({ phase, output, fault }: Run): KeptRun['ends'] => ({
  phase,
  ...(output !== undefined && { output }),
  ...(fault !== undefined && { fault: JSON.parse(JSON.stringify(fault)) as Json }),
});
