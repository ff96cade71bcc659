// Which ways through a flow the cases took: both sides of each `if`, each case of a switch, what a try catches, timeouts.
// I1 A branch is taken when a journal of some case says so; nothing is guessed from the document.
import type { RunEvent } from '../core/model.ts';
import type { Program, Step } from '../core/program.ts';
import type { KnownFlow } from './library.ts';
import { shortName } from './step-names.ts';
import type { Member } from './world.ts';

export interface Branch {
  readonly pointer: string;
  /** The step's short name; '' for the run as a whole. */
  readonly step: string;
  readonly line: number | undefined;
  /** As part of a sentence: `"if" is false`. */
  readonly what: string;
}

export interface FlowCoverage {
  readonly path: string;
  readonly flow: string;
  readonly branches: number;
  readonly taken: number;
  readonly untaken: readonly Branch[];
}

export interface Coverage {
  add(members: readonly Member[]): void;
  report(): FlowCoverage[];
}

const WHAT = {
  true: '"if" is true',
  false: '"if" is false',
  none: 'no case holds',
  catch: 'an error is caught',
  retry: 'it is tried again',
  timeout: 'its timeout',
} as const;
type Key = string;

export function createCoverage(): Coverage {
  const flows = new Map<string, { readonly flow: KnownFlow; readonly taken: Set<Key> }>();
  return {
    add(members) {
      for (const member of members) {
        const { flow } = member;
        const entry = flows.get(flow.path) ?? { flow, taken: new Set<Key>() };
        flows.set(flow.path, entry);
        for (const { event } of member.log) for (const key of keysOf(member, event)) entry.taken.add(key);
      }
    },
    report: () =>
      [...flows.values()].map(({ flow, taken }) => {
        const { program } = flow.linked;
        const branches = branchesOf(program);
        const untaken = branches.filter(({ key }) => !taken.has(key)).map(({ branch }) => branch);
        return { path: flow.path, flow: flow.name, branches: branches.length, taken: branches.length - untaken.length, untaken };
      }),
  };
}

/** The branches that an event proves. */
function keysOf(member: Member, event: RunEvent): Key[] {
  const { program } = member.run.linked;
  switch (event.type) {
    case 'step.entered':
      return program.steps[event.pc]?.if === undefined ? [] : [`${event.pc} true`];
    case 'step.skipped':
      return [`${event.pc} false`];
    case 'switch.chosen':
      return ofAct(member, event.act, event.case === null ? 'none' : `case ${event.case}`);
    case 'error.caught':
      return ofAct(member, event.act, event.retryAtMs === undefined ? 'catch' : 'retry');
    case 'timer.fired': {
      const { purpose, act = 0 } = member.timers.get(event.id) ?? {};
      return purpose === 'run-timeout' ? ['run timeout'] : purpose === 'timeout' ? ofAct(member, act, 'timeout') : [];
    }
    default:
      return [];
  }
}

const ofAct = ({ steps }: Member, act: number, what: string): Key[] => {
  const step = steps.get(act);
  return step === undefined ? [] : [`${step.pc} ${what}`];
};

function branchesOf(program: Program): { readonly key: Key; readonly branch: Branch }[] {
  const found = program.steps.flatMap((step) => keysFor(step).map(([key, what]) => ({ key: `${step.pc} ${key}`, branch: branchOf(program, step, what) })));
  if (program.timeout === undefined) return found;
  const line = program.places?.['/timeout']?.line;
  return [...found, { key: 'run timeout', branch: { pointer: '/timeout', step: '', line, what: 'the timeout of the run' } }];
}

function keysFor(step: Step): (readonly [Key, string])[] {
  const keys: (readonly [Key, string])[] = [];
  if (step.if !== undefined) keys.push(['true', WHAT.true], ['false', WHAT.false]);
  if (step.timeout !== undefined) keys.push(['timeout', WHAT.timeout]);
  if (step.kind === 'switch') {
    for (const { name } of step.cases) keys.push([`case ${name}`, `the case ${name}`]);
    if (step.cases.every(({ when }) => when !== undefined)) keys.push(['none', WHAT.none]);
  }
  if (step.kind === 'try') {
    if (step.retry !== undefined) keys.push(['retry', WHAT.retry]);
    // A policy of retries alone passes on what is left over.
    if (step.retry === undefined || step.handler !== undefined) keys.push(['catch', WHAT.catch]);
  }
  return keys;
}

const branchOf = (program: Program, step: Step, what: string): Branch => ({ pointer: step.pointer, step: shortName(program, step), line: step.line, what });
