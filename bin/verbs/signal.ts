// palace signal: sends a signal. --data is the signal's data; a value that is a folder names the server's data folder.
import { randomUUID } from 'node:crypto';
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
import { dataAndFolder } from '../two-meanings.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const { args, terminal, json } = call;
  const [run = '', name = ''] = args.positionals;
  const id = checkRunId(run);
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(name))
    throw refused(`"${name}" is not a signal's name.`, {
      next: 'A name has letters, digits, dots, dashes and underscores; `palace get run` shows which one the run waits for.',
    });
  const { data, folder } = dataAndFolder(call);
  const payload = data === undefined ? undefined : readJson('--data', data);
  const api = new Api(new Client(findServer(call, { data: folder })));
  const accepted = await api.signal(id, name, payload, args.text('idempotency-key') ?? randomUUID());
  const state = await decided(api, accepted.id);
  terminal.out(json ? jsonText(state) : `Signal ${name} for ${id}: ${oneLine(outcomeText(state))}.`);
  return outcomeExit(state);
}
