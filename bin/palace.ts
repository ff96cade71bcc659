// The command line's entry: finds the verb in the table, reads its arguments, loads its file, turns failures into sentences.
// I1 Only the file of the verb is loaded; --help loads none.
// I2 Every known failure is one sentence with what to do next; an unknown one is a bug and shows its trace.
import { parseArguments } from './arguments.ts';
import { programName, type Call, type VerbFile } from './call.ts';
import type { CommandSpec, ExitCode } from './command.ts';
import { COMMANDS, findCommand } from './commands.ts';
import { CommandFailure, refused } from './failure.ts';
import { helpFor, overview } from './help.ts';
import { nearest } from './nearest.ts';
import { reportFailure } from './report-failure.ts';
import { openTerminal, type Terminal } from './terminal.ts';

const program = programName(process.title);
const words = process.argv.slice(2);
const terminal = openTerminal(process.stdout, process.stderr);
const wantsJson = words.some((word) => word === '--json' || word === '-ojson' || word === '--output=json');
try {
  process.exitCode = await main(words, terminal);
} catch (error) {
  process.exitCode = await reportFailure(error, terminal, program, wantsJson);
}

async function main(line: readonly string[], out: Terminal): Promise<ExitCode> {
  const [verb, ...rest] = line;
  if (verb === undefined || verb === '--help' || verb === '-h' || verb === 'help') {
    const about = verb === 'help' && rest[0] !== undefined ? commandFor(rest[0]) : undefined;
    out.out(about === undefined ? overview(COMMANDS) : helpFor(about));
    return verb === undefined ? 2 : 0;
  }
  if (verb === '--version' || verb === '-v' || verb === 'version') {
    const { RELEASE } = await import('./release.ts');
    out.out(RELEASE);
    return 0;
  }
  const command = commandFor(verb);
  const args = parseArguments(command, rest);
  if (args.has('help')) {
    out.out(helpFor(command));
    return 0;
  }
  const call: Call = { command, args, terminal: out, program, json: args.has('json') || args.text('output') === 'json' };
  const file = (await import(`./verbs/${command.file ?? command.name}.ts`)) as VerbFile;
  return file.execute(call);
}

function commandFor(verb: string): CommandSpec {
  const command = findCommand(verb);
  if (command !== undefined) return command;
  if (verb.startsWith('-')) throw refused(`The verb comes first; ${verb} is a flag.`, { next: 'palace --help' });
  const meant = nearest(
    verb,
    COMMANDS.map((one) => one.name),
  );
  throw new CommandFailure(2, `There is no verb "${verb}".`, {
    details: meant === undefined ? [] : [`Did you mean ${meant}?`],
    next: 'palace --help',
  });
}
