// The key of the local owner and the file that carries it: DIR/credentials.json, readable by its owner alone.
// I1 The file appears whole: written beside, synced, renamed. It never exists with a wider mode than 0600.
// I2 A key that still works is kept, so that shells and scripts survive a restart.
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Gateway } from '@palace/gateway/service.ts';
import { credentialsFile, readCredentials, type Credentials } from '../find-server.ts';

export const LOCAL_TENANT = 'local';
const GENERATED = 'palace up';

/** Writes the file for the server at `url` and answers with its path. */
export async function writeCredentials(gateway: Gateway, dir: string, url: string): Promise<string> {
  const known = readable(dir);
  const apiKey =
    known !== undefined && (await works(url, known)) ? known : (await gateway.keys.create(LOCAL_TENANT, { name: GENERATED, role: 'owner' })).secret;
  const path = credentialsFile(dir);
  writeWhole(path, { url, apiKey });
  return path;
}

/** The first key of a cluster. False when the tenant has keys already; the file is left alone then. */
export async function writeFirstKey(gateway: Gateway, path: string, url: string): Promise<boolean> {
  if ((await gateway.keys.list(LOCAL_TENANT)).length > 0) return false;
  const { secret } = await gateway.keys.create(LOCAL_TENANT, { name: 'first owner', role: 'owner' });
  writeWhole(path, { url, apiKey: secret });
  return true;
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
  const keys = await gateway.keys.list(LOCAL_TENANT);
  const usable = keys.filter((key) => key.revokedAt === undefined).filter((key) => key.expiresAt === undefined || Date.parse(key.expiresAt) > Date.now());
  if (!usable.some((key) => key.name !== GENERATED)) return false;
  for (const key of usable.filter((one) => one.name === GENERATED)) await gateway.keys.revoke(LOCAL_TENANT, key.id);
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

async function works(url: string, apiKey: string): Promise<boolean> {
  if (!/^[\x21-\x7e]{1,500}$/.test(apiKey)) return false;
  const answer = await fetch(new URL('/v1/me', url), { headers: { authorization: `Bearer ${apiKey}` }, redirect: 'error' });
  const body = (await answer.json()) as { tenant?: string; role?: string };
  return answer.ok && body.tenant === LOCAL_TENANT && body.role === 'owner';
}
