// A real run as a case: its input, what each step was answered in the order of the attempts, what came from outside and when, its end.
// The history comes as the API gives it: secrets are masked there, and stay so.
// I1 An instance of a step gets its answers in the order in which it was asked; instances stand in the order in which they were first asked.
// I2 What the play does by itself (own events, timers, sub-flows that end) is not written.
import { stringify } from 'yaml';
import type { Json } from '@palace/jq/jq.ts';
import { standardFault } from '../core/faults.ts';
import { isQuestion, SIGNAL_PREFIX, type Program } from '../core/program.ts';
import type { CloudEvent, RunEvent, RunFault, Surroundings } from '../core/model.ts';
import { spanText } from './spans.ts';
import { findStep, shortName } from './step-names.ts';

export interface HistoryItem {
  readonly seq: number;
  readonly at: string;
  readonly type: string;
  readonly step?: string | undefined;
  readonly data: unknown;
}

type Entry = { readonly [key: string]: Json };
type Written = { [key: string]: Json };

/** Why a history cannot become a case. */
export type CaseText = { readonly text: string } | { readonly refused: string };

const MASKED = '[redacted]';

interface Walk {
  readonly program: Program;
  readonly startMs: number;
  /** Pointer and path of each act. */
  readonly acts: Map<number, { readonly pointer: string; readonly instance: string }>;
  /** By pointer: the answers of each instance. */
  readonly answers: Map<string, Map<string, Written[]>>;
  /** The answer that is still due, by act. */
  readonly open: Map<number, { readonly answer: Written; readonly atMs: number; readonly isRead: boolean }>;
  readonly timeline: Written[];
  /** Ids of signals and events that are written, or that the run sent itself. */
  readonly told: Set<string>;
  readonly expect: Written;
  input: Json;
  variables: Surroundings['variables'];
  nowMs: number;
}

/** `items`: the whole history, in order. */
export function caseFromRun(id: string, program: Program, items: readonly HistoryItem[]): CaseText {
  const [first] = items;
  if (first?.type !== 'run.started')
    return { refused: 'Its history does not begin with its start: a fork begins in the middle of another run, and old segments are dropped.' };
  const again = items.find(({ type }) => type === 'run.retried' || type === 'run.rewound');
  if (again !== undefined) return { refused: `At event ${again.seq} a person sent it back: what it had done by then is no single case.` };
  const walk: Walk = {
    program,
    startMs: Date.parse(first.at),
    acts: new Map(),
    answers: new Map(),
    open: new Map(),
    timeline: [],
    told: new Set(),
    expect: {},
    input: {},
    variables: undefined,
    nowMs: Date.parse(first.at),
  };
  for (const item of items) if (item.type === 'event.emitted') walk.told.add(heardId((item.data as { event: CloudEvent }).event));
  for (const { at, type, step, data } of items) {
    walk.nowMs = Date.parse(at);
    take(walk, { type, ...(data as object) } as RunEvent, step);
  }
  for (const { answer } of walk.open.values()) answer['after'] = 'never';
  return { text: textOf(id, walk) };
}

const heardId = (event: { readonly id: string; readonly source: string }): string => `${event.source} ${event.id}`;

function take(walk: Walk, event: RunEvent, step: string | undefined): void {
  switch (event.type) {
    case 'run.queued':
    case 'run.started':
      // Of a run that was queued the first of the two has it.
      if (event.input !== undefined) walk.input = event.input;
      walk.variables ??= event.variables;
      return;
    case 'step.entered':
      walk.acts.set(event.act, { pointer: step ?? walk.program.steps[event.pc]?.pointer ?? '', instance: event.path });
      return;
    case 'effect.requested':
      // What kind of act a call is was asked first: a case does not answer that.
      if (walk.program.steps.some((one) => isQuestion(one, event.function))) return;
      return ask(walk, event.act, event.class === 'read' || event.class === 'idempotent');
    case 'child.requested':
      if (event.await) ask(walk, event.act, true);
      else answer(walk, event.act, { result: null });
      return;
    case 'effect.completed':
    case 'effect.failed':
    case 'effect.doubted':
    case 'effect.absent':
      return takeOutcome(walk, event);
    case 'child.ended':
      return settle(walk, event.act, event.fault === undefined ? { result: event.output ?? null } : { error: errorOf(event.fault) });
    case 'listen.received':
      return takeHeard(walk, event.event);
    case 'signal.received':
      return happens(walk, `${event.id}`, { signal: event.name, ...dataOf(event.data) });
    case 'run.paused':
      return happens(walk, undefined, { pause: true });
    case 'run.resumed':
      return happens(walk, undefined, { resume: true });
    case 'context.changed':
      return happens(walk, undefined, { context: event.context });
    default:
      return takeEnd(walk, event);
  }
}

function takeEnd(walk: Walk, event: RunEvent): void {
  if (event.type === 'run.completed') walk.expect['result'] = event.output;
  else if (event.type === 'run.cancelled') {
    happens(walk, undefined, { cancel: true });
    walk.expect['status'] = 'cancelled';
  } else if (event.type === 'run.failed') {
    const { type, status, instance } = event.fault;
    const known = instance === undefined ? undefined : findStep(walk.program, instance);
    walk.expect['problem'] = { type: shortType(type), status, ...(known !== undefined && 'step' in known && { step: shortName(walk.program, known.step) }) };
  }
}

function takeOutcome(walk: Walk, event: Extract<RunEvent, { type: 'effect.completed' | 'effect.failed' | 'effect.doubted' | 'effect.absent' }>): void {
  const { act } = event;
  if (event.type === 'effect.doubted') {
    // The answer was lost now; what asking afterwards finds is added below.
    const open = walk.open.get(act);
    if (open !== undefined && open.answer['outcome'] === undefined) settle(walk, act, { outcome: 'unknown' }, true);
  } else if (event.type === 'effect.failed') settle(walk, act, { error: errorOf(event.fault, walk.open.get(act)?.isRead === false) });
  else if (event.by !== undefined) {
    const name = nameOf(walk, walk.acts.get(act)?.pointer ?? '');
    const isDone = event.type === 'effect.completed';
    happens(walk, undefined, { resolve: name, outcome: isDone ? 'done' : 'absent', ...(isDone && { result: event.result }) });
    walk.open.delete(act);
  } else if (event.type === 'effect.absent') found(walk, act, { verify: 'absent' });
  else if (event.how === 'verified') found(walk, act, { verify: 'happened', result: event.result });
  else if (event.how === 'performed') settle(walk, act, { result: event.result });
}

function ask(walk: Walk, act: number, isRead: boolean): void {
  walk.open.set(act, { answer: answer(walk, act, {}), atMs: walk.nowMs, isRead });
}

function answer(walk: Walk, act: number, written: Written): Written {
  const { pointer, instance } = walk.acts.get(act) ?? { pointer: '', instance: '' };
  const instances = walk.answers.get(pointer) ?? new Map<string, Written[]>();
  walk.answers.set(pointer, instances);
  const answers = instances.get(instance) ?? [];
  instances.set(instance, answers);
  answers.push(written);
  return written;
}

function settle(walk: Walk, act: number, parts: Written, staysOpen = false): void {
  const open = walk.open.get(act);
  if (open === undefined) return;
  Object.assign(open.answer, parts);
  if (walk.nowMs > open.atMs) open.answer['after'] = spanText(walk.nowMs - open.atMs);
  if (!staysOpen) walk.open.delete(act);
}

function found(walk: Walk, act: number, parts: Written): void {
  Object.assign(walk.open.get(act)?.answer ?? {}, parts);
  walk.open.delete(act);
}

function takeHeard(walk: Walk, event: CloudEvent): void {
  const data = dataOf(event.data ?? null);
  if (event.type.startsWith(SIGNAL_PREFIX)) return happens(walk, event.id, { signal: event.type.slice(SIGNAL_PREFIX.length), ...data });
  const { specversion: _specversion, time: _time, ...rest } = event;
  happens(walk, heardId(event), { event: rest as Written });
}

const dataOf = (data: Json): Written => (data === null ? {} : { data });

/** `id`: heard by two steps, it still came once. */
function happens(walk: Walk, id: string | undefined, what: Written): void {
  if (id !== undefined && walk.told.has(id)) return;
  if (id !== undefined) walk.told.add(id);
  walk.timeline.push({ at: spanText(walk.nowMs - walk.startMs), ...what });
}

const shortType = (type: string): string => {
  const word = type.slice(type.lastIndexOf('/') + 1);
  return type === `${standardFault('runtime').type.replace(/runtime$/, '')}${word}` ? word : type;
};

/** `mustBeKnown`: of an act that happens once; the play must not take it for lost. */
function errorOf({ type, status, title, detail }: RunFault, mustBeKnown = false): Written {
  const isPlain = type === standardFault('communication').type;
  return {
    ...(!isPlain && { type: shortType(type) }),
    status,
    ...(title !== undefined && title !== standardFault('communication').title && { title }),
    ...(detail !== undefined && { detail }),
    ...(mustBeKnown && { reach: 'answered' }),
  };
}

function nameOf({ program }: Walk, pointer: string): string {
  const known = findStep(program, pointer);
  return 'step' in known ? shortName(program, known.step) : pointer;
}

function stubsOf(walk: Walk): Written {
  const stubs: Written = {};
  for (const [pointer, instances] of walk.answers) {
    const lists = [...instances.values()].map((answers) => (answers.length === 1 ? (answers[0] as Entry) : answers));
    const [only] = lists;
    stubs[nameOf(walk, pointer)] = lists.length === 1 && only !== undefined ? only : { each: lists };
  }
  return stubs;
}

function textOf(id: string, walk: Walk): string {
  const { program, startMs, timeline, expect } = walk;
  const isOver = Object.keys(expect).length > 0;
  const one: Written = {
    name: `as the run ${id}`,
    run: id,
    now: new Date(startMs).toISOString(),
    input: walk.input,
    ...(walk.variables !== undefined && { variables: walk.variables }),
    ...(walk.answers.size > 0 && { stubs: stubsOf(walk) }),
    ...(timeline.length > 0 && { timeline }),
    ...(!isOver && { stopAt: spanText(walk.nowMs - startMs) }),
    expect: isOver ? expect : { status: timeline.findLast((entry) => 'pause' in entry || 'resume' in entry)?.['pause'] === true ? 'paused' : 'waiting' },
  };
  const body = stringify(
    { flow: `${program.namespace}/${program.name}@${program.version}`, cases: [one] },
    { lineWidth: 0, singleQuote: true, aliasDuplicateObjects: false },
  );
  const note = body.includes(MASKED) ? '# Secrets are masked. Where the flow depends on one, write a value that does.\n' : '';
  return `# Made of the run ${id}.\n${note}${body}`;
}
