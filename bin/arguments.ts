// Reads the words after the verb by the verb's row in the table.
// I1 Only flags of the row are taken; an unknown one is refused with the nearest.
// I2 A flag's value comes from the line, else the verb applies its default; environment variables are read by find-server.ts.
import { HELP_FLAG, type CommandSpec, type Flag, type Positional } from './command.ts';
import { refused } from './failure.ts';
import { nearest } from './nearest.ts';

export class Arguments {
  readonly positionals: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(positionals: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.positionals = positionals;
    this.#values = values;
  }
  has(name: string): boolean {
    return this.#values.has(name);
  }
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }
  integer(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : Number(text);
  }
  durationMs(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : parseDurationMs(text);
  }
}

const DURATION = /^(\d{1,9})(ms|s|m|h)?$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `500ms`, `30s`, `5m`, `1h`; a bare number is seconds. */
export function parseDurationMs(text: string): number | undefined {
  const match = DURATION.exec(text);
  return match === null ? undefined : Number(match[1]) * (UNIT_MS[match[2] ?? 's'] ?? 0);
}

export function parseArguments(command: CommandSpec, words: readonly string[]): Arguments {
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === '--') {
      positionals.push(...words.slice(index + 1));
      break;
    }
    if (!/^--?[A-Za-z]/.test(word)) {
      positionals.push(word);
      continue;
    }
    const { flag, inline } = flagOf(command, word);
    if (flag.kind === 'switch') {
      if (inline !== undefined) throw usage(command, `--${flag.name} takes no value.`);
      values.set(flag.name, ['yes']);
      continue;
    }
    const next = inline ?? words[(index += 1)];
    if (next === undefined) throw usage(command, `--${flag.name} needs a value: --${flag.name} ${flag.placeholder ?? flag.choices?.join('|') ?? 'VALUE'}`);
    keep(command, values, flag, next);
  }
  if (!values.has(HELP_FLAG.name)) checkPositionals(command, positionals);
  return new Arguments(positionals, values);
}

function flagOf(command: CommandSpec, word: string): { flag: Flag; inline: string | undefined } {
  const equals = word.indexOf('=');
  const typed = equals < 0 ? word : word.slice(0, equals);
  const inline = equals < 0 ? undefined : word.slice(equals + 1);
  const flags = [...command.flags, HELP_FLAG];
  const flag = flags.find((one) => (typed.startsWith('--') ? one.name === typed.slice(2) : one.short === typed.slice(1)));
  if (flag !== undefined) return { flag, inline };
  const meant = nearest(
    typed.replace(/^-+/, ''),
    flags.map((one) => one.name),
  );
  throw usage(command, `palace ${command.name} has no flag ${typed}.`, meant === undefined ? undefined : `--${meant}`);
}

function keep(command: CommandSpec, values: Map<string, string[]>, flag: Flag, value: string): void {
  if (flag.kind === 'integer' && !/^\d{1,15}$/.test(value)) throw usage(command, `--${flag.name} takes a whole number, not "${value}".`);
  if (flag.kind === 'duration' && parseDurationMs(value) === undefined) {
    throw usage(command, `--${flag.name} takes a time such as 500ms, 30s or 5m, not "${value}".`);
  }
  if (flag.kind === 'choice' && flag.choices?.includes(value) !== true) {
    throw usage(command, `--${flag.name} is one of ${flag.choices?.join(', ')}, not "${value}".`, nearest(value, flag.choices ?? []));
  }
  const before = values.get(flag.name);
  if (before !== undefined && flag.repeatable !== true) throw usage(command, `--${flag.name} was given twice.`);
  values.set(flag.name, [...(before ?? []), value]);
}

function checkPositionals(command: CommandSpec, given: readonly string[]): void {
  const { positionals } = command;
  for (const [index, positional] of positionals.entries()) {
    const word = given[index];
    if (word === undefined) {
      if (positional.optional !== true)
        throw refused(`${nameOf(positional)} is missing.`, {
          details: command.usage.map((line) => `Usage: palace ${line}`),
          next: `palace ${command.name} --help`,
        });
      continue;
    }
    if (positional.choices !== undefined && !positional.choices.includes(word)) {
      throw usage(command, `${positional.name} is one of ${positional.choices.join(', ')}, not "${word}".`, nearest(word, positional.choices));
    }
  }
  const last = positionals.at(-1);
  if (last?.rest !== true && given.length > positionals.length) {
    throw usage(command, `"${given[positionals.length]}" is one word too many${positionals.length === 0 ? `: palace ${command.name} takes none` : ''}.`);
  }
}

function nameOf(positional: Positional): string {
  return positional.choices === undefined ? positional.name : `${positional.name} (${positional.choices.join(', ')})`;
}

function usage(command: CommandSpec, sentence: string, meant?: string): Error {
  return refused(sentence, {
    details: meant === undefined ? [] : [`Did you mean ${meant}?`],
    next: `palace ${command.name} --help`,
  });
}
