// A shell of memory for tests and the simulator's small cases: virtual time, effects answered by a function, nothing lost on the way.
// I1 After every decision the journal so far, folded from nothing or from the beginning of its segment, gives the same state as the live run (ENGINE E10, E11).
import type { Json } from '@palace/jq/jq.ts';
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { assertThat } from './acts.ts';
import { compileFlow } from './compile.ts';
import { decide } from './decide.ts';
import { evolve } from './evolve.ts';
import { link, type Linked } from './link.ts';
import type { Command, DecideLimits, Decision, RunEvent } from './model.ts';
import { makeRunId } from './run-id.ts';
import { newRun, openEffects, openTimers, revive, snapshot, type OpenEffect, type Run } from './run.ts';

export const LIMITS: DecideLimits = {
  eventsPerDecision: 1000,
  historyEvents: 50_000,
  payloadBytes: 1_000_000,
  fanOut: 1000,
  iterations: 10_000,
  nesting: 64,
  bufferedSignals: 100,
  expressionFuel: 100_000,
  retriesPerRun: 1000,
};

export type Answer = { readonly result: Json } | Omit<Extract<Command, { type: 'effect-failed' }>, 'type' | 'act' | 'attempt'> | 'silence';
export type Perform = (effect: OpenEffect, performed: number) => Answer;

export interface VirtualShell {
  run: Run;
  readonly linked: Linked;
  /** Published later than `linked`: what a run whose flow asks for it may move to. */
  newest: Linked | undefined;
  readonly journal: RunEvent[];
  nowMs: number;
  readonly limits: DecideLimits;
  /** Why the run may have lived on elsewhere. */
  livedOn: string | undefined;
  /** Checks the fold after each decision; off for large runs. */
  checking: boolean;
  give(command: Command): Decision;
  /** Gives `continue` while there is more. */
  settle(): void;
  /** Performs open effects and fires timers until nothing moves; returns false when the bound of rounds was reached. */
  play(perform?: Perform, rounds?: number): boolean;
  types(): string[];
}

export function linkFlow(yaml: string): Linked {
  const compiled = compileFlow(yaml);
  if (!compiled.ok) throw new Error(compiled.errors.map((e) => `${e.path}: ${e.message}`).join('\n'));
  return link(compiled.program, createHash('sha256').update(compiled.canonical).digest('hex'));
}

/** A flow of these steps, as YAML under `do:`. */
export function flowOf(steps: string, more = ''): string {
  const body = steps.replace(/^\n/, '').replace(/\s+$/, '');
  return `document: {dsl: '1.0.3', namespace: test, name: flow, version: '1.0.0'}\n${more}${more === '' ? '' : '\n'}do:\n${body}\n`;
}

export function virtualShell(linked: Linked, limits: Partial<DecideLimits> = {}): VirtualShell {
  const id = makeRunId(3, 1_000, new Uint8Array(9));
  const asked = new Map<string, number>();
  const versions = new Map([[linked.hash, linked]]);
  const shell: VirtualShell = {
    run: newRun(linked, { id }),
    linked,
    newest: undefined,
    journal: [],
    nowMs: 1_700_000_000_000,
    limits: { ...LIMITS, ...limits },
    livedOn: undefined,
    checking: true,
    give(command) {
      const decision = decided(shell, command);
      shell.journal.push(...decision.events);
      if (shell.newest !== undefined) versions.set(shell.newest.hash, shell.newest);
      if (shell.checking) checkFold(shell, versions);
      return decision;
    },
    settle() {
      for (let i = 0; i < 10_000; i++) if (!shell.give({ type: 'continue' }).more) return;
    },
    play(perform = () => ({ result: null }), rounds = 10_000) {
      for (let round = 0; round < rounds; round++) {
        shell.settle();
        if (!stir(shell, perform, asked)) return true;
      }
      return false;
    },
    types: () => shell.journal.map((event) => event.type),
  };
  return shell;
}

/** As the engine: the newest version is looked up before anything of the decision is written. */
function decided(shell: VirtualShell, command: Command): Decision {
  const env = { nowMs: shell.nowMs, limits: shell.limits, ...(shell.livedOn !== undefined && { livedOn: shell.livedOn }) };
  const { segmentDue, ...decision } = decide(shell.run, command, env);
  if (segmentDue === undefined) return decision;
  const opened = decide(shell.run, { type: 'open-segment' }, { ...env, ...(shell.newest !== undefined && { newest: shell.newest }) });
  return { ...decision, events: [...decision.events, ...opened.events] };
}

function stir(shell: VirtualShell, perform: Perform, asked: Map<string, number>): boolean {
  for (const effect of openEffects(shell.run)) {
    if (effect.state !== 'requested') continue;
    const performed = (asked.get(effect.key) ?? 0) + 1;
    asked.set(effect.key, performed);
    const answer = perform(effect, performed);
    if (answer === 'silence') continue;
    const { act, attempt } = effect;
    shell.give('result' in answer ? { type: 'effect-done', act, attempt, result: answer.result } : { type: 'effect-failed', act, attempt, ...answer });
    return true;
  }
  const next = openTimers(shell.run).toSorted((a, b) => a.dueMs - b.dueMs)[0];
  if (next === undefined) return false;
  shell.nowMs = Math.max(shell.nowMs, next.dueMs);
  shell.give({ type: 'timer', id: next.id });
  return true;
}

/** Through JSON, as the journal keeps it. `from`: the index of the event to begin with. */
export function foldOf(shell: VirtualShell, versions: ReadonlyMap<string, Linked> = new Map(), from = 0): Run {
  const folded = newRun(shell.linked, { id: shell.run.id });
  for (const event of JSON.parse(JSON.stringify(shell.journal.slice(from))) as RunEvent[]) {
    if (event.type === 'segment.opened') folded.linked = versions.get(event.hash) ?? shell.linked;
    evolve(folded, event);
  }
  return folded;
}

export function checkFold(shell: VirtualShell, versions: ReadonlyMap<string, Linked> = new Map()): void {
  const live = plain(shell.run);
  assertThat(isDeepStrictEqual(plain(foldOf(shell, versions)), live), 'the journal folds to the live state');
  assertThat(isDeepStrictEqual(plain(revive(shell.run.linked, live)), live), 'a snapshot revives to the same state');
  const opened = shell.journal.findLastIndex((event) => event.type === 'segment.opened');
  if (opened >= 0) assertThat(isDeepStrictEqual(plain(foldOf(shell, versions, opened)), live), 'a segment folds from its beginning');
}

export const plain = (run: Run): Json => JSON.parse(JSON.stringify(snapshot(run))) as Json;
