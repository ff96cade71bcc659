// palace variable: readable values of an environment, for expressions of flows.
import { variableName } from '@palace/gateway/contract.ts';
import { Api } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { environmentName } from '../environment-name.ts';
import { refused } from '../failure.ts';
import { findServer } from '../find-server.ts';
import { readJson, readStandardInput, readText } from '../read-input.ts';
import { jsonText, oneLine, table } from '../terminal.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const { args, terminal, json } = call;
  const [action = '', name, value] = args.positionals;
  if (action === 'list' && name !== undefined) throw refused('palace variable list takes no name.', { next: 'palace variable list --env NAME' });
  if (action !== 'list' && name === undefined) throw refused(`palace variable ${action} needs the name of a variable.`, { next: 'palace variable --help' });
  if (action !== 'set' && value !== undefined) throw refused(`palace variable ${action} takes no value.`, { next: 'palace variable --help' });
  const wrong = name === undefined ? undefined : variableName.safeParse(name).error?.issues[0];
  if (wrong !== undefined) throw refused(`"${oneLine(name ?? '', 100)}" cannot name a variable.`, { next: wrong.message });
  const environment = environmentName(call);
  const read = action === 'set' ? readValue(call, name ?? '', value) : undefined;
  const api = new Api(new Client(findServer(call)));
  if (action === 'set') {
    const set = await api.setVariable(environment, name ?? '', read);
    terminal.out(json ? jsonText(set) : `Set ${oneLine(set.name)} in ${environment}, version ${set.version}. Runs that begin from now on see it.`);
  } else if (action === 'rm') {
    await api.removeVariable(environment, name ?? '');
    terminal.out(json ? jsonText({ removed: name, environment }) : `Removed ${oneLine(name ?? '')} from ${environment}.`);
  } else await list(call, api, environment);
  return 0;
}

function readValue({ args }: Call, name: string, given: string | undefined): unknown {
  if (given === undefined)
    throw refused(`Which value shall ${oneLine(name)} have?`, { next: `palace variable set ${name} VALUE (or @FILE; --type json for JSON)` });
  if (args.text('type') === 'json') return readJson('VALUE', given);
  if (!given.startsWith('@')) return given;
  return (given === '@-' ? readStandardInput() : readText(given.slice(1), 'VALUE')).replace(/\r?\n$/, '');
}

async function list({ terminal, json }: Call, api: Api, environment: string): Promise<void> {
  const { items } = await api.listVariables(environment);
  if (json) return terminal.out(jsonText({ environment, items }));
  table(
    terminal,
    ['NAME', 'VERSION', 'SET', 'BY', 'VALUE'],
    items.map((one) => [one.name, String(one.version), one.updatedAt, one.updatedBy, jsonText(one.value)]),
  );
}
