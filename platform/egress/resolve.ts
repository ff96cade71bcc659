// Turns a target's host into addresses: literals at once, names through the resolver, remembered for one second.
// I1 An answer is used as a whole: policy checks all of it, and the pool dials nothing else.
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { ResolvedAddress } from './policy.ts';
import { EgressFailure } from './port.ts';
import { remember } from './remember.ts';
import type { Target } from './target.ts';

export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>;

const FRESH_MS = 1_000;
const MAX_HOSTS = 4_096;
const MAX_ADDRESSES = 64;

/** The operating system's resolver, hosts file included. */
export const systemResolve: Resolve = (host) => lookup(host, { all: true, order: 'verbatim' });

function checked(host: string, found: readonly ResolvedAddress[]): readonly ResolvedAddress[] {
  if (found.length === 0) throw new EgressFailure('dns', 'not-sent', `The name ${host} has no address.`);
  if (found.length > MAX_ADDRESSES) throw new EgressFailure('dns', 'not-sent', `The name ${host} has more than ${MAX_ADDRESSES} addresses.`);
  return found.map(({ address }) => ({ address, family: isIP(address) })).toSorted((a, b) => (a.address < b.address ? -1 : 1));
}

function dnsFailure(host: string, error: unknown): EgressFailure {
  if (error instanceof EgressFailure) return error;
  const code = (error as { code?: unknown } | null)?.code;
  return new EgressFailure('dns', 'not-sent', `The name ${host} cannot be resolved${typeof code === 'string' ? ` (${code})` : ''}.`);
}

export function cachedResolver(resolve: Resolve, now: () => number): (target: Target) => readonly ResolvedAddress[] | Promise<readonly ResolvedAddress[]> {
  const ask = async (host: string): Promise<readonly ResolvedAddress[]> => {
    try {
      return checked(host, await resolve(host));
    } catch (error) {
      throw dnsFailure(host, error);
    }
  };
  const known = remember(ask, { freshMs: FRESH_MS, maxKeys: MAX_HOSTS, now });
  return ({ host, family }) => (family === 0 ? known(host) : [{ address: host, family }]);
}
