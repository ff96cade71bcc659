// palace rollback: a set as an earlier apply had made it.
import { Api } from '../api.ts';
import { printApply } from '../apply-report.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { refused } from '../failure.ts';
import { findServer } from '../find-server.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const { args } = call;
  const [set = ''] = args.positionals;
  const to = args.integer('to');
  if (to === undefined) throw refused('To which apply? Name its number with --to.', { next: `palace get applies --set ${set}` });
  if (args.has('drain') && !args.has('prune')) throw refused('--drain goes with --prune.', { next: 'palace rollback --help' });
  const dryRun = args.has('dry-run');
  const api = new Api(new Client(findServer(call)));
  printApply(call, await api.rollback(set, { to, prune: args.has('prune'), drain: args.has('drain'), dryRun }), dryRun ? 'planned' : 'done');
  return 0;
}
