// palace egress: the addresses that flows may call beyond the public ones.
import { Api } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { refused } from '../failure.ts';
import { findServer } from '../find-server.ts';
import { readPages } from '../pages.ts';
import { jsonText, oneLine, table } from '../terminal.ts';

const MOST_RULES = 10_000;

export async function execute(call: Call): Promise<ExitCode> {
  const { args, terminal, json } = call;
  const [action, address] = args.positionals;
  if (action === 'list') return list(call, address);
  if (address === undefined) throw refused(`palace egress ${action} needs HOST:PORT.`, { next: `palace egress ${action} 127.0.0.1:11434` });
  checkAddress(address);
  const decided = action === 'deny' ? 'deny' : 'allow';
  const rule = await new Api(new Client(findServer(call))).setEgressRule(address, decided, args.text('reason') ?? `palace egress ${decided}`);
  terminal.out(json ? jsonText(rule) : `Flows may ${decided === 'deny' ? 'not' : 'now'} call ${oneLine(rule.address)}.`);
  return 0;
}

async function list(call: Call, address: string | undefined): Promise<ExitCode> {
  const { terminal, json } = call;
  if (address !== undefined) throw refused('palace egress list takes no address.');
  const api = new Api(new Client(findServer(call)));
  const { items } = await readPages(MOST_RULES, (cursor) => api.egressRules(cursor));
  if (json) terminal.out(jsonText({ items }));
  else
    table(
      terminal,
      ['ADDRESS', 'RULE', 'REASON'],
      items.map((rule) => [rule.address, rule.action, rule.reason]),
    );
  return 0;
}

function checkAddress(text: string): void {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:/@\s[\]]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port < 1 || port > 65_535)
    throw refused(`"${text}" is not HOST:PORT.`, { next: 'Write the exact address, e.g. 127.0.0.1:11434 or [::1]:8080.' });
}
