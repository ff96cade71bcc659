// palace env: environments, the named sets of variables and secrets.
import { Api } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { checkedEnvironment } from '../environment-name.ts';
import { refused } from '../failure.ts';
import { findServer } from '../find-server.ts';
import { jsonText, table } from '../terminal.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const { args, terminal, json } = call;
  const [action, given] = args.positionals;
  if (action === 'list' && given !== undefined) throw refused('palace env list takes no name.', { next: `palace variable list --env ${given}` });
  if (action !== 'list' && given === undefined) throw refused(`palace env ${action} needs the name of an environment.`, { next: 'palace env list' });
  const name = given === undefined ? '' : checkedEnvironment(given);
  const api = new Api(new Client(findServer(call)));
  if (action === 'create') {
    const made = await api.createEnvironment(name);
    terminal.out(json ? jsonText(made) : `The environment ${name} is there. Next: palace variable set NAME VALUE --env ${name}`);
  } else if (action === 'rm') {
    await api.removeEnvironment(name);
    terminal.out(json ? jsonText({ removed: name }) : `Removed ${name}.`);
  } else {
    const { items } = await api.listEnvironments();
    if (json) terminal.out(jsonText({ items }));
    else
      table(
        terminal,
        ['NAME', 'VARIABLES', 'SECRETS', 'CREATED', 'BY'],
        items.map((one) => [one.name, String(one.variables), String(one.secrets), one.createdAt ?? '', one.createdBy ?? '']),
      );
  }
  return 0;
}
