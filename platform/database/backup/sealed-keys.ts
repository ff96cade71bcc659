// The keys of an installation in a backup: sealed with a key that follows from a passphrase (scrypt), AES-256-GCM. The vault's key opens the
// secrets; the installation's key seals the audit log, and is what its processes trust each other by.
// I1 Without `--with-key` no backup holds them: who finds one then reads no secret and forges no log.
// I2 The passphrase is kept nowhere, and a wrong one opens nothing.
// Called by take.ts and restore.ts.
import { randomBytes, scrypt } from 'node:crypto';
import { z } from 'zod';
import { PalaceError } from '../../errors.ts';
import type { Secret } from '../../secret.ts';
import { KEY_BYTES, openWith, sealWith } from '../../vault/sealing.ts';

const SHORTEST_PASSPHRASE = 12;
/** 128 MiB and about half a second a try. */
const COST = { N: 131_072, r: 8, p: 1 };
const MEMORY = 256 * 1024 * 1024;
const BOUND_TO = ['keys in a backup'];

const keys = z.strictObject({ installation: z.string().min(32).max(4_096), vault: z.string().max(8_192).optional() });

/** `vault`: the text of the key file; absent where nobody gave the installation one. */
export type InstallationKeys = z.output<typeof keys>;

const sealedKeys = z.strictObject({
  kdf: z.literal('scrypt'),
  N: z.literal(COST.N),
  r: z.literal(COST.r),
  p: z.literal(COST.p),
  salt: z.string().regex(/^[0-9a-f]{32}$/),
  sealed: z.base64().max(32_768),
});

export async function sealKeys(given: InstallationKeys, passphrase: Secret<string>): Promise<Buffer> {
  if ([...passphrase.reveal()].length < SHORTEST_PASSPHRASE)
    throw new PalaceError('backup.key', { detail: `The passphrase is shorter than ${SHORTEST_PASSPHRASE} characters.` });
  const salt = randomBytes(16);
  const key = await keyOf(passphrase, salt);
  const sealed = Buffer.from(sealWith(key, 0, BOUND_TO, Buffer.from(JSON.stringify(given)))).toString('base64');
  return Buffer.from(JSON.stringify({ kdf: 'scrypt', ...COST, salt: salt.toString('hex'), sealed }));
}

export async function openKeys(payload: Uint8Array, passphrase: Secret<string>): Promise<InstallationKeys> {
  const parsed = sealedKeys.safeParse(jsonOf(payload));
  if (!parsed.success) throw unknown();
  const key = await keyOf(passphrase, Buffer.from(parsed.data.salt, 'hex'));
  const plain = openWith(key, BOUND_TO, Buffer.from(parsed.data.sealed, 'base64'));
  if (plain === undefined) throw new PalaceError('backup.key', { detail: 'The passphrase does not open the keys in the backup.' });
  const found = keys.safeParse(jsonOf(plain));
  if (!found.success) throw unknown();
  return found.data;
}

const unknown = (): PalaceError => new PalaceError('backup.key', { detail: 'The keys in the backup are sealed in a way that this release does not know.' });

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function keyOf(passphrase: Secret<string>, salt: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase.reveal().normalize('NFC'), salt, KEY_BYTES, { ...COST, maxmem: MEMORY }, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}
