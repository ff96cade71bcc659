// palace egress: the addresses that flows may call beyond the public ones.
import { Api } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { refused } from '../failure.ts';
import { findServer } from '../find-server.ts';
import { jsonText, table } from '../terminal.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const { args, terminal, json } = call;
  const [action, address] = args.positionals;
  if (action === 'list') {
    if (address !== undefined) throw refused('palace egress list takes no address.');
    const { items } = await new Api(new Client(findServer(call))).egressRules();
    if (json) terminal.out(jsonText({ items }));
    else table(terminal, ['ADDRESS', 'RULE', 'REASON'], items.map((rule) => [hostAndPort(rule.host, rule.port), rule.action, rule.reason]));
    return 0;
  }
  if (address === undefined) throw refused(`palace egress ${action} needs HOST:PORT.`, { next: `palace egress ${action} 127.0.0.1:11434` });
  const { host, port } = parseAddress(address);
  const rule = { host, port, action: action === 'deny' ? ('deny' as const) : ('allow' as const), reason: args.text('reason') ?? `palace egress ${action}` };
  const kept = await new Api(new Client(findServer(call))).setEgressRule(rule);
  terminal.out(json ? jsonText(kept ?? rule) : `Flows may ${action === 'deny' ? 'no longer' : 'now'} call ${hostAndPort(host, port)}.`);
  return 0;
}

function parseAddress(text: string): { host: string; port: number } {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:/@\s[\]]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port < 1 || port > 65_535) throw refused(`"${text}" is not HOST:PORT.`, { next: 'Write the exact address, e.g. 127.0.0.1:11434 or [::1]:8080.' });
  return { host: (match[1] ?? '').replace(/^\[|\]$/g, '').toLowerCase(), port };
}

function hostAndPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
