// Rows: control verbs, for one run or for many by filter.
import { SERVER_FLAGS, YES_FLAG, type CommandSpec, type Flag, type Given } from '../command.ts';

const RUNS = { name: 'RUN', summary: 'Run ids; none when a filter chooses the runs.', optional: true, rest: true } as const;
const FILTER_FLAGS: readonly Flag[] = [
  { name: 'flow', kind: 'text', placeholder: 'REF', summary: 'All runs of this flow (NAMESPACE/NAME) that the verb can change.' },
  {
    name: 'status',
    kind: 'choice',
    choices: ['pending', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled', 'quarantined'],
    summary: 'All runs in this state; with --flow both must fit.',
  },
  { name: 'limit', kind: 'integer', placeholder: 'N', default: '1000', summary: 'With a filter: at most so many, the oldest first.' },
  { name: 'dry-run', kind: 'switch', summary: 'With a filter: only count the runs that fit.' },
];
const REASON_FLAG: Flag = { name: 'reason', kind: 'text', placeholder: 'TEXT', summary: 'Kept in the history.' };
const EFFECTS_AGAIN = 'Acts that were confirmed are answered from the record; --effects again performs them again and needs its own permission.';

const HALT_FLAGS: readonly Flag[] = [
  {
    name: 'flow',
    kind: 'text',
    placeholder: 'NAMESPACE/NAME',
    summary: 'The flow, with runs that start later. With --runs: the runs of it that there are now.',
  },
  { name: 'tenant', kind: 'text', placeholder: 'TENANT', summary: 'All flows of the tenant: your own, or as an owner of the installation another.' },
  { name: 'all', kind: 'switch', summary: 'The whole installation; for an owner of it.' },
  { name: 'runs', kind: 'switch', summary: 'Runs that there are now, chosen by --flow and --status, one by one; nothing about runs that start later.' },
  ...FILTER_FLAGS.slice(1).map((flag) => ({ ...flag, summary: `With --runs. ${flag.summary}` })),
];

interface Halting {
  readonly name: 'pause' | 'resume';
  readonly summary: string;
  readonly about: readonly string[];
  readonly status: string;
  readonly flow: string;
}

/** What the arguments choose, in words. */
function runsOf(given: Given): string {
  const { positionals } = given;
  if (positionals.length > 0) return positionals.length === 1 ? `the run ${positionals[0]}` : `${positionals.length} runs`;
  const [flow, status] = [given.text('flow'), given.text('status')];
  return `the runs${flow === undefined ? '' : ` of ${flow}`}${status === undefined ? '' : ` that are ${status}`}`;
}

/** What a pause without run ids stops: one paused run is soon resumed, a flow or many runs are worth a question. */
function haltOf(given: Given): string | undefined {
  if (given.positionals.length > 0 || given.has('dry-run')) return undefined;
  if (given.has('runs')) return `pause ${runsOf(given)}`;
  const [flow, tenant] = [given.text('flow'), given.text('tenant')];
  return `hold back ${flow !== undefined ? `the flow ${flow}` : tenant !== undefined ? `the tenant ${tenant}` : 'the whole installation'}`;
}

const halting = ({ name, summary, about, status, flow }: Halting): CommandSpec => ({
  name,
  file: 'halt',
  group: 'Runs',
  summary,
  usage: [
    `${name} --flow NAMESPACE/NAME | --tenant TENANT | --all${name === 'pause' ? ' [--reason TEXT]' : ''}`,
    `${name} RUN... [--reason TEXT]`,
    `${name} --runs [--flow REF] [--status STATUS] [--limit N] [--dry-run]`,
  ],
  about,
  positionals: [RUNS],
  flags: [REASON_FLAG, ...HALT_FLAGS, YES_FLAG, ...SERVER_FLAGS],
  examples: [
    { line: `${name} --flow shop/refund`, says: flow },
    { line: `${name} run_01j...`, says: 'One run.' },
    { line: `${name} --runs --flow shop/refund --status ${status}`, says: 'The runs that there are now, each for itself.' },
  ],
  exits: [0, 2, 6],
  ...(name === 'pause' && { destroys: haltOf }),
});

const cancel: CommandSpec = {
  name: 'cancel',
  file: 'control',
  group: 'Runs',
  summary: 'End runs; steps under way are told to stop',
  usage: ['cancel RUN... [--reason TEXT]', 'cancel [--flow REF] [--status STATUS] [--limit N] [--dry-run]'],
  positionals: [RUNS],
  flags: [REASON_FLAG, ...FILTER_FLAGS, YES_FLAG, ...SERVER_FLAGS],
  examples: [
    { line: 'cancel run_01j...', says: 'One run.' },
    { line: 'cancel --flow shop/refund --status waiting', says: 'All that fit.' },
  ],
  exits: [0, 2, 6],
  destroys: (given) => (given.has('dry-run') ? undefined : `cancel ${runsOf(given)}`),
};

export const CONTROL_COMMANDS: readonly CommandSpec[] = [
  halting({
    name: 'pause',
    summary: 'Hold back a flow, a tenant or everything within a second; or single runs',
    about: [
      '--flow, --tenant and --all stop what reaches the world: one second after the answer no new act begins anywhere, whether its run is there or starts later. Acts under way may end. Schedules do not fire, and events start nothing: both wait. Whoever starts a run is answered as always; the run waits before its first act. Timers, signals and cancelling work, and the time-out of a step counts on.',
      'With run ids, or with --runs, the runs themselves are held: their present step ends and nothing new begins in them. Runs that start later are not touched.',
    ],
    status: 'running',
    flow: 'Stop the flow now, also for runs that start later.',
  }),
  halting({
    name: 'resume',
    summary: 'Let what `palace pause` holds go on',
    about: [
      '--flow, --tenant and --all take back a pause by the same flag; what a wider one holds stays held, and is named. Times of schedules that passed are caught up as the schedule says, events that waited start their flows. --all also releases a restored installation.',
      'With run ids, or with --runs, paused runs go on.',
    ],
    status: 'paused',
    flow: 'Let the flow go on.',
  }),
  cancel,
  {
    name: 'retry',
    file: 'control',
    group: 'Runs',
    summary: 'Go on with failed runs from the failed step, or from another',
    usage: ['retry RUN [--step POINTER] [--effects keep|again]', 'retry [--flow REF] [--status STATUS] [--limit N] [--dry-run]'],
    about: [EFFECTS_AGAIN],
    positionals: [RUNS],
    flags: [
      { name: 'step', kind: 'text', placeholder: 'POINTER', default: 'the failed step', summary: 'JSON pointer of the step, as `palace get run` shows it.' },
      { name: 'effects', kind: 'choice', choices: ['keep', 'again'], default: 'keep', summary: 'What to do about confirmed acts.' },
      ...FILTER_FLAGS,
      YES_FLAG,
      ...SERVER_FLAGS,
    ],
    examples: [
      { line: 'retry run_01j...', says: 'Once the cause is removed.' },
      { line: 'retry --flow shop/refund --status failed', says: 'All that fit.' },
    ],
    exits: [0, 2, 6],
    destroys: (given) => (given.text('effects') === 'again' ? `perform confirmed acts of ${runsOf(given)} again` : undefined),
  },
  {
    name: 'fork',
    group: 'Runs',
    summary: 'Start a new run from any point of another one, with edited data',
    usage: ['fork RUN --at SEQ [--context JSON|@FILE] [--input JSON|@FILE] [--effects keep|again|dry] [--preview]'],
    about: [`The new run has the history of the original up to that event. ${EFFECTS_AGAIN} --effects dry performs none.`],
    positionals: [{ name: 'RUN', summary: 'The run id (run_...).' }],
    flags: [
      { name: 'at', kind: 'integer', placeholder: 'SEQ', summary: 'The last event that is kept; `palace get events RUN` lists them.' },
      { name: 'context', kind: 'text', placeholder: 'JSON|@FILE', summary: 'Replaces $context at that point.' },
      {
        name: 'input',
        kind: 'text',
        placeholder: 'JSON|@FILE',
        summary: 'Replaces the data of the step that runs next; before the first step, the input of the run.',
      },
      { name: 'effects', kind: 'choice', choices: ['keep', 'again', 'dry'], default: 'keep', summary: 'What to do about confirmed acts.' },
      { name: 'preview', kind: 'switch', summary: 'Only show which acts would be performed again.' },
      YES_FLAG,
      ...SERVER_FLAGS,
    ],
    examples: [{ line: 'fork run_01j... --at 12 --preview', says: 'See first what it would do.' }],
    exits: [0, 2, 6],
    destroys: (given) =>
      given.text('effects') === 'again' && !given.has('preview') ? `perform confirmed acts of ${given.positionals[0]} again, in a new run` : undefined,
  },
];
