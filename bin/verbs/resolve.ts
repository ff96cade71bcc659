// palace resolve: a person's word about an act in doubt.
import { Api } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import { decided, outcomeExit, outcomeText } from '../command-outcome.ts';
import type { ExitCode } from '../command.ts';
import { refused } from '../failure.ts';
import { findServer } from '../find-server.ts';
import { readJson } from '../read-input.ts';
import { checkRunId } from '../references.ts';
import { jsonText, oneLine } from '../terminal.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const { args, terminal, json } = call;
  const [run = '', key = '', outcome = ''] = args.positionals;
  const id = checkRunId(run);
  const given = args.text('result');
  if (given !== undefined && outcome !== 'done') throw refused('--result goes with `done` only: an act that did not happen has no result.');
  const result = given === undefined ? {} : { result: readJson('--result', given) };
  const api = new Api(new Client(findServer(call)));
  const accepted = await api.resolveEffect(id, key, { outcome, ...result });
  const state = await decided(api, accepted.id);
  terminal.out(json ? jsonText(state) : `The act ${oneLine(key)} of ${id} is ${outcome}: ${oneLine(outcomeText(state))}.`);
  return outcomeExit(state);
}
