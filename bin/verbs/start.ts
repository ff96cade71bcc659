// palace start gateway|flow: one service in this process, against a database and a bus given by URL.
import { loadConfig, type Config } from '@palace/platform/config.ts';
import type { Call } from '../call.ts';
import type { ExitCode } from '../command.ts';
import { CommandFailure, refused } from '../failure.ts';
import { onStop } from '../serve/stopping.ts';
import { jsonText, style } from '../terminal.ts';

const DEFAULT_PORT: Readonly<Record<string, number>> = { gateway: 8080, flow: 8081 };

export async function execute(call: Call): Promise<ExitCode> {
  const stopping = onStop();
  const { args, terminal, json } = call;
  const service = args.positionals[0] === 'gateway' ? 'gateway' : 'flow';
  const config = configFor(call, service);
  const { openServiceProcess } = await import('../serve/service-process.ts');
  const running = await openServiceProcess({
    service,
    config,
    flowUrls: args.all('flow-url'),
    credentials: args.text('credentials'),
    say: (what) => terminal.note(`palace: ${what}`),
  });
  if (json) terminal.out(jsonText({ ready: true, service, url: running.url, pids: { palace: process.pid } }));
  else terminal.out(`${style('green', `${service} is ready`)} at ${running.url}`);
  const signal = await stopping.asked;
  terminal.note(`palace: ${signal}, stopping; running steps finish first. A second signal stops at once.`);
  await running.close();
  return 0;
}

function configFor({ args }: Call, service: string): Config {
  const { host, port } = address(args.text('listen'), DEFAULT_PORT[service] ?? 0);
  const config = loadConfig({ http: { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) } });
  if (config.database.url.reveal() === '') {
    throw new CommandFailure(2, `palace start ${service} needs the address of a PostgreSQL.`, {
      next: 'Set PALACE_DATABASE_URL=postgres://..., or start everything on this machine with palace up.',
    });
  }
  const urls = args.all('flow-url');
  if (service === 'gateway' && urls.length === 0)
    throw refused('palace start gateway needs the address of a flow process.', { next: 'palace start gateway --flow-url http://127.0.0.1:8081' });
  if (service === 'flow' && (urls.length > 0 || args.has('credentials')))
    throw refused('--flow-url and --credentials are for the gateway.', { next: 'palace start --help' });
  for (const url of urls)
    if (!URL.canParse(url)) throw refused(`"${url}" is not an address.`, { next: 'palace start gateway --flow-url http://127.0.0.1:8081' });
  return config;
}

/** Host and port of --listen; the environment goes before our default port, not before the flag. */
function address(text: string | undefined, defaultPort: number): { host?: string; port?: number } {
  if (text === undefined) return { port: defaultPort };
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:\s]+)?:?(\d{1,5})?$/.exec(text);
  if (match === null || text === '') throw refused(`"${text}" is not HOST:PORT.`, { next: 'Write it like 127.0.0.1:8081.' });
  const host = match[1]?.replace(/^\[|\]$/g, '');
  return { ...(host === undefined ? {} : { host }), port: match[2] === undefined ? defaultPort : Number(match[2]) };
}
