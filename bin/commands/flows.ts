// Rows: publishing, checking and reading flows.
import { JSON_FLAG, SERVER_FLAGS, type CommandSpec } from '../command.ts';

export const FLOW_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'apply',
    group: 'Flows',
    summary: 'Publish flows from files or folders',
    usage: ['apply FILE|DIR...'],
    about: ['All files are compiled first; when one does not compile, nothing is published. Publishing the same content again changes nothing.'],
    positionals: [{ name: 'FILE|DIR', summary: 'YAML or JSON documents, or folders of them.', rest: true }],
    flags: SERVER_FLAGS,
    examples: [
      { line: 'apply samples/order-intake/flow.yaml', says: 'Publish one flow.' },
      { line: 'apply flows/', says: 'Publish every flow in a folder.' },
    ],
    exits: [0, 2, 3, 6],
  },
  {
    name: 'validate',
    group: 'Flows',
    summary: 'Check flow files without a server',
    usage: ['validate FILE|DIR...'],
    about: ['Opens no connection and runs nothing. Every mistake is shown with file, line, column and, where one is near, the word that was probably meant.'],
    positionals: [{ name: 'FILE|DIR', summary: 'YAML or JSON documents, or folders of them; - reads standard input.', rest: true }],
    flags: [JSON_FLAG],
    examples: [{ line: 'validate flow.yaml', says: 'Exit code 3 when it does not compile.' }],
    exits: [0, 2, 3],
  },
  {
    name: 'get',
    group: 'Flows',
    summary: 'Show flows, runs and events',
    usage: [
      'get flows [--namespace NAME]',
      'get flow NAMESPACE/NAME[@VERSION] [-o yaml|json]',
      'get runs [--flow REF] [--status STATUS] [--limit N]',
      'get run RUN',
      'get events RUN [--after SEQ]',
    ],
    about: [
      'A flow as YAML or JSON is its document alone, in plain OWS: what can be published again, here or elsewhere. A file in shorthand (`kind: palace/v1`) comes back written out.',
    ],
    positionals: [
      { name: 'WHAT', summary: 'What to show.', choices: ['flows', 'flow', 'runs', 'run', 'events'] },
      { name: 'NAME', summary: 'The flow (NAMESPACE/NAME) or the run id.', optional: true },
    ],
    flags: [
      {
        name: 'output',
        short: 'o',
        kind: 'choice',
        choices: ['table', 'json', 'yaml'],
        default: 'table',
        summary: 'Form of the output; --json is short for -o json.',
      },
      { name: 'namespace', kind: 'text', placeholder: 'NAME', summary: 'Only flows of this namespace.' },
      { name: 'flow', kind: 'text', placeholder: 'REF', summary: 'Only runs of this flow.' },
      {
        name: 'status',
        kind: 'choice',
        choices: ['pending', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled', 'quarantined'],
        summary: 'Only runs in this state.',
      },
      { name: 'after', kind: 'integer', placeholder: 'SEQ', default: '0', summary: 'Only events after this number.' },
      { name: 'limit', kind: 'integer', placeholder: 'N', default: '50', summary: 'At most so many rows.' },
      ...SERVER_FLAGS,
    ],
    examples: [
      { line: 'get runs --status waiting', says: 'Runs that wait for something.' },
      { line: 'get flow samples/order-intake -o yaml', says: 'The document, as it can be published again.' },
    ],
    exits: [0, 2, 6],
  },
  {
    name: 'delete',
    group: 'Flows',
    summary: 'Delete a flow or one of its versions',
    usage: ['delete flow NAMESPACE/NAME[@VERSION]'],
    about: [
      'Refused while runs of it are open: wait for them, or end them with `palace cancel --flow NAMESPACE/NAME`. Runs that have ended stay and can be read.',
    ],
    positionals: [
      { name: 'WHAT', summary: 'What to delete.', choices: ['flow'] },
      { name: 'NAME', summary: 'The flow, with @VERSION for one version.' },
    ],
    flags: SERVER_FLAGS,
    examples: [{ line: 'delete flow samples/order-intake@1.0.0', says: 'Delete one version.' }],
    exits: [0, 2, 6],
  },
  {
    name: 'schema',
    group: 'Flows',
    summary: 'Print the JSON Schema of flows, for editors',
    usage: ['schema'],
    about: [
      'Gives completion, hover and mistakes while you type, in every editor with a YAML language server. Begin the file with `# yaml-language-server: $schema=flow.schema.json`, the path being relative to it. What only compiling can see is said by `palace validate`.',
    ],
    positionals: [],
    flags: [JSON_FLAG],
    examples: [{ line: 'schema > flow.schema.json', says: 'Write it beside your flows.' }],
    exits: [0],
  },
  {
    name: 'expr',
    group: 'Flows',
    summary: 'Evaluate an expression of the flow language (jq) on JSON from standard input',
    usage: ['expr PROGRAM [--compact] [--null-input]'],
    about: ['Reads JSON values from standard input and prints one result a line; on a terminal they are indented unless --compact is given.'],
    positionals: [{ name: 'PROGRAM', summary: 'The expression, without ${ }.' }],
    flags: [
      { name: 'compact', short: 'c', kind: 'switch', summary: 'One line a result, also on a terminal.' },
      { name: 'null-input', short: 'n', kind: 'switch', summary: 'Read nothing; the input is null.' },
      JSON_FLAG,
    ],
    examples: [{ line: "expr '.orders | map(.total) | add' < orders.json", says: 'Try an expression before it goes into a flow.' }],
    exits: [0, 2, 5],
  },
];
