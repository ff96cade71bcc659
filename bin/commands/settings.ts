// Rows: settings, egress rules, keys, secrets, checks of the installation.
import { DATA_FLAG, JSON_FLAG, SERVER_FLAGS, type CommandSpec } from '../command.ts';

export const SETTING_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'config',
    group: 'Settings and checks',
    summary: 'Print every setting with its value, where it comes from and what it does',
    usage: ['config [--json]'],
    about: ['Secrets are hidden. Each setting is an environment variable PALACE_*.'],
    positionals: [],
    flags: [DATA_FLAG, JSON_FLAG],
    examples: [{ line: 'config', says: 'The settings that a start from this shell would use.' }],
    exits: [0, 2],
  },
  {
    name: 'egress',
    group: 'Settings and checks',
    summary: 'List, allow or deny addresses that flows may call',
    usage: ['egress list', 'egress allow HOST:PORT [--reason TEXT]', 'egress deny HOST:PORT [--reason TEXT]'],
    about: [
      'Public addresses may be called; loopback and private ones only when allowed by exact host and port. Link-local and metadata addresses can never be allowed.',
    ],
    positionals: [
      { name: 'ACTION', summary: 'What to do.', choices: ['list', 'allow', 'deny'] },
      { name: 'HOST:PORT', summary: 'The exact address.', optional: true },
    ],
    flags: [{ name: 'reason', kind: 'text', placeholder: 'TEXT', summary: 'Why; shown in the list.' }, ...SERVER_FLAGS],
    examples: [{ line: 'egress allow 127.0.0.1:11434 --reason "local model"', says: 'Let flows call a service on this machine.' }],
    exits: [0, 2, 6],
  },
  {
    name: 'key',
    group: 'Settings and checks',
    summary: 'Create, list and revoke API keys',
    usage: ['key create --name NAME [--role ROLE] [--expires TIME]', 'key list', 'key revoke ID'],
    about: ['A new key is shown once, on standard output. A revoked one stops working everywhere within three seconds.'],
    positionals: [
      { name: 'ACTION', summary: 'What to do.', choices: ['create', 'list', 'revoke'] },
      { name: 'ID', summary: 'The key’s id, from `palace key list`.', optional: true },
    ],
    flags: [
      { name: 'name', kind: 'text', placeholder: 'NAME', summary: 'What the key is for.' },
      { name: 'role', kind: 'choice', choices: ['owner', 'admin', 'builder', 'operator', 'worker', 'viewer'], default: 'operator', summary: 'What it may do.' },
      { name: 'expires', kind: 'duration', placeholder: 'TIME', summary: 'How long it works, e.g. 720h; without it until revoked.' },
      ...SERVER_FLAGS,
    ],
    examples: [{ line: 'key create --name ci --role operator --expires 720h', says: 'A key for a month.' }],
    exits: [0, 2, 6],
  },
  {
    name: 'secret',
    group: 'Settings and checks',
    summary: 'Set, list and remove the secrets that flows use',
    usage: ['secret set NAME [--file PATH] [--type text|json]', 'secret list', 'secret rm NAME', 'secret rotate'],
    about: [
      'The value comes from standard input or from a file, never from the line: other users can see arguments. At a terminal it is typed or pasted without being shown; Enter ends it. One line break at its end is left out. Nobody can read it back; setting it again replaces it within three seconds.',
      'A flow names it under use.secrets and uses it as $secrets.NAME in the arguments of a call. A secret of the type json has fields: $secrets.NAME.field.',
      '`rotate` makes a new data key for the tenant and seals every secret with it. Values stay the same.',
    ],
    positionals: [
      { name: 'ACTION', summary: 'What to do.', choices: ['set', 'list', 'rm', 'rotate'] },
      { name: 'NAME', summary: 'The name, as in use.secrets.', optional: true, rest: true },
    ],
    flags: [
      { name: 'file', kind: 'text', placeholder: 'PATH', summary: 'Read the value from this file.' },
      { name: 'type', kind: 'choice', choices: ['text', 'json'], default: 'text', summary: 'What the value is.' },
      ...SERVER_FLAGS,
    ],
    examples: [
      { line: 'secret set billing-token --file token.txt', says: 'A token for $secrets["billing-token"].' },
      { line: 'secret set user --type json --file user.json', says: 'An object for $secrets.user.name and $secrets.user.password.' },
    ],
    exits: [0, 2, 6],
  },
  {
    name: 'audit',
    group: 'Settings and checks',
    summary: 'Show who did what, and check that the log was not changed',
    usage: ['audit list [--action ACTION] [--actor ID] [--limit N]', 'audit verify [--expect SEQ:HASH]'],
    about: [
      'Everything that changes the installation is in the log before it is done: keys, secrets, flows, webhooks, schedules, control of runs, addresses. A second entry tells how it ended. Starts, signals and events are in the histories of runs.',
      '`verify` reads the whole chain of the tenant and names the first entry that is wrong. It prints the newest entry with its hash: kept elsewhere and given to --expect, it also finds a log that was cut off at its end.',
    ],
    positionals: [{ name: 'ACTION', summary: 'What to do.', choices: ['list', 'verify'] }],
    flags: [
      { name: 'action', kind: 'text', placeholder: 'ACTION', summary: 'Of `list`: only entries of this action, e.g. key.create.' },
      { name: 'actor', kind: 'text', placeholder: 'ID', summary: 'Of `list`: only entries of this key.' },
      { name: 'limit', kind: 'integer', placeholder: 'N', default: '50', summary: 'Of `list`: at most so many, the newest first.' },
      { name: 'expect', kind: 'text', placeholder: 'SEQ:HASH', summary: 'Of `verify`: what it printed before.' },
      ...SERVER_FLAGS,
    ],
    examples: [
      { line: 'audit list --action secret.set', says: 'Who set secrets.' },
      { line: 'audit verify', says: 'Exit code 1 when an entry was changed.' },
    ],
    exits: [0, 1, 2, 6],
  },
  {
    name: 'doctor',
    group: 'Settings and checks',
    summary: 'Check this installation and say how to mend what is wrong',
    usage: ['doctor [--data DIR] [--port 8080] [--bundle FILE] [--log FILE] [--json]'],
    about: [
      'Looks at the machine, the data folder, the database and the server, also while they are down, and changes nothing. What stands still (shards, timers, commands, runs set aside, acts in doubt) it reads from the metrics of the server. Exit 1 means that something is wrong.',
      'With --bundle it also writes an archive for whoever helps: the checks, versions, settings with secrets hidden, metrics, sizes, migrations, nodes, shards, clock, runs by state, ids of the newest incidents, and of the last log lines what holds no text of others. Inputs, results, secrets, keys and messages of errors are not in it.',
    ],
    positionals: [],
    flags: [
      { name: 'port', kind: 'integer', placeholder: 'PORT', default: '8080', summary: 'The port that `palace up` would use.' },
      { name: 'bundle', kind: 'text', placeholder: 'FILE', summary: 'Write a support archive (.tar.gz) to this new file.' },
      {
        name: 'log',
        kind: 'text',
        placeholder: 'FILE',
        repeatable: true,
        summary: 'With --bundle: a log of the server beside DIR/palace.log, such as the one that its process manager keeps.',
      },
      ...SERVER_FLAGS,
    ],
    examples: [
      { line: 'doctor', says: 'Release, disk, port, data folder, keys, database, clock, shards, server, canary, work.' },
      { line: 'doctor --bundle support.tar.gz', says: 'The same, and an archive of it without secrets and payloads.' },
    ],
    exits: [0, 1, 2],
  },
];
