// palace emit: publishes an event from outside, for whichever runs listen to it.
import { randomUUID } from 'node:crypto';
import { Api } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import { decided, outcomeExit, outcomeText } from '../command-outcome.ts';
import type { ExitCode } from '../command.ts';
import { refused } from '../failure.ts';
import { findServer } from '../find-server.ts';
import { readJson } from '../read-input.ts';
import { jsonText, oneLine } from '../terminal.ts';
import { dataAndFolder } from '../two-meanings.ts';

const SOURCE = 'urn:agentspalace:palace-emit';
const SIGNAL_PREFIX = 'agentspalace.signal.';

export async function execute(call: Call): Promise<ExitCode> {
  const { args, terminal, json } = call;
  const [type = ''] = args.positionals;
  if (type.startsWith(SIGNAL_PREFIX)) {
    throw refused('A signal is for one run, and no event from outside.', { next: `palace signal RUN ${type.slice(SIGNAL_PREFIX.length) || 'NAME'}` });
  }
  const { data, folder } = dataAndFolder(call);
  const subject = args.text('subject');
  const event = {
    specversion: '1.0' as const,
    id: args.text('id') ?? randomUUID(),
    source: args.text('source') ?? SOURCE,
    type,
    ...(subject === undefined ? {} : { subject }),
    ...(data === undefined ? {} : { data: readJson('--data', data) }),
  };
  const api = new Api(new Client(findServer(call, { data: folder })));
  const accepted = await api.publishEvent(event);
  const state = await decided(api, accepted.id);
  terminal.out(json ? jsonText({ ...state, event: { id: event.id, source: event.source } }) : `Event ${oneLine(type)}: ${oneLine(outcomeText(state))}.`);
  return outcomeExit(state);
}
