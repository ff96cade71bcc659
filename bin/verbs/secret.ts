// palace secret: values that flows use and nobody reads back.
// I1 A value is never an argument, and no message repeats it; typed at a terminal it is not shown.
import { secretName } from '@palace/gateway/contract.ts';
import { Api } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { environmentName } from '../environment-name.ts';
import { refused } from '../failure.ts';
import { findServer } from '../find-server.ts';
import { readPages } from '../pages.ts';
import { readHiddenLine, readStandardInput, readText } from '../read-input.ts';
import { jsonText, oneLine, table } from '../terminal.ts';

const MOST_SECRETS = 10_000;

export async function execute(call: Call): Promise<ExitCode> {
  const { args, terminal, json } = call;
  const [action, name, ...more] = args.positionals;
  if (more.length > 0) throw refused('The value of a secret is no argument: others could read it there.', { next: `palace secret ${action} NAME < FILE` });
  const named = action === 'set' || action === 'rm';
  if (named && name === undefined) throw refused(`palace secret ${action} needs the name of a secret.`, { next: `palace secret ${action} NAME` });
  if (!named && name !== undefined) throw refused(`palace secret ${action} takes no name.`, { next: 'palace secret --help' });
  const wrong = named ? secretName.safeParse(name).error?.issues[0] : undefined;
  if (wrong !== undefined) throw refused(`"${oneLine(name ?? '').slice(0, 100)}" cannot name a secret.`, { next: wrong.message });
  if (action === 'rotate' && args.has('env'))
    throw refused('A data key is that of the whole tenant: rotate seals the secrets of all environments.', { next: 'palace secret rotate' });
  const environment = environmentName(call);
  const value = action === 'set' ? await readValue(call, name ?? '') : undefined;
  const api = new Api(new Client(findServer(call)));
  if (action === 'list') return list(call, api, environment);
  if (action === 'rotate') {
    const rotated = await api.rotateSecrets();
    terminal.out(json ? jsonText(rotated) : `Sealed ${rotated.resealed} secrets with data key ${rotated.keyVersion}.`);
  } else if (action === 'rm') {
    await api.removeSecret(environment, name ?? '');
    terminal.out(json ? jsonText({ removed: name }) : `Removed ${oneLine(name ?? '')}.`);
  } else {
    const set = await api.setSecret(environment, name ?? '', value);
    terminal.out(json ? jsonText(set) : `Set ${oneLine(set.name)}, version ${set.version}.`);
  }
  return 0;
}

async function readValue({ args }: Call, name: string): Promise<unknown> {
  const path = args.text('file');
  const given =
    path !== undefined ? readText(path, '--file') : process.stdin.isTTY ? await readHiddenLine(`Value of ${name} (not shown): `) : readStandardInput();
  const text = given.replace(/\r?\n$/, '');
  if (text === '') throw refused('The value is empty.', { next: 'Give it on standard input, or name a file with --file.' });
  if (args.text('type') !== 'json') return text;
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    // Where it is wrong would show a part of it.
    throw refused('The value is not valid JSON.', { next: 'Correct it, or leave out --type json to keep it as text.' });
  }
}

async function list({ terminal, json }: Call, api: Api, environment: string): Promise<ExitCode> {
  const { items } = await readPages(MOST_SECRETS, (cursor) => api.listSecrets(environment, cursor));
  if (json) terminal.out(jsonText({ items }));
  else
    table(
      terminal,
      ['NAME', 'TYPE', 'VERSION', 'SET', 'BY'],
      items.map((one) => [one.name, one.kind, String(one.version), one.updatedAt, one.updatedBy]),
    );
  return 0;
}
