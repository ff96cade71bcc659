// palace why: what a run waits for in one sentence, since when, who works on it, and the commands that move it.
import { Api } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { findServer } from '../find-server.ts';
import { checkRunId } from '../references.ts';
import { whyLines } from '../run-report.ts';
import { jsonText } from '../terminal.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const { args, terminal, json, program } = call;
  const api = new Api(new Client(findServer(call)));
  const run = await api.getRun(checkRunId(args.positionals[0] ?? ''));
  if (json) terminal.out(jsonText({ run: run.id, status: run.status, ...(run.why !== undefined && { why: run.why }) }));
  else for (const line of whyLines(run, program, api.client.server.flags)) terminal.out(line);
  return 0;
}
