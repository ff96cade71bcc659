// The key of the local owner and the file that carries it: DIR/credentials.json, readable by its owner alone.
// I1 The file appears whole: written beside, synced, renamed. It never exists with a wider mode than 0600.
// I2 A key that still works is kept, so that shells and scripts survive a restart.
// I3 The file is there before its key is: a key that nobody received cannot exist.
// I4 Of the keys that were made for this file only the one in it works.
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { INSTALLATION_TENANT, type ApiKey } from '@palace/gateway/contract.ts';
import type { Gateway } from '@palace/gateway/service.ts';
import { refused } from '../failure.ts';
import { credentialsFile, parseCredentials, readCredentials, type Credentials } from '../find-server.ts';

export const LOCAL_TENANT = INSTALLATION_TENANT;
const GENERATED = 'palace up';
const PAGE = 200;
const MOST_PAGES = 100;

/** Writes the file for the server at `url` and answers with its path. `alone`: the database belongs to this folder and so do its generated keys. */
export async function writeCredentials(gateway: Gateway, dir: string, url: string, alone: boolean): Promise<string> {
  const known = readable(dir);
  const path = credentialsFile(dir);
  const kept = known === undefined ? undefined : await ownerId(url, known);
  if (known !== undefined && kept !== undefined) writeFile(path, { url, apiKey: known });
  const id = kept ?? (await makeOwner(gateway, GENERATED, path, url));
  if (alone) await revokeGenerated(gateway, id);
  return path;
}

/** The first key of a cluster. Nothing is done when an owner's key works already; the answer says then what to do without its file. */
export async function writeFirstKey(gateway: Gateway, path: string, url: string): Promise<string | undefined> {
  const file = resolve(path);
  if ((await usableKeys(gateway)).some((key) => key.role === 'owner')) {
    if (existsSync(file)) return undefined;
    return `${file} was not written: an owner's key exists already. With it, palace key create --name NAME --role owner makes another.`;
  }
  refuseForeign(file);
  await makeOwner(gateway, 'first owner', file, url);
  return undefined;
}

async function makeOwner(gateway: Gateway, name: string, path: string, url: string): Promise<string> {
  const { id } = await gateway.keys.create(LOCAL_TENANT, { name, role: 'owner' }, (apiKey) => writeFile(path, { url, apiKey }));
  return id;
}

async function revokeGenerated(gateway: Gateway, butNot?: string): Promise<void> {
  for (const key of await usableKeys(gateway)) if (key.name === GENERATED && key.id !== butNot) await gateway.keys.revoke(LOCAL_TENANT, key.id);
}

async function usableKeys(gateway: Gateway): Promise<ApiKey[]> {
  const found: ApiKey[] = [];
  for (let page = 0, after: string | undefined; page < MOST_PAGES; page += 1) {
    const keys = await gateway.keys.list(LOCAL_TENANT, PAGE, after);
    found.push(...keys.filter((key) => key.revokedAt === undefined && (key.expiresAt === undefined || Date.parse(key.expiresAt) > Date.now())));
    after = keys.at(-1)?.id;
    if (keys.length < PAGE) break;
  }
  return found;
}

/** The path was given by a person: what stands there and is something else is not written over. */
function refuseForeign(path: string): void {
  if (existsSync(path) && parseCredentials(text(path)) === undefined)
    throw refused(`${path} is there and is no file of credentials.`, { next: 'Name another file with --credentials.' });
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function writeFile(path: string, credentials: Credentials): void {
  try {
    writeWhole(path, credentials);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const folder = dirname(path);
    const next = code === 'ENOENT' ? `Make the folder ${folder} first, or name another file.` : `Check the rights of ${folder} and its free space.`;
    throw refused(`${path} cannot be written (${code}).`, { next, cause: error });
  }
}

function writeWhole(path: string, credentials: Credentials): void {
  const draft = `${path}.${process.pid}.draft`;
  rmSync(draft, { force: true });
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeFileSync(file, `${JSON.stringify(credentials)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
}

/** Beyond this machine the generated key must not open the door: an own key takes its place. */
export async function retireGeneratedKeys(gateway: Gateway, dir: string): Promise<boolean> {
  const usable = await usableKeys(gateway);
  if (!usable.some((key) => key.name !== GENERATED)) return false;
  await revokeGenerated(gateway);
  rmSync(credentialsFile(dir), { force: true });
  return true;
}

function readable(dir: string): string | undefined {
  try {
    return readCredentials(dir)?.apiKey;
  } catch {
    return undefined;
  }
}

/** The id of a key that opens the door as the local owner. */
async function ownerId(url: string, apiKey: string): Promise<string | undefined> {
  if (!/^[\x21-\x7e]{1,500}$/.test(apiKey)) return undefined;
  const answer = await fetch(new URL('/v1/me', url), { headers: { authorization: `Bearer ${apiKey}` }, redirect: 'error' });
  const body = (await answer.json()) as { id?: string; tenant?: string; role?: string };
  return answer.ok && body.tenant === LOCAL_TENANT && body.role === 'owner' ? body.id : undefined;
}
