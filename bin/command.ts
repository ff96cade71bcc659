// The shape of a row in the command table. Parsing, --help and docs/cli.md all come from these rows and nothing else.

export type FlagKind = 'text' | 'switch' | 'integer' | 'duration' | 'choice';

export interface Flag {
  /** Long name without the dashes. */
  readonly name: string;
  readonly short?: string;
  readonly kind: FlagKind;
  /** What stands for the value in help: DIR, JSON|@FILE. */
  readonly placeholder?: string;
  readonly choices?: readonly string[];
  /** Environment variable read when the flag is absent. */
  readonly env?: string;
  /** Said in help; the verb applies it. */
  readonly default?: string;
  readonly repeatable?: boolean;
  readonly summary: string;
}

export interface Positional {
  readonly name: string;
  readonly summary: string;
  readonly choices?: readonly string[];
  readonly optional?: boolean;
  /** Takes all that follow. Only the last one may. */
  readonly rest?: boolean;
}

export const GROUPS = ['Start and stop', 'Flows', 'Runs', 'Triggers', 'Settings and checks', 'Development'] as const;

export interface CommandSpec {
  /** One word; also the name of the file under bin/verbs/ unless `file` says another. */
  readonly name: string;
  readonly file?: string;
  readonly group: (typeof GROUPS)[number];
  /** One line, no full stop. */
  readonly summary: string;
  /** What follows `palace` in the usage lines. */
  readonly usage: readonly string[];
  /** Paragraphs. */
  readonly about?: readonly string[];
  readonly positionals: readonly Positional[];
  readonly flags: readonly Flag[];
  readonly examples: readonly { readonly line: string; readonly says: string }[];
  readonly exits: readonly ExitCode[];
  /** What these arguments would destroy, as a part of a sentence (`remove the flow a/b`): asked about first in a production context. */
  readonly destroys?: (given: Given) => string | undefined;
}

/** The part of the arguments that says what a command would do. */
export interface Given {
  readonly positionals: readonly string[];
  has(name: string): boolean;
  text(name: string): string | undefined;
}

/** What a process exit code means, the same for every verb. */
export const EXITS = {
  0: 'done',
  1: 'the run failed, or the command could not do its work',
  2: 'the input was refused: a wrong argument, a missing permission, an unknown name',
  3: 'a flow does not compile',
  4: 'still waiting when the time was over; the run goes on',
  5: 'the expression failed',
  6: 'the server cannot be reached, is busy, or failed',
  130: 'interrupted with Ctrl-C; a run that was started goes on',
} as const satisfies Record<number, string>;
export type ExitCode = keyof typeof EXITS;

export const JSON_FLAG: Flag = { name: 'json', kind: 'switch', summary: 'Print JSON for programs instead of text for people.' };
export const HELP_FLAG: Flag = { name: 'help', short: 'h', kind: 'switch', summary: 'Show this help.' };
export const DATA_FLAG: Flag = {
  name: 'data',
  kind: 'text',
  placeholder: 'DIR',
  env: 'PALACE_DATA',
  default: '~/.agentspalace',
  summary: 'The data folder of `palace up`.',
};

/** Which environment a verb is about. */
export const ENVIRONMENT_FLAG: Flag = {
  name: 'env',
  kind: 'text',
  placeholder: 'NAME',
  default: 'default',
  summary: 'The environment: a named set of variables and secrets (`palace env list`).',
};

/** Of verbs that destroy something. */
export const YES_FLAG: Flag = { name: 'yes', kind: 'switch', summary: 'In a production context: do it without asking.' };

/** How a client verb finds its server and its key. */
export const SERVER_FLAGS: readonly Flag[] = [
  { name: 'url', kind: 'text', placeholder: 'URL', env: 'PALACE_URL', default: 'the url in DIR/credentials.json', summary: 'Address of the server.' },
  {
    name: 'api-key',
    kind: 'text',
    placeholder: 'KEY',
    env: 'PALACE_API_KEY',
    default: 'the key in DIR/credentials.json',
    summary: 'API key; prefer the variable, other users can see arguments.',
  },
  {
    name: 'server',
    kind: 'text',
    placeholder: 'NAME',
    env: 'PALACE_CONTEXT',
    default: 'the one of `palace context use`',
    summary: 'The server by the name of its context; `local` is that of the data folder.',
  },
  DATA_FLAG,
  JSON_FLAG,
];
