// palace watch: one line an event, live, until the run ends.
import { Api, type RunDetail } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { eventLine } from '../event-line.ts';
import { findServer } from '../find-server.ts';
import { followRun } from '../follow-run.ts';
import { checkRunId } from '../references.ts';
import { interruptible, reportEnd } from '../run-end.ts';
import { jsonText } from '../terminal.ts';
import { tellGone } from './run.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const { args, terminal, json } = call;
  const id = checkRunId(args.positionals[0] ?? '');
  const timeoutMs = args.durationMs('timeout');
  const api = new Api(new Client(findServer(call)));
  const interrupt = interruptible();
  let last: RunDetail | undefined;
  const followed = await followRun(api, id, {
    after: args.integer('after') ?? 0,
    deadlineAt: timeoutMs === undefined ? undefined : Date.now() + timeoutMs,
    signal: interrupt.signal,
    onEvent: (event) => terminal.out(json ? jsonText(event) : eventLine(event)),
    onLook: (run) => (last = run),
    onGone: (gone) => tellGone(call, gone),
  });
  interrupt.release();
  return reportEnd(call, api, id, followed, last);
}
