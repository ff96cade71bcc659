// Contexts: servers by name, with their keys, in the user's own configuration folder.
// I1 The file is the user's alone (0600, in a folder of 0700): one that others may read is refused. It appears whole or not at all.
// I2 A key leaves this file only to its own server: nothing prints it.
// I3 What is marked as production stays so however its address is named: by the context, by a flag, by the environment.
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { readClientEnvironment } from '@palace/platform/config.ts';
import { z } from 'zod';
import { refused } from './failure.ts';
import { oneLine } from './terminal.ts';

export interface Context {
  readonly name: string;
  readonly url: string;
  readonly apiKey: string;
  readonly production: boolean;
}

export interface Contexts {
  /** The one in use; undefined: the server of the data folder. */
  readonly current: string | undefined;
  readonly all: readonly Context[];
}

/** Means that none is in use. */
export const LOCAL = 'local';
const MOST_CONTEXTS = 100;
const LARGEST_FILE = 200_000;
const FILE = z.strictObject({
  current: z.string().optional(),
  contexts: z.array(z.strictObject({ name: z.string(), url: z.string(), apiKey: z.string(), production: z.boolean() })).max(MOST_CONTEXTS),
});
const NONE: Contexts = { current: undefined, all: [] };

export function contextsFile(): string {
  return join(readClientEnvironment().configHome ?? join(homedir(), '.config'), 'agentspalace', 'contexts.json');
}

export function readContexts(path = contextsFile()): Contexts {
  let text: string;
  try {
    const { mode, size } = statSync(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw refused(`${path} can be read by other accounts, and has keys in it.`, { next: `chmod 600 ${path}` });
    text = size > LARGEST_FILE ? '' : readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return NONE;
    if (code === undefined) throw error;
    throw refused(`${path} cannot be read (${code}).`, { next: 'Give it back to this account, or remove it.' });
  }
  const parsed = FILE.safeParse(parse(text));
  if (!parsed.success) throw refused(`${path} is damaged.`, { next: 'Remove it and add the contexts again: palace context add NAME --url URL' });
  return { current: parsed.data.current, all: parsed.data.contexts };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** I1 */
export function writeContexts({ current, all }: Contexts, path = contextsFile()): void {
  if (all.length > MOST_CONTEXTS) throw refused(`At most ${MOST_CONTEXTS} contexts are kept.`, { next: 'palace context rm NAME' });
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}`;
  try {
    writeFileSync(draft, `${JSON.stringify({ ...(current !== undefined && { current }), contexts: all }, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    chmodSync(draft, 0o600);
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}

export function checkContextName(name: string): string {
  if (name === LOCAL) throw refused(`"${LOCAL}" means the server of the data folder; it needs no context.`, { next: `palace context use ${LOCAL}` });
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name))
    throw refused(`"${oneLine(name, 100)}" cannot name a context.`, { next: 'Use lower-case letters, digits and "-", at most 63.' });
  return name;
}

export function contextNamed(name: string, { all } = readContexts()): Context {
  const found = all.find((one) => one.name === name);
  if (found === undefined) throw refused(`There is no context "${oneLine(name, 100)}".`, { next: 'palace context list' });
  return found;
}

/** `named`: by a flag or the environment; otherwise the one in use. Undefined: the server of the data folder. */
export function contextInUse(named: string | undefined): Context | undefined {
  if (named === LOCAL) return undefined;
  const known = readContexts();
  const name = named ?? known.current;
  return name === undefined ? undefined : contextNamed(name, known);
}

/** I3 */
export function productionAt(url: URL): Context | undefined {
  return readContexts().all.find((one) => one.production && URL.canParse(one.url) && isSame(new URL(one.url), url));
}

const isSame = (a: URL, b: URL): boolean => a.origin === b.origin && a.pathname.replace(/\/+$/, '') === b.pathname.replace(/\/+$/, '');
