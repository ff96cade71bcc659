// palace validate: compiles files here, without a server.
import type { Call } from '../call.ts';
import { checkFlow, printPlaces } from '../check-flows.ts';
import type { ExitCode } from '../command.ts';
import { readFlowFiles } from '../flow-files.ts';
import { jsonText, oneLine, style } from '../terminal.ts';

export async function execute({ args, terminal, json }: Call): Promise<ExitCode> {
  const checked = readFlowFiles(args.positionals).map(checkFlow);
  const wrong = checked.filter((one) => one.errors.length > 0);
  if (json) {
    const files = checked.map(({ file, errors, warnings, fetchedAtPublishing }) => ({
      file: file.path,
      ok: errors.length === 0,
      errors,
      warnings,
      ...(fetchedAtPublishing.length > 0 && { fetchedAtPublishing }),
    }));
    terminal.out(jsonText({ ok: wrong.length === 0, files }));
    return wrong.length === 0 ? 0 : 3;
  }
  for (const one of checked) {
    printPlaces(terminal, one);
    if (one.errors.length === 0) terminal.out(`${oneLine(one.file.path)}  ${style('green', 'ok')}`);
    for (const address of one.fetchedAtPublishing) terminal.note(`  fetched when it is published, not looked at here: ${oneLine(address)}`);
  }
  if (wrong.length === 0) return 0;
  const count = wrong.reduce((sum, one) => sum + one.errors.length, 0);
  terminal.note(`palace: ${count} error${count === 1 ? '' : 's'} in ${wrong.length} of ${checked.length} file${checked.length === 1 ? '' : 's'}.`);
  return 3;
}
