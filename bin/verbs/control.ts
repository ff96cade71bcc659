// palace pause, resume, cancel, retry: for the runs named, or for all that fit a filter.
import { Api } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import { decided, outcomeExit, outcomeText } from '../command-outcome.ts';
import type { ExitCode } from '../command.ts';
import { CommandFailure, refused } from '../failure.ts';
import { findServer } from '../find-server.ts';
import { checkRunId } from '../references.ts';
import { jsonText, oneLine } from '../terminal.ts';

type Verb = 'pause' | 'resume' | 'cancel' | 'retry';

export async function execute(call: Call): Promise<ExitCode> {
  const { args } = call;
  const verb = call.command.name as Verb;
  const filtered = args.has('flow') || args.has('status');
  if (args.has('runs') && args.positionals.length > 0) throw refused('--runs chooses runs: name them, or choose them.', { next: `palace ${verb} --help` });
  const ids = args.positionals.map(checkRunId);
  if (ids.length > 0 && filtered) throw refused('Name runs or give a filter, not both.', { next: `palace ${verb} --help` });
  if (ids.length === 0 && !filtered) throw refused(`Which runs? Name them, or choose them with --flow and --status.`, { next: `palace ${verb} --help` });
  if (ids.length > 0 && (args.has('dry-run') || args.has('limit'))) throw refused('--dry-run and --limit go with a filter.', { next: `palace ${verb} --help` });
  const api = new Api(new Client(findServer(call)));
  return filtered ? byFilter(call, api, verb) : oneByOne(call, api, verb, ids);
}

async function oneByOne(call: Call, api: Api, verb: Verb, ids: readonly string[]): Promise<ExitCode> {
  const { args, terminal, json } = call;
  const reason = args.text('reason');
  const step = args.text('step');
  const effects = args.text('effects');
  const body = { ...(reason === undefined ? {} : { reason }), ...(step === undefined ? {} : { step }), ...(effects === undefined ? {} : { effects }) };
  let refusedCount = 0;
  for (const id of ids) {
    try {
      const accepted = await api.control(verb, id, body);
      const state = await decided(api, accepted.id);
      terminal.out(json ? jsonText({ run: id, ...state }) : `${verb} ${id}: ${oneLine(outcomeText(state))}.`);
      if (outcomeExit(state) !== 0) refusedCount += 1;
    } catch (error) {
      if (ids.length === 1 || !(error instanceof CommandFailure) || error.exit !== 2) throw error;
      refusedCount += 1;
      terminal.note(`palace: ${id}: ${error.message}`);
    }
  }
  return refusedCount === 0 ? 0 : 2;
}

async function byFilter(call: Call, api: Api, verb: Verb): Promise<ExitCode> {
  const { args, terminal, json } = call;
  if (args.has('step') || args.has('effects')) throw refused('--step and --effects go with named runs.', { next: `palace ${verb} --help` });
  const flow = args.text('flow');
  const status = args.text('status');
  const filter = { ...(flow === undefined ? {} : { flow }), ...(status === undefined ? {} : { status }) };
  const result = await api.bulk({ verb, filter, limit: args.integer('limit') ?? 1000, dryRun: args.has('dry-run') });
  if (json) terminal.out(jsonText(result));
  else if (args.has('dry-run')) terminal.out(`${result.matched} runs fit; nothing was changed.`);
  else terminal.out(`${verb} is kept for ${result.accepted} of the ${result.matched} runs that fit${result.more ? ', the oldest ones' : ''}.`);
  if (result.more && !args.has('dry-run') && !json) terminal.note('Next: the same command again for the others, once these are done; or a higher --limit.');
  return 0;
}
