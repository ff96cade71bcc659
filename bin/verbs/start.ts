// palace start gateway|flow|web: one service in this process: against a database and a bus given by URL, or before a gateway.
import { loadConfig, type Config } from '@palace/platform/config.ts';
import type { Arguments } from '../arguments.ts';
import type { Call } from '../call.ts';
import type { ExitCode } from '../command.ts';
import { CommandFailure, refused } from '../failure.ts';
import type { ServiceProcess } from '../serve/service-process.ts';
import { onStop } from '../serve/stopping.ts';
import { jsonText, style } from '../terminal.ts';

const DEFAULT_PORT: Readonly<Record<string, number>> = { gateway: 8080, flow: 8081, web: 8082 };

const SERVICES = ['gateway', 'flow', 'web'] as const;
type Service = (typeof SERVICES)[number];

export async function execute(call: Call): Promise<ExitCode> {
  const stopping = onStop();
  const { args, terminal, json } = call;
  const service = SERVICES.find((one) => one === args.positionals[0]) ?? 'flow';
  const config = configFor(call, service);
  if (args.has('build-only')) return buildAlone(call, config, stopping.signal);
  const running = await open(call, service, config);
  if (json) terminal.out(jsonText({ ready: true, service, url: running.url, pids: { palace: process.pid } }));
  else terminal.out(`${style('green', `${service} is ready`)} at ${running.url}`);
  const signal = await stopping.asked;
  terminal.note(`palace: ${signal}, stopping; running steps finish first. A second signal stops at once.`);
  await running.close();
  return 0;
}

async function open({ args, terminal, program }: Call, service: Service, config: Config): Promise<ServiceProcess> {
  const say = (what: string): void => terminal.note(`palace: ${what}`);
  if (service === 'web') {
    const { openWebProcess } = await import('../serve/web-process.ts');
    return openWebProcess({ config, gatewayUrl: args.text('gateway') ?? '', program, say });
  }
  const { openServiceProcess } = await import('../serve/service-process.ts');
  return openServiceProcess({ service, config, flowUrls: args.all('flow-url'), credentials: args.text('credentials'), say });
}

async function buildAlone({ terminal, json }: Call, config: Config, signal: AbortSignal): Promise<ExitCode> {
  const { buildOnly } = await import('../serve/web-process.ts');
  const { folder, built, seconds } = await buildOnly({ config, say: (what) => terminal.note(`palace: ${what}`) }, signal);
  if (json) terminal.out(jsonText({ built, folder, seconds }));
  else terminal.out(built ? `${style('green', 'The console is built')} in ${folder} (${seconds} s).` : `The console lies built in ${folder}.`);
  return 0;
}

function configFor({ args }: Call, service: Service): Config {
  const { host, port } = address(args.text('listen'), DEFAULT_PORT[service] ?? 0);
  const config = loadConfig({ http: { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) } });
  refuseMixed(args, service);
  if (service === 'web') return config;
  if (config.database.url.reveal() === '') {
    throw new CommandFailure(2, `palace start ${service} needs the address of a PostgreSQL.`, {
      next: 'Set PALACE_DATABASE_URL=postgres://..., or start everything on this machine with palace up.',
    });
  }
  return config;
}

/** Each flag belongs to one service, and each of two services needs to be told of another. */
function refuseMixed(args: Arguments, service: Service): void {
  const urls = args.all('flow-url');
  const gateway = args.text('gateway');
  if (service !== 'gateway' && (urls.length > 0 || args.has('credentials')))
    throw refused('--flow-url and --credentials are for the gateway.', { next: 'palace start --help' });
  if (service !== 'web' && (gateway !== undefined || args.has('build-only')))
    throw refused('--gateway and --build-only are for web.', { next: 'palace start --help' });
  if (service === 'gateway' && urls.length === 0)
    throw refused('palace start gateway needs the address of a flow process.', { next: 'palace start gateway --flow-url http://127.0.0.1:8081' });
  if (service === 'web' && gateway === undefined && !args.has('build-only'))
    throw refused('palace start web needs the address of a gateway.', { next: 'palace start web --gateway http://127.0.0.1:8080' });
  for (const url of gateway === undefined ? urls : [gateway])
    if (!URL.canParse(url)) throw refused(`"${url}" is not an address.`, { next: 'Write it like http://127.0.0.1:8081.' });
}

/** Host and port of --listen; the environment goes before our default port, not before the flag. */
function address(text: string | undefined, defaultPort: number): { host?: string; port?: number } {
  if (text === undefined) return { port: defaultPort };
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:\s]+)?:?(\d{1,5})?$/.exec(text);
  if (match === null || text === '') throw refused(`"${text}" is not HOST:PORT.`, { next: 'Write it like 127.0.0.1:8081.' });
  const host = match[1]?.replace(/^\[|\]$/g, '');
  return { ...(host === undefined ? {} : { host }), port: match[2] === undefined ? defaultPort : Number(match[2]) };
}
