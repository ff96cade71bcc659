// What can be done with API keys, by people through routes and by `bin/` at start-up.
// I1 A key is made by a role that is not lower than its own, so nobody raises themselves (S07, S09).
// I2 The whole key leaves once, in the answer to its creation.
import { PalaceError } from '@palace/platform/errors.ts';
import { ROLES } from './contract.ts';
import type { ApiKey, Role } from './contract.ts';
import { mintKey } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import type { GatewayStore } from './store.ts';

export interface KeyWishes {
  readonly name: string;
  readonly role: Role;
  /** RFC 3339. */
  readonly expiresAt?: string | undefined;
}

export interface Keys {
  /** `secret` is the whole key, shown once. `keep` is given it before it is stored: what it throws keeps the key from being made. */
  create(tenant: string, wishes: KeyWishes, keep?: (secret: string) => void): Promise<ApiKey & { readonly secret: string }>;
  revoke(tenant: string, id: string): Promise<void>;
  list(tenant: string, limit?: number, after?: string): Promise<ApiKey[]>;
}

export function openKeys(store: GatewayStore, credentials: Credentials): Keys {
  return {
    async create(tenant, { name, role, expiresAt }, keep) {
      if (expiresAt !== undefined && !(Date.parse(expiresAt) > Date.now())) {
        throw new PalaceError('request.invalid', { errors: [{ path: '/expiresAt', message: 'The key would be expired at once.' }] });
      }
      await store.ensureTenant(tenant);
      const { id, secret, hash } = mintKey();
      keep?.(secret);
      const key = await store.addKey(tenant, { id, hash, name, role, expiresAt });
      return { ...key, secret };
    },
    async revoke(tenant, id) {
      await store.revokeKey(tenant, id);
      credentials.forget(id);
    },
    list: (tenant, limit = 200, after) => store.listKeys(tenant, limit, after),
  };
}

/** ROLES is ordered from the highest. */
export function mayManage(actor: Role, subject: Role): boolean {
  return ROLES.indexOf(actor) <= ROLES.indexOf(subject);
}
