// Rows: starting and stopping servers.
import { DATA_FLAG, JSON_FLAG, type CommandSpec, type Flag } from '../command.ts';

const LISTEN_FLAG: Flag = {
  name: 'listen',
  kind: 'text',
  placeholder: 'ADDRESS',
  default: '127.0.0.1',
  summary: 'Address to listen on. Beyond this machine it needs a key of your own and PALACE_ALLOW_REMOTE=yes.',
};

export const SERVE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'up',
    group: 'Start and stop',
    summary: 'Start everything on this machine: all services in one process over its own PostgreSQL',
    usage: ['up [--data DIR] [--port 8080] [--listen ADDRESS] [--no-open] [--json]'],
    about: [
      'Creates the data folder, the database, a local owner and an API key (DIR/credentials.json, readable by you alone), applies the sample flows, and prints one line when it is ready. Ctrl-C or SIGTERM lets running steps finish, then stops; a second one stops at once.',
      'On a terminal it also prints a link that signs you in to the console, once, within ten minutes, and opens it where there is a display; `palace login` prints a new one.',
    ],
    positionals: [],
    flags: [
      DATA_FLAG,
      { name: 'port', kind: 'integer', placeholder: 'PORT', default: '8080', summary: 'Port to listen on; 0 takes a free one.' },
      LISTEN_FLAG,
      { name: 'no-open', kind: 'switch', summary: 'Do not open the console in a browser.' },
      { name: 'no-samples', kind: 'switch', summary: 'Do not apply the sample flows nor start their service.' },
      JSON_FLAG,
    ],
    examples: [
      { line: 'up', says: 'Start on port 8080 with the data in ~/.agentspalace.' },
      { line: 'up --json --port 0 --data ./palace-data', says: 'For scripts: one JSON line with url, credentials, signInUrl and process ids once it is ready.' },
    ],
    exits: [0, 1, 2],
  },
  {
    name: 'start',
    group: 'Start and stop',
    summary: 'Start one service against a database given by URL',
    usage: ['start gateway|flow [--listen HOST:PORT] [--flow-url URL] [--json]'],
    about: [
      'Settings come from PALACE_* variables (see `palace config`): PALACE_DATABASE_URL names the PostgreSQL, PALACE_BUS_URL=postgres: lets the processes tell each other news. Two `start flow` processes over one database share the shards. A gateway needs the address of a flow process in --flow-url. The processes trust each other by PALACE_INTERNAL_KEY, the same for all; on one machine the data folder holds it.',
    ],
    positionals: [{ name: 'SERVICE', summary: 'The service to start.', choices: ['gateway', 'flow'] }],
    flags: [
      {
        name: 'listen',
        kind: 'text',
        placeholder: 'HOST:PORT',
        default: '127.0.0.1:8080 for the gateway, 127.0.0.1:8081 for flow',
        summary: 'Where to listen; port 0 takes a free one.',
      },
      {
        name: 'flow-url',
        kind: 'text',
        placeholder: 'URL',
        repeatable: true,
        summary: 'For the gateway: address of a flow process. May be given several times.',
      },
      {
        name: 'credentials',
        kind: 'text',
        placeholder: 'FILE',
        summary: 'For the gateway: while no owner’s key works, make one and write it here with the url (readable by you alone).',
      },
      JSON_FLAG,
    ],
    examples: [
      { line: 'start flow --listen 127.0.0.1:8081', says: 'A flow process; start a second one on another port to share the work.' },
      { line: 'start gateway --flow-url http://127.0.0.1:8081', says: 'The door in front of them.' },
    ],
    exits: [0, 1, 2],
  },
  {
    name: 'down',
    group: 'Start and stop',
    summary: 'Stop the server of a data folder and its PostgreSQL',
    usage: ['down [--data DIR] [--now] [--json]'],
    about: ['Waits until running steps have finished (at most --timeout). --now stops at once; whatever was running goes on at the next start.'],
    positionals: [],
    flags: [
      DATA_FLAG,
      { name: 'timeout', kind: 'duration', placeholder: 'TIME', default: '60s', summary: 'How long to wait for the end.' },
      { name: 'now', kind: 'switch', summary: 'Do not wait for running steps.' },
      JSON_FLAG,
    ],
    examples: [{ line: 'down', says: 'Stop the server of ~/.agentspalace.' }],
    exits: [0, 1, 2],
  },
];
