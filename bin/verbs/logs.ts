// palace logs: what a run did so far; --follow goes on like watch.
import { Api } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { eventLine } from '../event-line.ts';
import { findServer } from '../find-server.ts';
import { checkRunId } from '../references.ts';
import { jsonText } from '../terminal.ts';
import { execute as watch } from './watch.ts';

const PAGE = 1000;

export async function execute(call: Call): Promise<ExitCode> {
  if (call.args.has('follow')) return watch(call);
  const id = checkRunId(call.args.positionals[0] ?? '');
  const api = new Api(new Client(findServer(call)));
  let after: number | undefined = call.args.integer('after') ?? 0;
  while (after !== undefined) {
    const page: Awaited<ReturnType<Api['history']>> = await api.history(id, after, PAGE);
    for (const event of page.items) call.terminal.out(call.json ? jsonText(event) : eventLine(event));
    after = page.items.length === 0 ? undefined : page.next;
  }
  return 0;
}
