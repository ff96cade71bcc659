// Rows: settings, egress rules, keys, environments with their variables and secrets, checks of the installation.
import { DATA_FLAG, ENVIRONMENT_FLAG, JSON_FLAG, SERVER_FLAGS, YES_FLAG, type CommandSpec } from '../command.ts';

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
      YES_FLAG,
      ...SERVER_FLAGS,
    ],
    examples: [{ line: 'key create --name ci --role operator --expires 720h', says: 'A key for a month.' }],
    exits: [0, 2, 6],
    destroys: ({ positionals: [action, id] }) => (action === 'revoke' ? `revoke the key ${id}` : undefined),
  },
  {
    name: 'login',
    group: 'Settings and checks',
    summary: 'Print a link that signs you in to the console, once',
    usage: ['login [--open] [--person ID] [--json]'],
    about: [
      'The link works once and for ten minutes, for the first owner or another person. It takes an owner’s API key to make one, such as that of `palace up` in the data folder. Who is signed in can set a password and invite others in the console.',
    ],
    positionals: [],
    flags: [
      { name: 'open', kind: 'switch', summary: 'Open it in the browser, on a terminal that has a display.' },
      { name: 'person', kind: 'text', placeholder: 'ID', default: 'the first owner', summary: 'The id of the person whom it signs in.' },
      ...SERVER_FLAGS,
    ],
    examples: [{ line: 'login', says: 'A link for the server of ~/.agentspalace.' }],
    exits: [0, 2, 6],
  },
  {
    name: 'context',
    group: 'Settings and checks',
    summary: 'Keep servers by name, and choose the one that the other verbs talk to',
    usage: ['context list', 'context add NAME --url URL [--key-file FILE] [--production]', 'context use NAME', 'context rm NAME'],
    about: [
      'The key comes from standard input or from a file, never from the line. It is kept in ~/.config/agentspalace/contexts.json, which only you may read, and is never printed.',
      'Which server a verb talks to says the first of these: --url or --data; --server NAME; PALACE_URL; PALACE_CONTEXT; the context in use; the server of the data folder. `palace context use local` goes back to the last one.',
      'In a production context a verb that destroys something (cancel, delete, apply --prune, rollback, resolve, ...) says what it would do and asks first. Where nobody can be asked it is refused, unless --yes is given. That holds for the address, however it is named.',
    ],
    positionals: [
      { name: 'ACTION', summary: 'What to do.', choices: ['list', 'add', 'use', 'rm'] },
      { name: 'NAME', summary: 'The context.', optional: true },
    ],
    flags: [
      { name: 'url', kind: 'text', placeholder: 'URL', summary: 'Address of the server.' },
      { name: 'key-file', kind: 'text', placeholder: 'FILE', default: '-', summary: 'Read the API key from this file; - is standard input.' },
      { name: 'production', kind: 'switch', summary: 'Ask before something is destroyed there.' },
      JSON_FLAG,
    ],
    examples: [
      { line: 'context add prod --url https://palace.example.com --key-file prod.key --production', says: 'A server that matters.' },
      { line: 'context use prod', says: 'The other verbs talk to it from now on.' },
    ],
    exits: [0, 2],
  },
  {
    name: 'env',
    group: 'Settings and checks',
    summary: 'Create, list and remove environments: named sets of variables and secrets',
    usage: ['env list', 'env create NAME', 'env rm NAME'],
    about: [
      'The environment `default` is always there. Flows are the same in all; a run lives in the one that its start names (`palace run --env`), and so do its sub-flows and forks. Schedules and events start runs in that of `palace apply --env`, a webhook in its own or that.',
      'An environment is removed when it holds neither variables nor secrets.',
    ],
    positionals: [
      { name: 'ACTION', summary: 'What to do.', choices: ['list', 'create', 'rm'] },
      { name: 'NAME', summary: 'The environment.', optional: true },
    ],
    flags: [YES_FLAG, ...SERVER_FLAGS],
    examples: [{ line: 'env create staging', says: 'Then: palace variable set NAME VALUE --env staging' }],
    exits: [0, 2, 6],
    destroys: ({ positionals: [action, name] }) => (action === 'rm' ? `remove the environment ${name}` : undefined),
  },
  {
    name: 'variable',
    group: 'Settings and checks',
    summary: 'Set, list and remove the variables of an environment',
    usage: ['variable set NAME VALUE|@FILE [--type text|json] [--env NAME]', 'variable list [--env NAME]', 'variable rm NAME [--env NAME]'],
    about: [
      'A flow uses one as $variables.NAME, anywhere in its expressions. Everybody who may read can see the values; what must not be seen is a secret (`palace secret`).',
      'A run takes the variables that its flow names when it is accepted, and keeps them. One that is missing refuses the start, unless the flow gives another value: $variables.NAME // "other".',
    ],
    positionals: [
      { name: 'ACTION', summary: 'What to do.', choices: ['set', 'list', 'rm'] },
      { name: 'NAME', summary: 'The variable.', optional: true },
      { name: 'VALUE', summary: 'Of `set`: text, or JSON with --type json; @FILE reads a file, @- standard input.', optional: true },
    ],
    flags: [
      ENVIRONMENT_FLAG,
      { name: 'type', kind: 'choice', choices: ['text', 'json'], default: 'text', summary: 'What the value is.' },
      YES_FLAG,
      ...SERVER_FLAGS,
    ],
    examples: [
      { line: 'variable set region eu-west --env staging', says: 'Text.' },
      { line: 'variable set limits --type json @limits.json', says: 'An object for $variables.limits.daily.' },
    ],
    exits: [0, 2, 6],
    destroys: (given) =>
      given.positionals[0] === 'rm' ? `remove the variable ${given.positionals[1]} of the environment ${given.text('env') ?? 'default'}` : undefined,
  },
  {
    name: 'secret',
    group: 'Settings and checks',
    summary: 'Set, list and remove the secrets that flows use',
    usage: ['secret set NAME [--file PATH] [--type text|json] [--env NAME]', 'secret list [--env NAME]', 'secret rm NAME [--env NAME]', 'secret rotate'],
    about: [
      'The value comes from standard input or from a file, never from the line: other users can see arguments. At a terminal it is typed or pasted without being shown; Enter ends it. One line break at its end is left out. Nobody can read it back; setting it again replaces it within three seconds.',
      'A flow names it under use.secrets and uses it as $secrets.NAME in the arguments of a call. A secret of the type json has fields: $secrets.NAME.field.',
      '`rotate` makes a new data key for the tenant and seals the secrets of all its environments with it. Values stay the same.',
    ],
    positionals: [
      { name: 'ACTION', summary: 'What to do.', choices: ['set', 'list', 'rm', 'rotate'] },
      { name: 'NAME', summary: 'The name, as in use.secrets.', optional: true, rest: true },
    ],
    flags: [
      ENVIRONMENT_FLAG,
      { name: 'file', kind: 'text', placeholder: 'PATH', summary: 'Read the value from this file.' },
      { name: 'type', kind: 'choice', choices: ['text', 'json'], default: 'text', summary: 'What the value is.' },
      YES_FLAG,
      ...SERVER_FLAGS,
    ],
    examples: [
      { line: 'secret set billing-token --file token.txt', says: 'A token for $secrets["billing-token"].' },
      { line: 'secret set user --type json --file user.json', says: 'An object for $secrets.user.name and $secrets.user.password.' },
    ],
    exits: [0, 2, 6],
    destroys: (given) =>
      given.positionals[0] === 'rm' ? `remove the secret ${given.positionals[1]} of the environment ${given.text('env') ?? 'default'}` : undefined,
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
    name: 'upgrade',
    group: 'Settings and checks',
    summary: 'Show how far an upgrade is, and finish it',
    usage: ['upgrade [--data DIR] [--json]', 'upgrade finish [--data DIR] [--json]'],
    about: [
      'An upgrade replaces one process after the other; the old and the new release run side by side over one database, and each process can go back. `upgrade` shows what every living process runs and what is missing. It asks the database of PALACE_DATABASE_URL, or the one of the data folder.',
      '`finish` says that there is no way back: from then on the formats of the new release are written, and a process of an older one gets no work. It is refused, with exit 1 and the names, while an older process is alive.',
    ],
    positionals: [{ name: 'ACTION', summary: 'Without it the state is shown.', choices: ['finish'], optional: true }],
    flags: [DATA_FLAG, JSON_FLAG],
    examples: [
      { line: 'upgrade', says: 'Releases of the processes, formats, indexes that are being built.' },
      { line: 'upgrade finish', says: 'After every process was replaced and the new release has proved itself.' },
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
