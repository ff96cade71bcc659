// palace expr: our jq on JSON values from standard input, one result a line.
import { compile, JqCompileError, JqError, type Json, type Program } from '@palace/jq/jq.ts';
import { toText } from '@palace/jq/json-text.ts';
import type { Call } from '../call.ts';
import type { ExitCode } from '../command.ts';
import { CommandFailure } from '../failure.ts';
import { jsonValues } from '../json-values.ts';
import { readStandardInput } from '../read-input.ts';
import { jsonText, oneLine, style, type Terminal } from '../terminal.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const { args, terminal } = call;
  const source = args.positionals[0] ?? '';
  const program = compiled(source);
  const indented = terminal.outIsTerminal && !args.has('compact') && !call.json;
  const inputs = args.has('null-input') ? [null] : jsonValues(readStandardInput());
  let exit: ExitCode = 0;
  for (const input of inputs) {
    if (!evaluate(terminal, program, input as Json, indented)) exit = 5;
  }
  return exit;
}

function compiled(source: string): Program {
  try {
    return compile(source);
  } catch (error) {
    if (!(error instanceof JqCompileError)) throw error;
    const line = source.split('\n')[error.line - 1] ?? '';
    const details = line.length <= 200 ? [oneLine(line), `${' '.repeat(error.column - 1)}^`] : [];
    const end = error.message.endsWith('?') ? '' : '.';
    throw new CommandFailure(5, `The expression does not compile: ${error.message}${end}`, { details });
  }
}

/** False when this input failed; the next ones are still tried, as jq does. */
function evaluate(terminal: Terminal, program: Program, input: Json, indented: boolean): boolean {
  try {
    for (const value of program.all(input, { nowMs: Date.now() })) {
      terminal.document(`${indented ? jsonText(value, 2) : toText(value)}\n`);
    }
    return true;
  } catch (error) {
    if (!(error instanceof JqError)) throw error;
    terminal.note(`${style('red', 'palace:')} The expression failed: ${oneLine(error.message)}`);
    terminal.note(`  with the input ${oneLine(toText(input, 200), 200)}`);
    return false;
  }
}
