// What was expected against what came. Every difference is a failure of its own with its line, a sentence, and a diff where one helps.
import { JqError, type Json } from '@palace/jq/jq.ts';
import { canonicalErrorType } from '../core/faults.ts';
import { failureOf } from '../core/failure.ts';
import { isEnded } from '../core/run.ts';
import { waitingFor } from '../core/view.ts';
import { diffLines, isPart, isSame, type DiffLine } from './matching.ts';
import {
  targetKey,
  type Case,
  type CaseEnd,
  type EffectExpectation,
  type Expectation,
  type Expected,
  type Spot,
  type Target,
  type WaitingExpectation,
} from './model.ts';
import type { Played } from './play.ts';
import { ANY_STEPS } from './read-expect.ts';
import { isWithin, spanText } from './spans.ts';
import { findStep, shortName } from './step-names.ts';
import { attemptsOf, effectsAsked, eventsEmitted, stepsTaken, type Asked } from './trace.ts';
import type { Member } from './world.ts';

export interface CaseFailure {
  readonly spot: Spot;
  /** One sentence. */
  readonly message: string;
  readonly diff?: readonly DiffLine[];
  /** Further lines. */
  readonly details?: readonly string[];
  /** It is the result alone that differs: `--update` can mend it. */
  readonly isResult?: true;
}

export function judge(one: Case, played: Played): CaseFailure[] {
  const failures: CaseFailure[] = played.troubles.map((message) => ({ spot: one.spot, message }));
  for (const [deed, why] of played.unused)
    if (!deed.unused)
      failures.push({ spot: deed.spot, message: `The ${deed.what.kind} was not used: ${why}`, details: ['Write "unused: true" when that is meant.'] });
  for (const deed of one.timeline)
    if (deed.unused && !played.unused.has(deed)) failures.push({ spot: deed.spot, message: `The ${deed.what.kind} was used; "unused: true" says it is not.` });
  if (played.missing.length > 0 || played.troubles.length > 0) return failures;
  const end = judgeEnd(one.expect.end, played);
  if (end !== undefined) failures.push(end);
  const { root } = played;
  if (root === undefined) return failures;
  return [...failures, ...judgeValues(one, root, end !== undefined), ...judgeWay(one.expect, played, root), ...judgeWorld(one.expect, played)];
}

function endOf({ root }: Played): CaseEnd {
  if (root === undefined) return 'refused';
  const { phase } = root.run;
  return phase === 'running' || phase === 'new' || phase === 'queued' ? 'waiting' : phase;
}

function judgeEnd({ spot, value }: Expected<CaseEnd>, played: Played): CaseFailure | undefined {
  const end = endOf(played);
  if (end === value) return undefined;
  const { root, refused } = played;
  if (refused !== undefined) return { spot, message: `The start is refused before the run begins: ${refused}` };
  const details = root === undefined ? [] : whyOf(root);
  const words = {
    completed: 'completed',
    failed: 'failed',
    cancelled: 'was cancelled',
    waiting: 'still waits',
    paused: 'is paused',
    refused: 'was refused',
  } as const;
  return { spot, message: `The run ${words[end]}; ${value === 'waiting' ? 'it should wait' : `"${value}" was expected`}.`, details };
}

/** Why a run stands where it does, in the words of its page. */
function whyOf({ run, log }: Member): string[] {
  const failure = failureOf(
    run,
    log.map(({ event }) => event),
  );
  if (failure !== undefined)
    return [`${failure.step === '' ? failure.name : failure.step}${failure.line === undefined ? '' : ` (line ${failure.line})`}: ${failure.cause}`];
  return isEnded(run) ? [] : waitingFor(run).map(({ text, step }) => `${text} (${step})`);
}

function judgeValues(one: Case, { run }: Member, hasOtherEnd: boolean): CaseFailure[] {
  const { expect } = one;
  const failures: CaseFailure[] = [];
  const result = run.output;
  const compare = (expected: Expected<Json> | undefined, found: Json, what: string, part: boolean, more: { isResult?: true } = {}): void => {
    if (expected === undefined || (part ? isPart(expected.value, found) : isSame(expected.value, found))) return;
    failures.push({
      spot: expected.spot,
      message: `The ${what} ${part ? 'does not include what was expected' : 'differs'}.`,
      diff: diffLines(expected.value, found, part),
      ...more,
    });
  };
  // Without a result there is nothing to compare: that the run did not complete has been said.
  if (result !== undefined || !hasOtherEnd) {
    compare(expect.result, result ?? null, 'result', false, { isResult: true });
    compare(expect.resultIncludes, result ?? null, 'result', true);
  }
  compare(expect.context, run.context, 'context', false);
  compare(expect.contextIncludes, run.context, 'context', true);
  if (run.fault !== undefined && expect.problem !== undefined) failures.push(...judgeProblem(expect.problem, run.fault as unknown as { [key: string]: Json }));
  const variables = { context: run.context, problem: (run.fault ?? null) as unknown as Json, input: one.input };
  for (const { spot, value: program } of expect.that) {
    const said = saidBy(() => program.first(result ?? null, { variables, nowMs: one.nowMs }));
    if (said !== undefined)
      failures.push({
        spot,
        message: `It does not hold that ${program.source.trim()}${said}`,
        details: [`with the result ${JSON.stringify(result ?? null).slice(0, 500)}`],
      });
  }
  return failures;
}

/** Undefined when it is true. */
function saidBy(evaluate: () => Json | undefined): string | undefined {
  try {
    const value = evaluate();
    return value === true ? undefined : `: it is ${JSON.stringify(value ?? null).slice(0, 200)}.`;
  } catch (error) {
    if (error instanceof JqError) return `: ${error.message}.`;
    throw error;
  }
}

function judgeProblem({ spot, value }: NonNullable<Expectation['problem']>, fault: { readonly [key: string]: Json }): CaseFailure[] {
  const { type, status, title, detail, step } = value;
  const failures: CaseFailure[] = [];
  const say = (part: string, expected: Json, found: Json | undefined): void =>
    void failures.push({ spot, message: `The ${part} of the problem differs.`, diff: diffLines(expected, found ?? null) });
  if (type !== undefined && canonicalErrorType(String(fault['type'])) !== type) say('type', type, fault['type']);
  if (status !== undefined && fault['status'] !== status) say('status', status, fault['status']);
  if (title !== undefined && fault['title'] !== title) say('title', title, fault['title']);
  if (detail !== undefined && !String(fault['detail'] ?? '').includes(detail)) say('detail', detail, fault['detail']);
  if (step !== undefined && fault['instance'] !== step.pointer) say('step', step.pointer, fault['instance']);
  return failures;
}

function judgeWay(expect: Expectation, played: Played, root: Member): CaseFailure[] {
  const failures: CaseFailure[] = [];
  const { path } = expect;
  if (path !== undefined) failures.push(...judgePath(path, root));
  const entered = new Set(
    played.members.flatMap((member) => stepsTaken(member).map(({ step }) => targetKey({ flow: member.flow.name, pointer: step.pointer }))),
  );
  for (const { spot, value } of expect.visits)
    if (!entered.has(targetKey(value))) failures.push({ spot, message: `${nameOf(played, value)} was not visited.` });
  for (const { spot, value } of expect.avoids) if (entered.has(targetKey(value))) failures.push({ spot, message: `${nameOf(played, value)} was visited.` });
  for (const { spot, value } of expect.attempts) {
    const count = attemptsOf(played.members, value.step);
    if (!isWithin(value.count, count))
      failures.push({ spot, message: `${nameOf(played, value.step)} was tried ${times(count)}; ${value.count.text} expected.` });
  }
  if (expect.elapsed !== undefined) {
    const elapsedMs = (root.run.endedMs ?? played.nowMs) - played.startMs;
    if (!isWithin(expect.elapsed.value, elapsedMs))
      failures.push({ spot: expect.elapsed.spot, message: `It took ${spanText(elapsedMs)}; ${expect.elapsed.value.text} expected.` });
  }
  return failures;
}

const times = (count: number): string => (count === 0 ? 'not once' : count === 1 ? 'once' : `${count} times`);

/** As its flow's author would call it. */
function nameOf({ members }: Played, { flow, pointer }: Target): string {
  const program = members.find((member) => member.flow.name === flow)?.run.linked.program;
  const found = program === undefined ? undefined : findStep(program, pointer);
  const name = program !== undefined && found !== undefined && 'step' in found ? shortName(program, found.step) : pointer;
  return flow === members[0]?.flow.name ? name : `${flow}#${name}`;
}

/** Steps that hold other steps count only when the path names them. */
function judgePath({ spot, value }: Expected<readonly string[]>, root: Member): CaseFailure[] {
  const { program } = root.run.linked;
  const named = new Set(value);
  const holders = new Set(program.steps.map((step) => step.parent));
  const taken = stepsTaken(root).filter(({ step }) => !holders.has(step.pc) || named.has(step.pointer));
  const pointers = taken.map(({ step }) => step.pointer);
  if (followsPath(value, pointers)) return [];
  const names = pointers.map((pointer) => nameIn(root, pointer));
  const expected = value.map((one) => (one === ANY_STEPS ? one : nameIn(root, one)));
  return [{ spot, message: 'Another path was taken.', diff: diffLines(expected, names) }];
}

function nameIn({ run }: Member, pointer: string): string {
  const found = findStep(run.linked.program, pointer);
  return 'step' in found ? shortName(run.linked.program, found.step) : pointer;
}

/** `...` takes as few steps as it can; the first place that goes on is remembered for going back to. */
function followsPath(path: readonly string[], taken: readonly string[]): boolean {
  let [at, from] = [0, 0];
  let again: { readonly at: number; from: number } | undefined;
  while (from < taken.length || at < path.length) {
    if (path[at] === ANY_STEPS) {
      again = { at, from };
      at += 1;
    } else if (at < path.length && from < taken.length && path[at] === taken[from]) {
      at += 1;
      from += 1;
    } else if (again === undefined || again.from >= taken.length) return false;
    else {
      again.from += 1;
      [at, from] = [again.at + 1, again.from];
    }
  }
  return true;
}

function judgeWorld(expect: Expectation, played: Played): CaseFailure[] {
  const failures: CaseFailure[] = [];
  const asked = effectsAsked(played.members);
  if (expect.effects?.value.length === 0 && asked.length > 0)
    failures.push({ spot: expect.effects.spot, message: 'No effect was expected.', details: asked.map((one) => effectText(played, one)) });
  for (const one of expect.effects?.value ?? []) failures.push(...judgeEffect(one, played, asked));
  if (expect.emitted !== undefined) failures.push(...judgeEmitted(expect.emitted, played));
  for (const one of expect.waiting) failures.push(...judgeWaiting(one, played));
  return failures;
}

function judgeEffect({ spot, value }: Expected<EffectExpectation>, played: Played, asked: readonly Asked[]): CaseFailure[] {
  const fits = (one: Asked): boolean =>
    (value.step === undefined || targetKey(value.step) === targetKey(one.target)) &&
    (value.function === undefined || value.function === one.function) &&
    (value.class === undefined || value.class === one.class);
  const near = asked.filter(fits);
  const count = near.filter((one) => value.with === undefined || isPart(value.with, one.args)).length;
  if (value.count === undefined ? count > 0 : isWithin(value.count, count)) return [];
  const [only] = near;
  const message = `The effect was asked for ${times(count)}; ${value.count === undefined ? 'at least once' : value.count.text} expected.`;
  if (near.length === 1 && only !== undefined && value.with !== undefined && count === 0)
    return [{ spot, message, diff: diffLines(value.with, only.args, true) }];
  return [{ spot, message, details: (near.length > 0 ? near : asked).slice(0, 10).map((one) => effectText(played, one)) }];
}

const effectText = (played: Played, one: Asked): string =>
  `asked: ${nameOf(played, one.target)} ${one.function} (${one.class}) ${JSON.stringify(one.args).slice(0, 300)}`;

function judgeEmitted({ spot, value }: Expected<readonly Json[]>, played: Played): CaseFailure[] {
  const events = eventsEmitted(played.members) as unknown as Json[];
  if (isPart([...value], events)) return [];
  // Attributes that nobody expects anything of are not in the way.
  return [{ spot, message: `Other events were emitted: ${events.length}; ${value.length} expected.`, diff: diffLines([...value], events, true) }];
}

function judgeWaiting({ spot, value }: Expected<WaitingExpectation>, played: Played): CaseFailure[] {
  const { root, startMs } = played;
  const found = root === undefined ? [] : waitingFor(root.run);
  const fits = found.some(
    (one) =>
      (value.kind === undefined || value.kind === one.kind) &&
      (value.name === undefined || value.name === one.name) &&
      (value.step === undefined || value.step.pointer === one.step) &&
      (value.until === undefined || (one.until !== undefined && isWithin(value.until, Date.parse(one.until) - startMs))),
  );
  return fits ? [] : [{ spot, message: 'The run does not wait for that.', details: found.map(({ kind, text, step }) => `${kind}: ${text} (${step})`) }];
}
