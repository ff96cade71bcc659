// palace config: every setting as a start from this shell would have it; secrets hidden.
import { describeConfig, loadConfig } from '@palace/platform/config.ts';
import type { Call } from '../call.ts';
import type { ExitCode } from '../command.ts';
import { dataFolder } from '../find-server.ts';
import { jsonText, table } from '../terminal.ts';

export async function execute({ args, terminal, json }: Call): Promise<ExitCode> {
  const data = args.text('data');
  const config = loadConfig(data === undefined ? {} : { installation: { dataDir: dataFolder(data) } });
  const lines = describeConfig(config);
  if (json) terminal.out(jsonText({ settings: lines }));
  else
    table(
      terminal,
      ['VARIABLE', 'VALUE', 'FROM', 'WHAT IT DOES'],
      lines.map((line) => [line.variable, line.value, line.source, line.sentence]),
    );
  return 0;
}
