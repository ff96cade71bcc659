// palace context: servers by name, kept for this user.
import type { Call } from '../call.ts';
import type { ExitCode } from '../command.ts';
import { checkContextName, contextNamed, LOCAL, readContexts, writeContexts } from '../contexts.ts';
import { refused } from '../failure.ts';
import { isLoopback, serverUrl } from '../find-server.ts';
import { readStandardInput, readText } from '../read-input.ts';
import { jsonText, table } from '../terminal.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const [action = '', name] = call.args.positionals;
  if (action === 'list') {
    if (name !== undefined) throw refused('palace context list takes no name.', { next: 'palace context list' });
    return list(call);
  }
  if (name === undefined) throw refused(`palace context ${action} needs a name.`, { next: 'palace context list' });
  if (action === 'add') return add(call, checkContextName(name));
  return action === 'use' ? use(call, name) : remove(call, name);
}

function add({ args, terminal, json }: Call, name: string): ExitCode {
  const given = args.text('url');
  if (given === undefined)
    throw refused('--url is missing: where is the server?', { next: `palace context add ${name} --url https://palace.example.com --key-file FILE` });
  const known = readContexts();
  if (known.all.some((one) => one.name === name)) throw refused(`There is a context "${name}".`, { next: `Remove it first: palace context rm ${name}` });
  const url = serverUrl(given);
  const file = args.text('key-file') ?? '-';
  const apiKey = (file === '-' ? readStandardInput() : readText(file, '--key-file')).trim();
  if (!/^[\x21-\x7e]{1,500}$/.test(apiKey))
    throw refused('The API key is empty or has characters that no key has.', { next: 'Copy the key again, without spaces or line ends.' });
  const production = args.has('production');
  writeContexts({ ...known, all: [...known.all, { name, url: url.href, apiKey, production }] });
  if (url.protocol === 'http:' && !isLoopback(url)) terminal.note(`palace: the key will go to ${url.origin} unencrypted; use https.`);
  terminal.out(json ? jsonText({ name, url: url.href, production }) : `Added ${name}. Use it: palace context use ${name}`);
  return 0;
}

function use({ terminal, json }: Call, name: string): ExitCode {
  const known = readContexts();
  const found = name === LOCAL ? undefined : contextNamed(name, known);
  writeContexts({ current: found?.name, all: known.all });
  if (json) terminal.out(jsonText({ current: name }));
  else
    terminal.out(found === undefined ? 'In use: the server of the data folder.' : `In use: ${name}, ${found.url}${found.production ? ' (production)' : ''}.`);
  return 0;
}

function remove({ terminal, json }: Call, name: string): ExitCode {
  const known = readContexts();
  contextNamed(name, known);
  writeContexts({ current: known.current === name ? undefined : known.current, all: known.all.filter((one) => one.name !== name) });
  terminal.out(json ? jsonText({ removed: name }) : `Removed ${name}${known.current === name ? '; the server of the data folder is in use now' : ''}.`);
  return 0;
}

function list({ terminal, json }: Call): ExitCode {
  const { current, all } = readContexts();
  const items = all.map(({ name, url, production }) => ({ name, url, production, inUse: name === current }));
  if (json) terminal.out(jsonText({ items }));
  else
    table(
      terminal,
      ['USED', 'NAME', 'PRODUCTION', 'URL'],
      items.map((one) => [one.inUse ? '*' : '', one.name, one.production ? 'yes' : '', one.url]),
    );
  return 0;
}
