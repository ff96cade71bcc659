// Keep-alive connections, one pool for each (tenant, origin, checked addresses).
// I1 A connection is never shared by two tenants, nor by two answers of the resolver: a changed answer opens a new pool.
// I2 The pool's lookup returns the checked addresses and nothing else, so a name that changes after the check changes nothing.
// I3 Pools that nobody uses are closed when others are opened; their number is bounded.
// The pool is imported by its own path because all of undici costs 5 MB and 100 ms more.
import Pool from 'undici/lib/dispatcher/pool.js';
import type { LookupFunction } from 'node:net';
import type { ResolvedAddress } from './policy.ts';
import { EgressFailure } from './port.ts';
import type { Target } from './target.ts';

export interface OpenPool {
  readonly key: string;
  readonly pool: Pool;
  /** Requests given to the pool and not finished. */
  inFlight: number;
  lastUsedMs: number;
}

export interface PoolOptions {
  readonly maxConnections: number;
  readonly ca: string | undefined;
  readonly now: () => number;
}

const MAX_POOLS = 512;
const IDLE_POOL_MS = 30_000;
const WAITING_PER_CONNECTION = 64;
const CONNECT_TIMEOUT_MS = 10_000;
const MAX_HEADER_BYTES = 32_768;

/** Answers with the checked addresses whatever it is asked: they differ from the checked ones never. */
function pinned(addresses: readonly ResolvedAddress[]): LookupFunction {
  const all = addresses.map(({ address, family }) => ({ address, family }));
  return (_host, options, callback) => {
    const first = all[0];
    if (options.all === true) callback(null, all);
    else callback(null, first?.address ?? '', first?.family);
  };
}

function openPool(origin: string, addresses: readonly ResolvedAddress[], options: PoolOptions): Pool {
  return new Pool(origin, {
    connections: options.maxConnections,
    pipelining: 1,
    allowH2: false,
    headersTimeout: 0, // the exchange has one hard deadline of its own
    bodyTimeout: 0,
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 60_000,
    maxHeaderSize: MAX_HEADER_BYTES,
    connect: {
      lookup: pinned(addresses),
      autoSelectFamily: addresses.length > 1,
      timeout: CONNECT_TIMEOUT_MS,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    },
  });
}

export class Pools {
  readonly #pools = new Map<string, OpenPool>();
  readonly #options: PoolOptions;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** The pool for an enforced target. Throws EgressFailure when too many requests wait for it. */
  take(tenant: string, target: Target, addresses: readonly ResolvedAddress[]): OpenPool {
    const pinnedTo = target.family === 0 ? addresses.map((entry) => entry.address).join(',') : '';
    const key = `${tenant}\n${target.origin}\n${pinnedTo}`;
    const open = this.#pools.get(key) ?? this.#open(key, target, addresses);
    if (open.inFlight >= this.#options.maxConnections * WAITING_PER_CONNECTION) {
      throw new EgressFailure('connect', 'not-sent', `Too many requests wait for a connection to ${target.origin}.`);
    }
    open.lastUsedMs = this.#options.now();
    return open;
  }

  #open(key: string, target: Target, addresses: readonly ResolvedAddress[]): OpenPool {
    this.#closeIdle();
    if (this.#pools.size >= MAX_POOLS) throw new EgressFailure('connect', 'not-sent', `More than ${MAX_POOLS} places are being called at once.`);
    const open = { key, pool: openPool(target.origin, addresses, this.#options), inFlight: 0, lastUsedMs: 0 };
    this.#pools.set(key, open);
    return open;
  }

  #closeIdle(): void {
    const idleSince = this.#options.now() - (this.#pools.size >= MAX_POOLS ? 0 : IDLE_POOL_MS);
    for (const open of this.#pools.values()) {
      if (open.inFlight > 0 || open.lastUsedMs > idleSince) continue;
      this.#pools.delete(open.key);
      void open.pool.destroy();
    }
  }

  async close(): Promise<void> {
    const open = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(open.map(({ pool }) => pool.destroy()));
  }
}
