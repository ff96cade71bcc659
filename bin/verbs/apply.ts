// palace apply: compiles every file first, then publishes them; one that does not compile stops all.
import { Api, type FlowVersion } from '../api.ts';
import type { Call } from '../call.ts';
import { checkFlow, printPlaces } from '../check-flows.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { CommandFailure } from '../failure.ts';
import { findServer } from '../find-server.ts';
import { readFlowFiles } from '../flow-files.ts';
import { jsonText, table } from '../terminal.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const { args, terminal, json } = call;
  const files = readFlowFiles(args.positionals);
  const api = new Api(new Client(findServer(call)));
  const checked = files.map(checkFlow);
  const wrong = checked.filter((one) => one.errors.length > 0);
  if (wrong.length > 0) {
    if (!json) for (const one of checked) printPlaces(terminal, one);
    const names = wrong.map((one) => one.file.path).join(', ');
    throw new CommandFailure(3, `${names} ${wrong.length === 1 ? 'does' : 'do'} not compile; nothing was published.`, {
      code: 'flow.invalid',
      ...(json ? { places: wrong.flatMap((one) => one.errors) } : {}),
    });
  }
  const published: (FlowVersion & { file: string })[] = [];
  for (const file of files) published.push({ ...(await api.publishFlow(file.source, file.path)), file: file.path });
  if (json) {
    terminal.out(jsonText({ items: published }));
    return 0;
  }
  const rows = published.map((one) => [`${one.namespace}/${one.name}`, one.version, one.created === false ? 'unchanged' : 'published', one.file]);
  table(terminal, ['FLOW', 'VERSION', 'RESULT', 'FILE'], rows);
  return 0;
}
