// palace key: API keys of the caller's tenant.
import { Api } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { refused } from '../failure.ts';
import { findServer } from '../find-server.ts';
import { readPages } from '../pages.ts';
import { jsonText, oneLine, table } from '../terminal.ts';

const MOST_KEYS = 10_000;

export async function execute(call: Call): Promise<ExitCode> {
  const [action, id] = call.args.positionals;
  if (action === 'revoke') return revoke(call, id);
  if (id !== undefined) throw refused(`palace key ${action} takes no id.`, { next: 'palace key --help' });
  return action === 'create' ? create(call) : list(call);
}

async function create(call: Call): Promise<ExitCode> {
  const { args, terminal, json } = call;
  const name = args.text('name');
  if (name === undefined) throw refused('--name is missing: say what the key is for.', { next: 'palace key create --name ci --role operator' });
  const forMs = args.durationMs('expires');
  const expiry = forMs === undefined ? {} : { expiresAt: new Date(Date.now() + forMs).toISOString() };
  const key = await new Api(new Client(findServer(call))).createKey({ name, role: args.text('role') ?? 'operator', ...expiry });
  terminal.out(json ? jsonText(key) : key.secret);
  if (!json) terminal.note(`Shown this once. Role ${key.role}, id ${oneLine(key.id)}${key.expiresAt === undefined ? '' : `, until ${key.expiresAt}`}.`);
  return 0;
}

async function list({ args, terminal, json, ...rest }: Call): Promise<ExitCode> {
  const api = new Api(new Client(findServer({ args, terminal, json, ...rest })));
  const { items } = await readPages(MOST_KEYS, (cursor) => api.listKeys(cursor));
  if (json) terminal.out(jsonText({ items }));
  else
    table(
      terminal,
      ['ID', 'ROLE', 'CREATED', 'UNTIL', 'LAST USED', 'NAME'],
      items.map((key) => [key.id, key.role, key.createdAt, key.revokedAt === undefined ? (key.expiresAt ?? '') : 'revoked', key.lastUsedAt ?? '', key.name]),
    );
  return 0;
}

async function revoke(call: Call, id: string | undefined): Promise<ExitCode> {
  if (id === undefined) throw refused('palace key revoke needs the id of a key.', { next: 'palace key list' });
  await new Api(new Client(findServer(call))).revokeKey(id);
  call.terminal.out(call.json ? jsonText({ revoked: id }) : `Revoked ${oneLine(id)}.`);
  return 0;
}
