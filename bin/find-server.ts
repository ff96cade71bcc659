// Where the server is and with which key. The first of these that names an address has it:
//   --url or --data, --server, PALACE_URL, PALACE_CONTEXT, the context in use, DIR/credentials.json of `palace up`.
// A key that is given (--api-key, PALACE_API_KEY) goes before the one that was kept.
// I1 The key of a data folder is sent to that folder's server only, or to another loopback address, never elsewhere; that of a context to
//    its own address alone.
// I2 In a production context a verb that destroys something asks first (confirm.ts), before anything is sent.
import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { readClientEnvironment } from '@palace/platform/config.ts';
import type { Call } from './call.ts';
import { shellWord } from './call.ts';
import { confirmDestruction } from './confirm.ts';
import { contextInUse, LOCAL, productionAt, type Context } from './contexts.ts';
import { CommandFailure, refused } from './failure.ts';
import type { Terminal } from './terminal.ts';

export interface Server {
  readonly url: URL;
  readonly apiKey: string;
  /** Appended to commands shown to people, so that they reach the same server. */
  readonly flags: string;
  /** What to run when nothing answers. */
  readonly startCommand: string;
}

export interface Credentials {
  readonly url: string;
  readonly apiKey: string;
}

export function dataFolder(given: string | undefined): string {
  const chosen = given ?? readClientEnvironment().data;
  if (chosen === undefined) return join(homedir(), '.agentspalace');
  if (chosen === '') throw refused('--data needs a folder.');
  return resolve(chosen === '~' || chosen.startsWith('~/') ? homedir() + chosen.slice(1) : chosen);
}

export function credentialsFile(dir: string): string {
  return join(dir, 'credentials.json');
}

/** Undefined when there is no such file. */
export function readCredentials(dir: string): Credentials | undefined {
  const path = credentialsFile(dir);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw refused(`${path} cannot be read (${code ?? String(error)}).`, { next: 'Use the account that ran `palace up`, or give --url and --api-key.' });
  }
  const value = parseCredentials(text);
  if (value === undefined) throw refused(`${path} is damaged.`, { next: 'Stop the server with `palace down`, then `palace up` writes the file again.' });
  return value;
}

/** Undefined when the text is something else. */
export function parseCredentials(text: string): Credentials | undefined {
  try {
    const { url, apiKey } = JSON.parse(text) as Partial<Credentials>;
    return typeof url === 'string' && typeof apiKey === 'string' ? { url, apiKey } : undefined;
  } catch {
    return undefined;
  }
}

/** `folder` stands for --data where a verb gives that flag another meaning too. */
export function findServer(call: Call, folder = { data: call.args.text('data') }): Server {
  const context = contextFor(call, folder.data);
  const server = context === undefined ? serverOfFolder(call, folder.data) : serverOfContext(call, context);
  if (call.command.destroys !== undefined) {
    const production = context?.production === true ? context : productionAt(server.url);
    if (production !== undefined) confirmDestruction(call, production);
  }
  warnPlain(server.url, call.terminal);
  return server;
}

function contextFor({ args }: Call, data: string | undefined): Context | undefined {
  const named = args.text('server');
  const other = args.has('url') ? '--url' : data !== undefined ? '--data' : undefined;
  if (named !== undefined && named !== LOCAL && other !== undefined)
    throw refused(`--server and ${other} both say which server is meant.`, { next: 'Leave one of them out.' });
  if (other !== undefined) return undefined;
  const environment = readClientEnvironment();
  if (named === undefined && environment.url !== undefined) return undefined;
  return contextInUse(named ?? environment.context);
}

function serverOfContext({ args }: Call, { name, url, apiKey }: Context): Server {
  const given = args.text('api-key') ?? readClientEnvironment().apiKey;
  const flags = args.has('server') ? ` --server ${shellWord(name)}` : '';
  return { url: serverUrl(url), apiKey: checkedKey(given ?? apiKey), flags, startCommand: 'palace context list' };
}

function serverOfFolder(call: Call, data: string | undefined): Server {
  const environment = readClientEnvironment();
  const dir = dataFolder(data);
  const givenUrl = call.args.text('url') ?? (call.args.text('server') === LOCAL ? undefined : environment.url);
  const givenKey = call.args.text('api-key') ?? environment.apiKey;
  const file = givenUrl === undefined || givenKey === undefined ? readCredentials(dir) : undefined;
  const flags = [call.args.has('url') ? ` --url ${shellWord(call.args.text('url') ?? '')}` : '', data === undefined ? '' : ` --data ${shellWord(data)}`].join(
    '',
  );
  const startCommand = `palace up${data === undefined ? '' : ` --data ${shellWord(data)}`}`;
  const address = givenUrl ?? file?.url;
  if (address === undefined) {
    throw new CommandFailure(6, `No server runs with the data folder ${dir}: it has no credentials.json.`, {
      next: `${startCommand} (or name a server with --url and PALACE_API_KEY).`,
    });
  }
  const url = serverUrl(address);
  const apiKey = givenKey ?? keyFromFile(file, url, call.args.has('data'));
  if (apiKey === undefined) throw refused(`No API key was given for ${url.origin}.`, { next: 'Set PALACE_API_KEY, or pass --api-key.' });
  return { url, apiKey: checkedKey(apiKey), flags, startCommand };
}

function checkedKey(apiKey: string): string {
  if (/^[\x21-\x7e]{1,500}$/.test(apiKey)) return apiKey;
  throw refused('The API key has characters that no key has.', { next: 'Copy the key again, without spaces or line ends.' });
}

export function serverUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw refused(`"${text}" is not an http or https address.`, { next: 'Write it like http://127.0.0.1:8080.' });
  if (url.username !== '' || url.search !== '' || url.hash !== '')
    throw refused('The address must not carry a user name, a query or a fragment.', { next: 'Give the key with PALACE_API_KEY or --api-key.' });
  return url;
}

function keyFromFile(file: Credentials | undefined, url: URL, folderNamed: boolean): string | undefined {
  if (file === undefined) return undefined;
  const own = URL.canParse(file.url) && new URL(file.url).origin === url.origin;
  return own || folderNamed || isLoopback(url) ? file.apiKey : undefined;
}

export function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '[::1]' || (isIPv4(url.hostname) && url.hostname.startsWith('127.'));
}

function warnPlain(url: URL, terminal: Terminal): void {
  if (url.protocol === 'http:' && !isLoopback(url)) terminal.note(`palace: the key goes to ${url.origin} unencrypted; use https.`);
}
