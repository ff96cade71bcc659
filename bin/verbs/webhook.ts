// palace webhook: addresses that others deliver to.
import { Api, type CreatedWebhook } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { refused } from '../failure.ts';
import { findServer } from '../find-server.ts';
import { readStandardInput, readText } from '../read-input.ts';
import { jsonText, oneLine, table } from '../terminal.ts';

type Scheme = 'standard' | 'github' | 'token';

export async function execute(call: Call): Promise<ExitCode> {
  const [action = '', name] = call.args.positionals;
  if (action === 'list') {
    if (name !== undefined) throw refused('palace webhook list takes no name.', { next: `palace webhook deliveries ${name}` });
    return list(call);
  }
  if (name === undefined) throw refused(`palace webhook ${action} needs the name of a webhook.`, { next: 'palace webhook list' });
  if (action === 'create') return create(call, name);
  if (action === 'rotate') return rotate(call, name);
  return action === 'rm' ? remove(call, name) : deliveries(call, name);
}

const apiOf = (call: Call): Api => new Api(new Client(findServer(call)));

/** Never an argument: other users can see those. */
function broughtSecret({ args }: Call): { secret?: string } {
  const file = args.text('secret-file');
  if (file === undefined) return {};
  return { secret: (file === '-' ? readStandardInput() : readText(file, '--secret-file')).trim() };
}

async function create(call: Call, name: string): Promise<ExitCode> {
  const { args, terminal, json } = call;
  const type = args.text('type');
  if (type === undefined)
    throw refused('--type is missing: of which type are the events that deliveries become?', {
      next: `palace webhook create ${name} --type com.example.order`,
    });
  const flow = args.text('flow');
  const header = args.text('header');
  const environment = args.text('env');
  const scheme = (args.text('scheme') ?? 'standard') as Scheme;
  const api = apiOf(call);
  const made = await api.createWebhook({
    name,
    type,
    scheme,
    ...(flow === undefined ? {} : { flow }),
    ...(header === undefined ? {} : { header }),
    ...(environment === undefined ? {} : { environment }),
    ...broughtSecret(call),
  });
  show(call, api, made);
  if (!json) terminal.note(`Deliveries of ${name}: palace webhook deliveries ${name}`);
  return 0;
}

/** The secret alone on standard output, so that a script can take it; the rest beside it. */
function show({ terminal, json, args }: Call, api: Api, made: CreatedWebhook): void {
  if (json) return terminal.out(jsonText(made));
  terminal.note(`Address: ${api.client.server.url.origin}${made.path}`);
  if (!args.has('secret-file')) {
    terminal.note('The secret, shown this once:');
    terminal.out(made.secret);
  }
}

async function rotate(call: Call, name: string): Promise<ExitCode> {
  const overlapMs = call.args.durationMs('overlap');
  const api = apiOf(call);
  const made = await api.rotateWebhook(name, {
    ...(overlapMs === undefined ? {} : { overlapSeconds: Math.ceil(overlapMs / 1_000) }),
    ...broughtSecret(call),
  });
  show(call, api, made);
  if (!call.json && made.oldSecretUntil !== undefined) call.terminal.note(`The secret before counts until ${made.oldSecretUntil}.`);
  return 0;
}

async function list(call: Call): Promise<ExitCode> {
  const { items } = await apiOf(call).listWebhooks();
  if (call.json) call.terminal.out(jsonText({ items }));
  else
    table(
      call.terminal,
      ['NAME', 'TYPE', 'FLOW', 'SCHEME', 'CREATED', 'ADDRESS'],
      items.map((one) => [
        one.name,
        one.type,
        one.flow ?? '',
        one.header === undefined ? one.scheme : `${one.scheme} (${one.header})`,
        one.createdAt,
        one.path,
      ]),
    );
  return 0;
}

async function deliveries(call: Call, name: string): Promise<ExitCode> {
  const { items } = await apiOf(call).webhookDeliveries(name, call.args.integer('limit') ?? 50);
  if (call.json) call.terminal.out(jsonText({ items }));
  else
    table(
      call.terminal,
      ['TIME', 'OUTCOME', 'MESSAGE', 'BECAME', 'REASON'],
      items.map((one) => [one.at, one.outcome, one.message ?? '', one.became ?? '', one.reason ?? '']),
    );
  return 0;
}

async function remove(call: Call, name: string): Promise<ExitCode> {
  await apiOf(call).removeWebhook(name);
  call.terminal.out(call.json ? jsonText({ removed: name }) : `Removed ${oneLine(name)}.`);
  return 0;
}
