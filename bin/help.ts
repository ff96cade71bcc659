// Help text and docs/cli.md, both from the command table.
import { EXITS, GROUPS, HELP_FLAG, type CommandSpec, type Flag } from './command.ts';

export function overview(commands: readonly CommandSpec[]): string {
  const lines = ['AgentsPalace: durable flows for AI agents, on your own machines.', '', 'Usage: palace VERB [ARGUMENTS] [FLAGS]', ''];
  const width = Math.max(...commands.map((command) => command.name.length));
  for (const group of GROUPS) {
    lines.push(group);
    for (const command of commands.filter((one) => one.group === group)) lines.push(`  ${command.name.padEnd(width)}  ${command.summary}`);
    lines.push('');
  }
  lines.push('palace VERB --help shows arguments, flags and examples. Every verb takes --json.', 'Start with: palace up');
  return lines.join('\n');
}

export function helpFor(command: CommandSpec): string {
  const lines = [`palace ${command.name}: ${command.summary}`, ''];
  for (const [index, usage] of command.usage.entries()) lines.push(`${index === 0 ? 'Usage: ' : '       '}palace ${usage}`);
  for (const paragraph of command.about ?? []) lines.push('', ...wrap(paragraph, 100));
  if (command.positionals.length > 0) {
    lines.push('', 'Arguments');
    lines.push(
      ...columns(command.positionals.map((one) => [one.name, one.summary + (one.choices === undefined ? '' : ` One of: ${one.choices.join(', ')}.`)])),
    );
  }
  lines.push('', 'Flags', ...columns([...command.flags, HELP_FLAG].map((flag) => [flagName(flag), flagText(flag)])));
  lines.push('', 'Examples');
  for (const example of command.examples) lines.push(`  palace ${example.line}`, `      ${example.says}`);
  lines.push('', 'Exit codes', ...columns(command.exits.map((code) => [String(code), EXITS[code]])));
  return lines.join('\n');
}

function flagName(flag: Flag): string {
  const value = flag.kind === 'switch' ? '' : ` ${flag.placeholder ?? flag.choices?.join('|') ?? 'VALUE'}`;
  return `${flag.short === undefined ? '    ' : `-${flag.short}, `}--${flag.name}${flag.choices === undefined ? value : ` ${flag.name.toUpperCase()}`}`;
}

function flagText(flag: Flag): string {
  const extra = [
    flag.choices === undefined ? '' : `One of: ${flag.choices.join(', ')}.`,
    flag.default === undefined ? '' : `Default: ${flag.default}.`,
    flag.env === undefined ? '' : `Environment: ${flag.env}.`,
  ];
  return [flag.summary, ...extra].filter((part) => part !== '').join(' ');
}

function columns(rows: readonly (readonly [string, string] | string[])[]): string[] {
  const width = Math.max(...rows.map((row) => row[0]?.length ?? 0));
  return rows.flatMap((row) => {
    const [first, ...more] = wrap(row[1] ?? '', 96 - width);
    return [`  ${(row[0] ?? '').padEnd(width)}  ${first ?? ''}`, ...more.map((line) => ' '.repeat(width + 4) + line)];
  });
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

/** The whole of docs/cli.md. */
export function markdown(commands: readonly CommandSpec[]): string {
  const parts = [
    '# The command line',
    '',
    'Written from the command table in `bin/commands/`; change it there and run `node bin/write-docs.ts`.',
    '',
    '```',
    overview(commands),
    '```',
    '',
  ];
  parts.push('## Exit codes', '', '| code | meaning |', '|---|---|', ...Object.entries(EXITS).map(([code, says]) => `| ${code} | ${says} |`), '');
  for (const group of GROUPS) {
    parts.push(`## ${group}`, '');
    for (const command of commands.filter((one) => one.group === group)) parts.push(`### palace ${command.name}`, '', '```', helpFor(command), '```', '');
  }
  return parts.join('\n');
}
