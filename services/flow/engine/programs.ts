// Definitions in memory: linked programs by content hash (for ever valid), and which hash a name means now (for a moment).
// I1 A run keeps the hash it began with (R11); only starts ask what `latest` means, and segments of flows that opted in to upgrades.
import type { Scheduler } from '@palace/platform/durable/contract.ts';
import { link, type Linked } from '../core/link.ts';
import { PROGRAM_FORMAT } from '../core/program.ts';
import type { Definition, FlowStore, StoredProgram } from '../store/port.ts';

/** A publication by another process is seen after at most so long; one by this process at once. */
const NAME_TTL_MS = 1000;
const MAX_PROGRAMS = 2000;

export interface Programs {
  /** The linked program of a hash that is known to exist; undefined when it does not. */
  byHash(tenant: string, hash: string): Promise<Linked | undefined>;
  /** For those who only look: undefined also when the stored form cannot be used. */
  readable(tenant: string, hash: string): Promise<Linked | undefined>;
  /** `namespace/name` or `namespace/name@version`. */
  resolve(tenant: string, ref: string): Promise<Found | undefined>;
  /** The same, without waiting, when everything is at hand. */
  resolved(tenant: string, ref: string): Found | undefined;
  forget(tenant: string, namespace: string, name: string): void;
}

/** The stored form is there and cannot be used: trying again changes nothing. */
export class UnreadableProgram extends Error {
  override readonly name = 'UnreadableProgram';
}

function linkStored({ program, hash }: StoredProgram): Linked {
  try {
    return link(program, hash);
  } catch (error) {
    throw new UnreadableProgram('its compiled form is damaged', { cause: error });
  }
}

interface Found {
  readonly definition: Definition;
  readonly linked: Linked;
}

interface Named {
  definition: Definition;
  untilMs: number;
}

export function createPrograms(store: FlowStore, scheduler: Scheduler): Programs {
  const linkedByHash = new Map<string, Linked>();
  const named = new Map<string, Named>();
  /** Lookups under way. */
  const asked = new Map<string, Promise<Found | undefined>>();

  function keep(key: string, linked: Linked): void {
    if (linkedByHash.size >= MAX_PROGRAMS) linkedByHash.delete(linkedByHash.keys().next().value as string);
    linkedByHash.set(key, linked);
  }

  async function byHash(tenant: string, hash: string): Promise<Linked | undefined> {
    const key = `${tenant} ${hash}`;
    const known = linkedByHash.get(key);
    if (known !== undefined) return known;
    const stored = await store.program(tenant, hash);
    if (stored === undefined) return undefined;
    if (stored.format > PROGRAM_FORMAT) throw new UnreadableProgram(`its compiled form is ${stored.format}, this release reads ${PROGRAM_FORMAT}`);
    const linked = linkStored(stored);
    keep(key, linked);
    return linked;
  }

  function resolved(tenant: string, ref: string): Found | undefined {
    const key = `${tenant} ${ref}`;
    const known = named.get(key);
    const leftMs = (known?.untilMs ?? 0) - scheduler.nowMs();
    if (known === undefined || leftMs < 0) return undefined;
    // Asked for again before it ages out: a busy flow never waits for the lookup, nor asks for it many times at once.
    if (leftMs < NAME_TTL_MS / 2) void lookUp(tenant, ref).catch(() => undefined);
    const linked = linkedByHash.get(`${tenant} ${known.definition.hash}`);
    return linked === undefined ? undefined : { definition: known.definition, linked };
  }

  async function resolve(tenant: string, ref: string): Promise<Found | undefined> {
    return resolved(tenant, ref) ?? (await lookUp(tenant, ref));
  }

  /** One at a time per name, until the name is forgotten: what was asked before a publication does not answer after it. */
  function lookUp(tenant: string, ref: string): Promise<Found | undefined> {
    const key = `${tenant} ${ref}`;
    const running = asked.get(key);
    if (running !== undefined) return running;
    const looking: Promise<Found | undefined> = lookUpNow(tenant, ref, () => asked.get(key) === looking).finally(() => {
      if (asked.get(key) === looking) asked.delete(key);
    });
    asked.set(key, looking);
    return looking;
  }

  async function lookUpNow(tenant: string, ref: string, isCurrent: () => boolean): Promise<Found | undefined> {
    const sentMs = scheduler.nowMs();
    const [path, version] = ref.split('@') as [string, string | undefined];
    const [namespace, name] = path.split('/') as [string, string];
    const definition = await store.definition(tenant, namespace, name, version);
    if (definition === undefined) {
      if (isCurrent()) named.delete(`${tenant} ${ref}`);
      return undefined;
    }
    const linked = await byHash(tenant, definition.hash);
    if (linked === undefined) return undefined;
    if (named.size >= MAX_PROGRAMS) named.delete(named.keys().next().value as string);
    if (isCurrent()) named.set(`${tenant} ${ref}`, { definition, untilMs: sentMs + NAME_TTL_MS });
    return { definition, linked };
  }

  function forget(tenant: string, namespace: string, name: string): void {
    const prefix = `${tenant} ${namespace}/${name}`;
    for (const list of [named, asked]) {
      for (const key of list.keys()) if (key === prefix || key.startsWith(`${prefix}@`)) list.delete(key);
    }
  }

  async function readable(tenant: string, hash: string): Promise<Linked | undefined> {
    try {
      return await byHash(tenant, hash);
    } catch (error) {
      if (error instanceof UnreadableProgram) return undefined;
      throw error;
    }
  }

  return { byHash, readable, resolve, resolved, forget };
}
