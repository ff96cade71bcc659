// palace delete flow: removes a flow or one version.
import { Api } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { findServer } from '../find-server.ts';
import { checkFlowRef } from '../references.ts';
import { jsonText } from '../terminal.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const ref = checkFlowRef(call.args.positionals[1] ?? '');
  await new Api(new Client(findServer(call))).deleteFlow(ref);
  call.terminal.out(call.json ? jsonText({ deleted: ref }) : `Deleted ${ref}.`);
  return 0;
}
