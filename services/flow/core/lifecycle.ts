// Lifecycle events of OWS 1.0.3: what others hear of a run and its tasks, as CloudEvents. Off unless the flow asks (Program.lifecycle).
// I1 They are made of an event and the state before it, in the decision, and leave in its commit like what `emit` says (engine/rows.ts).
// I2 An id is the run, the seq and a number: made twice it is the same event, and is kept once.
// I3 A task that has begun ends once: completed, faulted or cancelled; one that a person sends back begins again without a new word.
// I4 A dry run says nothing. Lists that only hold the steps of a loop, try or foreach are no tasks.
import type { Json } from '@palace/jq/jq.ts';
import { actOf, ancestors, stepOf, type Act } from './acts.ts';
import type { ActId, CloudEvent, RunEvent, RunFault } from './model.ts';
import type { Program, Step } from './program.ts';
import { stepAt, type Run } from './run.ts';

type Data = { readonly [field: string]: Json };
type Say = (kind: string, data: Data, pointer?: string) => void;

/** The source of the lifecycle events of a flow: NAMESPACE/NAME. */
export const lifecycleSource = (flow: string): string => `/flows/${flow}`;

/** `run`: before the event. */
export function lifecycleOf(run: Run, event: RunEvent, nowMs: number): CloudEvent[] {
  const { lifecycle: level } = run.linked.program;
  if (level === undefined || run.mode === 'dry' || (event.type === 'run.rewound' && event.effects === 'dry')) return [];
  const said: CloudEvent[] = [];
  const time = new Date('atMs' in event ? event.atMs : nowMs).toISOString();
  const say = sayer(run, time, said);
  const tellOfTasks = level === 'task';
  if (tellOfTasks) tasksBefore(run, event, time, say);
  workflow(run, event, time, say);
  return said;
}

function sayer(run: Run, time: string, said: CloudEvent[]): Say {
  const { namespace, name } = run.linked.program;
  return (kind, data, pointer = '') => {
    said.push({
      specversion: '1.0',
      id: `${run.id}-${run.seq + 1}-${said.length + 1}`,
      source: lifecycleSource(`${namespace}/${name}`),
      type: `io.serverlessworkflow.${kind}.v1`,
      time,
      subject: `${run.id}${pointer}`,
      datacontenttype: 'application/json',
      data,
    });
  };
}

/** `name-id.namespace`, as the specification's examples have it. */
const nameOf = (run: Run): string => `${run.linked.program.name}-${run.id}.${run.linked.program.namespace}`;

function workflow(run: Run, event: RunEvent, time: string, say: Say): void {
  const name = nameOf(run);
  switch (event.type) {
    case 'run.started':
      return say('workflow.started', { name, definition: definitionOf(run.linked.program), startedAt: time });
    case 'run.rewound':
      if (event.from !== run.id) return say('workflow.started', { name, definition: definitionOf(run.linked.program), startedAt: time });
      return say('workflow.resumed', { name, resumedAt: time });
    case 'run.paused':
      return say('workflow.suspended', { name, suspendedAt: time });
    case 'run.resumed':
    case 'run.retried':
      return say('workflow.resumed', { name, resumedAt: time });
    case 'listen.opened':
      return say('workflow.correlation-started', { name, startedAt: time });
    case 'listen.closed': {
      if (event.satisfied === undefined) return undefined;
      const { own } = actOf(run, event.act);
      const keys = own.kind === 'listen' && own.correlation !== undefined ? { correlationKeys: own.correlation } : {};
      return say('workflow.correlation-completed', { name, completedAt: time, ...keys });
    }
    case 'run.cancelled':
      return say('workflow.cancelled', { name, cancelledAt: time });
    case 'run.failed':
      return say('workflow.faulted', { name, faultedAt: time, error: errorOf(event.fault) });
    case 'run.completed':
      return say('workflow.completed', { name, completedAt: time, output: event.output });
    default:
      return undefined;
  }
}

const definitionOf = ({ name, namespace, version }: Program): Data => ({ name, namespace, version });
const errorOf = (fault: RunFault): Json => ({ ...fault });

function tasksBefore(run: Run, event: RunEvent, time: string, say: Say): void {
  const workflowName = nameOf(run);
  const of = (step: Step, kind: string, more: Data): void => {
    if (isTask(run.linked.program, step)) say(`task.${kind}`, { workflow: workflowName, task: step.pointer, ...more }, step.pointer);
  };
  const act = (one: Act, kind: string, more: Data): void => of(stepAt(run, one), kind, more);
  switch (event.type) {
    case 'step.entered': {
      const step = stepOf(run.linked.program, event.pc);
      of(step, 'created', { createdAt: time });
      return of(step, 'started', { startedAt: time });
    }
    case 'step.completed': {
      const done = actOf(run, event.act);
      return act(done, 'completed', { completedAt: time, output: event.output === undefined ? done.data : event.output });
    }
    case 'error.caught':
      if (event.retryAtMs !== undefined) act(actOf(run, event.act), 'retried', { retriedAt: time });
      for (const one of below(run, event.act)) if (one.stage !== 'faulted') act(one, 'faulted', { faultedAt: time, error: errorOf(event.fault) });
      return undefined;
    case 'step.cancelled':
      for (const one of [actOf(run, event.act), ...below(run, event.act)]) act(one, 'cancelled', { cancelledAt: time });
      return undefined;
    case 'run.paused':
      for (const one of run.acts.values()) act(one, 'suspended', { suspendedAt: time });
      return undefined;
    case 'run.resumed':
      for (const one of run.acts.values()) act(one, 'resumed', { resumedAt: time });
      return undefined;
    case 'run.failed':
      return failedTasks(run, event.act, (one, kind) =>
        act(one, kind, kind === 'faulted' ? { faultedAt: time, error: errorOf(event.fault) } : { cancelledAt: time }),
      );
    case 'run.cancelled':
    case 'run.completed':
      // Of a run that ends, what is open ends with it.
      for (const one of run.acts.values()) if (one.stage !== 'faulted') act(one, 'cancelled', { cancelledAt: time });
      return undefined;
    default: {
      const fault = faultIn(run, event);
      if (fault !== undefined) act(actOf(run, fault.act), 'faulted', { faultedAt: time, error: errorOf(fault.fault) });
    }
  }
}

/** The fault passes through everything around the step; what stands beside is cut short. */
function failedTasks(run: Run, failed: ActId, tell: (act: Act, kind: 'faulted' | 'cancelled') => void): void {
  const at = run.acts.get(failed);
  const around = new Set(at === undefined ? [] : [...ancestors(run, at)].map(({ id }) => id));
  for (const one of run.acts.values()) {
    if (one.stage === 'faulted') continue;
    tell(one, around.has(one.id) ? 'faulted' : 'cancelled');
  }
}

function faultIn(run: Run, event: RunEvent): { readonly act: ActId; readonly fault: RunFault } | undefined {
  if (event.type === 'step.faulted' || event.type === 'effect.failed') return event;
  if (event.type !== 'child.ended' || event.fault === undefined) return undefined;
  const step = stepAt(run, actOf(run, event.act));
  return step.kind === 'map' && step.onError === 'collect' ? undefined : { act: event.act, fault: event.fault };
}

function* below(run: Run, id: ActId): Generator<Act> {
  for (const child of actOf(run, id).children) {
    yield actOf(run, child);
    yield* below(run, child);
  }
}

function isTask(program: Program, step: Step): boolean {
  const above = program.steps[step.parent];
  return above !== undefined && (above.kind === 'do' || above.kind === 'fork');
}
