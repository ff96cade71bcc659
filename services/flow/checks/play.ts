// Plays one case to its end: answers what the run asks for by the case's stubs, and lets its timeline happen.
// I1 What has no stub stops the play: everything that was asked for at that moment and has none is told together.
// I2 A sub-flow is a real run when its file is there and the step has no stub of its own.
import { JqError, type Json } from '@palace/jq/jq.ts';
import { standardFault } from '../core/faults.ts';
import { checkSchema } from '../core/json-schema.ts';
import type { ActId, CloudEvent, Command, RunEvent, RunFault } from '../core/model.ts';
import { isQuestion, type EffectClass, type Step } from '../core/program.ts';
import { isEnded, openEffect, openEffects, positionOf, type OpenEffect } from '../core/run.ts';
import { missingVariables } from '../core/surroundings.ts';
import { createAnswers, type Answers, type Chosen } from './answers.ts';
import type { KnownFlow, Library } from './library.ts';
import type { Answer, Case, Deed, Target } from './model.ts';
import { PlayStopped, ROOT_ID, stepOfAct, World, type Member, type WorldSettings } from './world.ts';

/** What was asked for and has no stub. */
export interface Missing {
  readonly target: Target;
  readonly step: Step;
  readonly function: string;
  readonly class: EffectClass | undefined;
  readonly args: Json;
  readonly why: Extract<Chosen, { why: string }>['why'];
}

export interface Played {
  /** Undefined when the server would have refused the start. */
  readonly root: Member | undefined;
  readonly refused: string | undefined;
  readonly members: readonly Member[];
  readonly startMs: number;
  /** When it stopped. */
  readonly nowMs: number;
  readonly missing: readonly Missing[];
  /** Why the play could not go on, in sentences. */
  readonly troubles: readonly string[];
  /** What of the timeline found nothing to do, and why. */
  readonly unused: ReadonlyMap<Deed, string>;
}

interface Play {
  readonly one: Case;
  readonly library: Library;
  readonly answers: Answers;
  readonly world: World;
  readonly missing: Missing[];
  readonly troubles: string[];
  readonly unused: Map<Deed, string>;
  /** Deeds that a listen must have heard, by the id of their event. */
  readonly sent: Map<Deed, string>;
  /** The last answer of each act, by its key: it tells what asking afterwards finds. */
  readonly given: Map<string, Answer>;
}

export function playCase(flow: KnownFlow, one: Case, library: Library, settings: WorldSettings): Played {
  const startMs = one.nowMs;
  const world = new World(startMs, one.runtime, one.variables, settings);
  const play: Play = { one, library, answers: createAnswers(one), world, missing: [], troubles: [], unused: new Map(), sent: new Map(), given: new Map() };
  const { schema } = flow.linked.program.input;
  const errors = schema === undefined ? [] : checkSchema(schema, one.input);
  const missing = missingVariables(flow.linked.program, one.variables);
  const refusals = [
    ...errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)),
    ...missing.map((name) => `The flow uses the variable "${name}"; give it a value under "variables"`),
  ];
  const refused = refusals.length === 0 ? undefined : refusals.join('; ');
  let root: Member | undefined;
  try {
    if (refused === undefined) root = world.begin(flow, one.run ?? ROOT_ID, one.input, { context: one.context });
    if (root !== undefined) playOn(play, root);
  } catch (error) {
    if (!(error instanceof PlayStopped)) throw error;
    play.troubles.push(error.message);
    root ??= world.members[0];
  }
  if (root !== undefined) findUnheard(play);
  return { root, refused, members: world.members, startMs, nowMs: world.nowMs, missing: play.missing, troubles: play.troubles, unused: play.unused };
}

function playOn(play: Play, root: Member): void {
  const { world, one } = play;
  const timeline = [...one.timeline];
  const untilMs = one.stopAtMs === undefined ? Infinity : world.startMs + one.stopAtMs;
  for (;;) {
    world.tell((member, event) => follow(play, member, event));
    if (play.missing.length > 0 || play.troubles.length > 0) return;
    const answerMs = world.nextAnswerMs();
    const timerMs = world.nextTimerMs();
    const [deed] = timeline;
    // Without a time of its own it happens when no answer is under way.
    const deedMs =
      deed === undefined || (deed.atMs === undefined && answerMs < Infinity)
        ? Infinity
        : deed.atMs === undefined
          ? world.nowMs
          : Math.max(world.nowMs, world.startMs + deed.atMs);
    const next = Math.min(answerMs, deedMs, timerMs);
    if (next > untilMs) {
      world.nowMs = untilMs;
      for (const left of timeline) play.unused.set(left, 'The case stopped before it.');
      return;
    }
    if (next === Infinity) return;
    if (answerMs === next) world.answer();
    else if (deedMs === next && deed !== undefined) {
      timeline.shift();
      world.nowMs = deedMs;
      happen(play, root, deed);
    } else world.fire();
  }
}

function follow(play: Play, member: Member, event: RunEvent): void {
  switch (event.type) {
    case 'effect.requested':
      return answerEffect(play, member, openEffect(member.run, event.act));
    case 'effect.doubted':
      return event.verifying ? verifyEffect(play, member, event.act) : undefined;
    case 'child.requested':
      return beginChild(play, member, event);
    case 'child.abandoned': {
      const child = play.world.members.find((one) => one.run.id === event.run);
      if (child !== undefined) play.world.give(child, { type: 'cancel', by: member.run.id, reason: 'Its parent does not wait for it any more.' });
      return undefined;
    }
    case 'run.completed':
    case 'run.failed':
      return endChild(play, member, event);
    default:
      return undefined;
  }
}

/** The answer of a stub; undefined when there is none, which is noted. */
function chosen(
  play: Play,
  member: Member,
  step: Step,
  act: ActId,
  asked: Pick<Missing, 'function' | 'class' | 'args'>,
): { answer: Answer; attempt: number } | undefined {
  const target = { flow: member.flow.name, pointer: step.pointer };
  const instance = `${member.run.id} ${positionOf(member.run, act) || `${step.pointer} ${act}`}`;
  const found = play.answers.choose({ target, instance, args: asked.args, nowMs: play.world.nowMs });
  if ('failure' in found) play.troubles.push(`${found.failure} (line ${found.answer.spot.line})`);
  else if ('why' in found) play.missing.push({ target, step, ...asked, why: found.why });
  else return found;
  return undefined;
}

function answerEffect(play: Play, member: Member, effect: OpenEffect | undefined): void {
  // Let go of in the same decision.
  if (effect === undefined || effect.state !== 'requested') return;
  const step = stepOfAct(member, effect.act);
  const { world } = play;
  // What kind of act it is, nobody can look up here: the careful answer.
  if (isQuestion(step, effect.function))
    return world.at(world.nowMs, () => void world.give(member, { type: 'effect-done', act: effect.act, attempt: effect.attempt, result: 'unique' }));
  const found = chosen(play, member, step, effect.act, effect);
  if (found === undefined) return;
  const { answer, attempt } = found;
  play.given.set(effect.key, answer);
  const isLate = answer.afterMs === 'never' || answer.afterMs > effect.deadlineMs;
  const afterMs = answer.afterMs === 'never' ? effect.deadlineMs : Math.min(answer.afterMs, effect.deadlineMs);
  // Should the step be over by then, or ask once more, decide leaves the answer unused.
  world.at(world.nowMs + afterMs, () => void world.give(member, isLate ? overdue(effect) : commandOf(play, effect, answer, attempt)));
}

const overdue = ({ act, attempt, deadlineMs }: OpenEffect): Command => ({
  type: 'effect-failed',
  act,
  attempt,
  fault: standardFault('timeout', `There was no answer within ${deadlineMs} ms, the deadline of the call.`),
  reach: 'unknown',
});

function commandOf(play: Play, effect: OpenEffect, answer: Answer, times: number): Command {
  const { act, attempt } = effect;
  const { gives } = answer;
  if (gives.kind === 'error') return { type: 'effect-failed', act, attempt, fault: gives.fault, reach: gives.reach ?? reachOf(effect, gives.fault) };
  return { type: 'effect-done', act, attempt, result: valueOf(play, answer, effect.args, times) };
}

/** As the http executor judges what it is answered. */
function reachOf(effect: OpenEffect, { type, status }: RunFault): 'answered' | 'unknown' {
  const isLost = type === standardFault('timeout').type || (effect.function === 'http' && (status === 502 || status === 504));
  return isLost ? 'unknown' : 'answered';
}

function valueOf(play: Play, { gives, spot }: Answer, args: Json, attempt: number): Json {
  if (gives.kind === 'result') return gives.value;
  if (gives.kind === 'error') return null;
  try {
    return gives.program.first(args, { variables: { attempt }, nowMs: play.world.nowMs }) ?? null;
  } catch (error) {
    if (!(error instanceof JqError)) throw error;
    throw new PlayStopped(`The "compute" of the answer failed: ${error.message} (line ${spot.line})`);
  }
}

/** Asked only after the deadline of the act: until then it may be under way (executors/executor.ts). */
function verifyEffect(play: Play, member: Member, act: ActId): void {
  const { world } = play;
  const effect = openEffect(member.run, act);
  if (effect === undefined) return;
  const answer = play.given.get(effect.key);
  world.at(Math.max(world.nowMs, effect.atMs + effect.deadlineMs), () => {
    if (openEffect(member.run, act)?.state !== 'verifying') return;
    const verdict = answer?.verdict ?? 'unknown';
    world.give(member, { type: 'effect-verified', act, verdict, ...(verdict === 'happened' && { result: answer?.verified ?? null }) });
  });
}

function beginChild(play: Play, member: Member, event: Extract<RunEvent, { type: 'child.requested' }>): void {
  const { world, library } = play;
  const step = stepOfAct(member, event.act);
  const name = `${event.flow.namespace}/${event.flow.name}`;
  const target = { flow: member.flow.name, pointer: step.pointer };
  const sought = play.answers.has(target) ? undefined : library.byName(name, event.flow.version);
  if (sought !== undefined && 'errors' in sought) {
    play.troubles.push(`The sub-flow ${name} does not compile: ${sought.broken.path}.`);
  } else if (sought !== undefined) {
    const parent = { member, act: event.act, awaited: event.await };
    world.begin(sought.flow, event.run, event.input, { parent, depth: event.depth });
  } else answerChild(play, member, step, event, name);
}

function answerChild(play: Play, member: Member, step: Step, event: Extract<RunEvent, { type: 'child.requested' }>, name: string): void {
  const { world } = play;
  const found = chosen(play, member, step, event.act, { function: `run ${name}`, class: undefined, args: event.input });
  if (found === undefined || !event.await || found.answer.afterMs === 'never') return;
  const { answer, attempt } = found;
  world.at(world.nowMs + Number(answer.afterMs), () => {
    const end = answer.gives.kind === 'error' ? { fault: answer.gives.fault } : { output: valueOf(play, answer, event.input, attempt) };
    world.give(member, { type: 'child-ended', act: event.act, child: event.run, ...end });
  });
}

/** A sub-flow is cancelled only by its parent, which then does not wait for it. */
function endChild(play: Play, { run, parent }: Member, event: Extract<RunEvent, { type: 'run.completed' | 'run.failed' }>): void {
  if (parent === undefined || !parent.awaited || isEnded(parent.member.run)) return;
  const end = event.type === 'run.failed' ? { fault: event.fault } : { output: event.output };
  play.world.give(parent.member, { type: 'child-ended', act: parent.act, child: run.id, ...end });
}

function happen(play: Play, root: Member, deed: Deed): void {
  const { world } = play;
  const { what } = deed;
  const by = 'check';
  const id = `${what.kind}-${play.one.timeline.indexOf(deed) + 1}`;
  if (what.kind === 'event') {
    const event: CloudEvent = { id, source: 'urn:agentspalace:check', time: new Date(world.nowMs).toISOString(), ...what.event, specversion: '1.0' };
    play.sent.set(deed, event.id);
    return world.publish(event);
  }
  if (what.kind === 'signal') play.sent.set(deed, id);
  const named = what.kind === 'resolve' ? what.step.flow : what.kind === 'signal' ? what.to : undefined;
  const member = named === undefined ? root : (world.members.findLast(({ flow, run }) => flow.name === named && !isEnded(run)) ?? root);
  const unused = world.give(member, commandOfDeed(member, what, id, by));
  if (unused !== undefined) play.unused.set(deed, unused);
}

function commandOfDeed(member: Member, what: Exclude<Deed['what'], { kind: 'event' }>, id: string, by: string): Command {
  switch (what.kind) {
    case 'signal':
      return { type: 'signal', id, name: what.name, data: what.data };
    case 'context':
      return { type: 'set-context', context: what.value, by };
    case 'resolve':
      return { type: 'effect-resolved', key: doubtedKey(member, what.step), outcome: what.outcome, result: what.result, by };
    default:
      return { type: what.kind, by };
  }
}

function doubtedKey(member: Member, step: Target): string {
  const open = openEffects(member.run).find(({ state, act }) => state === 'in-doubt' && stepOfAct(member, act).pointer === step.pointer);
  return open?.key ?? '';
}

/** A signal or an event that no listen heard changed nothing: who wrote it believed otherwise. */
function findUnheard(play: Play): void {
  const heard = new Set(play.world.members.flatMap(({ log }) => log.flatMap(({ event }) => (event.type === 'listen.received' ? [event.event.id] : []))));
  for (const [deed, id] of play.sent) if (!heard.has(id) && !play.unused.has(deed)) play.unused.set(deed, 'No step heard it.');
}
