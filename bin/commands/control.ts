// Rows: control verbs, for one run or for many by filter.
import { SERVER_FLAGS, type CommandSpec, type Flag } from '../command.ts';

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

const control = (name: string, summary: string, example: string): CommandSpec => ({
  name,
  file: 'control',
  group: 'Runs',
  summary,
  usage: [`${name} RUN...`, `${name} [--flow REF] [--status STATUS] [--limit N] [--dry-run]`],
  positionals: [RUNS],
  flags: [REASON_FLAG, ...FILTER_FLAGS, ...SERVER_FLAGS],
  examples: [
    { line: `${name} run_01j...`, says: 'One run.' },
    { line: `${name} ${example}`, says: 'All that fit.' },
  ],
  exits: [0, 2, 6],
});

export const CONTROL_COMMANDS: readonly CommandSpec[] = [
  control('pause', 'Hold runs after their present step', '--flow shop/refund --status running'),
  control('resume', 'Let paused runs go on', '--flow shop/refund --status paused'),
  control('cancel', 'End runs; steps under way are told to stop', '--flow shop/refund --status waiting'),
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
      ...SERVER_FLAGS,
    ],
    examples: [
      { line: 'retry run_01j...', says: 'Once the cause is removed.' },
      { line: 'retry --flow shop/refund --status failed', says: 'All that fit.' },
    ],
    exits: [0, 2, 6],
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
      ...SERVER_FLAGS,
    ],
    examples: [{ line: 'fork run_01j... --at 12 --preview', says: 'See first what it would do.' }],
    exits: [0, 2, 6],
  },
];
