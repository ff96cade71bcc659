// Rows: starting, following and answering runs.
import { ENVIRONMENT_FLAG, SERVER_FLAGS, YES_FLAG, type CommandSpec, type Flag } from '../command.ts';

const RUN_POSITIONAL = { name: 'RUN', summary: 'The run id (run_...).' } as const;
const KEY_FLAG: Flag = {
  name: 'idempotency-key',
  kind: 'text',
  placeholder: 'KEY',
  default: 'a new one',
  summary: 'The same key with the same request is carried out once, however often it is sent; with another request it is refused.',
};

export const RUN_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'run',
    group: 'Runs',
    summary: 'Start a flow, and with --wait print its result',
    usage: ['run NAMESPACE/NAME[@VERSION] [--input JSON|@FILE] [--wait] [--env NAME] [--timeout 30s] [--idempotency-key KEY]'],
    about: [
      'Standard output carries the result as JSON (without --wait: the run id). While the run waits, standard error says for what, until when, and the command that answers it. Ctrl-C leaves the run running.',
    ],
    positionals: [{ name: 'FLOW', summary: 'NAMESPACE/NAME, with @VERSION for a certain version.' }],
    flags: [
      { name: 'input', short: 'i', kind: 'text', placeholder: 'JSON|@FILE', default: '{}', summary: 'Input as JSON, or @FILE; @- reads standard input.' },
      ENVIRONMENT_FLAG,
      { name: 'wait', short: 'w', kind: 'switch', summary: 'Wait for the end and print the result.' },
      { name: 'timeout', kind: 'duration', placeholder: 'TIME', summary: 'Wait at most so long (30s, 5m), then exit with code 4. Implies --wait.' },
      KEY_FLAG,
      ...SERVER_FLAGS,
    ],
    examples: [
      { line: 'run samples/order-intake --wait', says: 'Run the sample and print its report.' },
      { line: 'run shop/refund --input @refund.json --idempotency-key refund-4711', says: 'Start once, however often this line is repeated.' },
    ],
    exits: [0, 1, 2, 4, 6, 130],
  },
  {
    name: 'why',
    group: 'Runs',
    summary: 'Say in one sentence why a run does not go on, and what moves it',
    usage: ['why RUN'],
    about: [
      'What it waits for, since when, which process works on it and when that was last seen, its last event, and the commands that move it. What stands in the way of everything (no owner, a halt, a full disk) comes before what the run itself waits for; of a sub-flow it says why that one waits.',
    ],
    positionals: [RUN_POSITIONAL],
    flags: [...SERVER_FLAGS],
    examples: [{ line: 'why run_01j...', says: 'At two in the morning.' }],
    exits: [0, 2, 6],
  },
  {
    name: 'watch',
    group: 'Runs',
    summary: 'Follow a run live until it ends',
    usage: ['watch RUN [--after SEQ] [--timeout TIME]'],
    positionals: [RUN_POSITIONAL],
    flags: [
      { name: 'after', kind: 'integer', placeholder: 'SEQ', default: '0', summary: 'Begin after this event.' },
      { name: 'timeout', kind: 'duration', placeholder: 'TIME', summary: 'Watch at most so long, then exit with code 4.' },
      ...SERVER_FLAGS,
    ],
    examples: [{ line: 'watch run_01j...', says: 'One line an event.' }],
    exits: [0, 1, 2, 4, 6, 130],
  },
  {
    name: 'logs',
    group: 'Runs',
    summary: 'Print what a run did so far',
    usage: ['logs RUN [--follow]'],
    positionals: [RUN_POSITIONAL],
    flags: [
      { name: 'follow', short: 'f', kind: 'switch', summary: 'Go on until the run ends, like `palace watch`.' },
      { name: 'after', kind: 'integer', placeholder: 'SEQ', default: '0', summary: 'Begin after this event.' },
      ...SERVER_FLAGS,
    ],
    examples: [{ line: 'logs run_01j...', says: 'Steps, attempts and errors with their times.' }],
    exits: [0, 1, 2, 6, 130],
  },
  {
    name: 'signal',
    group: 'Runs',
    summary: 'Send a signal to a run that waits for one',
    usage: ['signal RUN NAME [--data JSON|@FILE]'],
    about: ['A --data value that is an existing folder names the data folder of the server, as with every other verb; anything else is the signal’s data.'],
    positionals: [RUN_POSITIONAL, { name: 'NAME', summary: 'The signal’s name.' }],
    flags: [
      { name: 'data', kind: 'text', placeholder: 'JSON|@FILE', repeatable: true, summary: 'What the signal carries; @- reads standard input.' },
      KEY_FLAG,
      ...SERVER_FLAGS.filter((flag) => flag.name !== 'data'),
    ],
    examples: [{ line: `signal run_01j... approve-1042 --data '{"approved":true}'`, says: 'Answer a waiting run.' }],
    exits: [0, 2, 6],
  },
  {
    name: 'emit',
    group: 'Runs',
    summary: 'Publish an event to every run that listens to it',
    usage: ['emit TYPE [--data JSON|@FILE] [--source URI] [--id ID] [--subject TEXT]'],
    about: [
      'The event is kept and reaches the runs that listen now or begin to within the look-back. The same id from the same source is one event, however often it is sent. A --data value that is an existing folder names the data folder of the server.',
    ],
    positionals: [{ name: 'TYPE', summary: 'The type of the event, as the flow listens to it.' }],
    flags: [
      { name: 'data', kind: 'text', placeholder: 'JSON|@FILE', repeatable: true, summary: 'What the event carries; @- reads standard input.' },
      { name: 'source', kind: 'text', placeholder: 'URI', default: 'urn:agentspalace:palace-emit', summary: 'Where the event comes from.' },
      { name: 'id', kind: 'text', placeholder: 'ID', default: 'a new one', summary: 'Its id, unique within the source.' },
      { name: 'subject', kind: 'text', placeholder: 'TEXT', summary: 'What it is about, within the source.' },
      ...SERVER_FLAGS.filter((flag) => flag.name !== 'data'),
    ],
    examples: [{ line: `emit shop.order.shipped --data '{"order":"O-1"}'`, says: 'What a run waits for in `listen`.' }],
    exits: [0, 2, 6],
  },
  {
    name: 'resolve',
    group: 'Runs',
    summary: 'Decide about an act that is in doubt after a crash',
    usage: ['resolve RUN KEY done|absent [--result JSON|@FILE]'],
    about: ['`done`: it happened, go on with the result. `absent`: it did not happen, perform it. `palace get run RUN` shows the key.'],
    positionals: [
      RUN_POSITIONAL,
      { name: 'KEY', summary: 'The key of the act.' },
      { name: 'OUTCOME', summary: 'Did the act happen?', choices: ['done', 'absent'] },
    ],
    flags: [{ name: 'result', kind: 'text', placeholder: 'JSON|@FILE', summary: 'With `done`: what the act answered.' }, YES_FLAG, ...SERVER_FLAGS],
    examples: [{ line: `resolve run_01j... 9f2c... done --result '{"paymentId":"p-17"}'`, says: 'The payment is in the bank’s list.' }],
    exits: [0, 2, 6],
    destroys: ({ positionals: [run, key, outcome] }) => `say that the act ${key} of ${run} is ${outcome}`,
  },
];
