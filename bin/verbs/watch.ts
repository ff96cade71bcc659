// palace watch: one line an event, live, until the run ends.
import { announceWaits, tellGone } from '../announce.ts';
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

export async function execute(call: Call): Promise<ExitCode> {
  const { args, terminal, json } = call;
  const id = checkRunId(args.positionals[0] ?? '');
  const timeoutMs = args.durationMs('timeout');
  const api = new Api(new Client(findServer(call)));
  const interrupt = interruptible();
  let status: RunDetail['status'] | undefined;
  const seen = new Set<string>();
  const followed = await followRun(api, id, {
    after: args.integer('after') ?? 0,
    deadlineAt: timeoutMs === undefined ? undefined : Date.now() + timeoutMs,
    signal: interrupt.signal,
    onEvent: (event) => terminal.out(json ? jsonText(event) : eventLine(event)),
    onLook: (run) => {
      status = run.status;
      announceWaits(call, api, run, seen);
    },
    onGone: (gone) => tellGone(call, gone),
  });
  const exit = await reportEnd(call, api, id, followed, status);
  interrupt.release();
  return exit;
}
