// palace schedule: holds the schedule of a flow, or lets it go on.
import { Api } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import { decided, outcomeExit, outcomeText } from '../command-outcome.ts';
import type { ExitCode } from '../command.ts';
import { refused } from '../failure.ts';
import { findServer } from '../find-server.ts';
import { checkFlowRef } from '../references.ts';
import { jsonText, oneLine } from '../terminal.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const [action, name = ''] = call.args.positionals;
  const flow = checkFlowRef(name);
  if (flow.includes('@')) throw refused('A schedule is that of the version published last; leave the version out.', { next: 'palace get schedules' });
  const verb = action === 'pause' ? 'pause' : 'resume';
  const api = new Api(new Client(findServer(call)));
  const accepted = await api.holdSchedule(verb, flow);
  const state = await decided(api, accepted.id);
  call.terminal.out(call.json ? jsonText({ flow, ...state }) : `${verb} ${flow}: ${oneLine(outcomeText(state))}.`);
  return outcomeExit(state);
}
