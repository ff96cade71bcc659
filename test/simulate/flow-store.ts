// FlowStore over the model: each query one late read of one instant, as the statements of services/flow/store/postgres.ts.
import { EVERY_TYPE, LIMITED_START, type FlowStore, type StoredRun } from '@palace/flow/store/port.ts';
import { READS_FORMAT } from '@palace/flow/core/model.ts';
import { isLifecycle, PROGRAM_FORMAT } from '@palace/flow/core/program.ts';
import { EVOLVE_VERSION } from '@palace/flow/core/run.ts';
import { scheduleKey } from '@palace/flow/store/schedules.ts';
import type { InboxRow, StreamAppend } from '@palace/platform/durable/contract.ts';
import { EVERY_VERSION, LATER, NAMESPACE, PUBLISHED } from './flow-flows.ts';
import type { FlowTables, KeptRun } from './flow-tables.ts';

/** Second versions of flows are published once there are so many runs. */
const RUNS_BEFORE_LATER = 15;

type Read = <T>(query: () => T) => Promise<T>;

export interface BlobReads {
  /** Undefined while the blob store is away. */
  get(hash: string): string | undefined;
}

type Inbox = () => readonly (Pick<InboxRow, 'shard' | 'tenant' | 'kind' | 'key' | 'body'> & { readonly state: string })[];
/** What is on its way: rows of the inbox, and rows of streams that are not decided. */
interface Ways {
  readonly inbox: Inbox;
  readonly streams: (shard: number) => readonly StreamAppend[];
}

export function simulatedStore(tables: FlowTables, read: Read, blobs: BlobReads, { inbox, streams }: Ways): FlowStore {
  const waitingOf = (shard: number) => [...tables.waitingStarts.values()].filter((one) => one.shard === shard);
  const byHash = new Map(EVERY_VERSION.map((flow) => [flow.hash, flow]));
  const latest = (name: string) => (tables.runs.size > RUNS_BEFORE_LATER ? LATER.get(name) : undefined) ?? PUBLISHED.get(name);
  const byId = (runs: readonly KeptRun[]): KeptRun[] => runs.toSorted((a, b) => (a.row.id < b.row.id ? -1 : 1));
  return {
    active: (shard) =>
      read(() =>
        byId(tables.inShard(shard))
          .filter(({ row }) => row.status === 'running')
          .map(({ row }) => ({ id: row.id, tenant: row.tenant, status: row.status, ...(row.permit !== undefined && { permit: row.permit }) })),
      ),
    async load(shards, ids, upTo) {
      // Three statements, each of its own instant.
      const rows = await read(() =>
        ids
          .flatMap((id) => tables.runs.get(id) ?? [])
          .filter((kept) => shards.includes(kept.row.shard))
          .map((kept) => ({ kept, row: kept.row })),
      );
      const snapshots =
        upTo === undefined ? await read(() => new Map(rows.map(({ kept }) => [kept.row.id, kept.snapshot]))) : new Map<string, KeptRun['snapshot']>();
      return read(() => rows.map(({ kept, row }) => stored(kept, upTo === undefined ? row : asOfThen(kept, row, upTo), snapshots.get(row.id), upTo, blobs)));
    },
    program: (_tenant, hash) =>
      read(() => {
        const flow = byHash.get(hash);
        return flow === undefined ? undefined : { hash, format: PROGRAM_FORMAT, program: flow.program };
      }),
    triggerEnvironment: () => Promise.resolve(undefined),
    definition: (_tenant, namespace, name, version) =>
      read(() => {
        const flow = version === undefined ? latest(name) : EVERY_VERSION.find((one) => one.name === name && one.version === version);
        if (flow === undefined || namespace !== NAMESPACE) return undefined;
        return { namespace, name, version: flow.version, hash: flow.hash, publishedMs: 0, latest: flow === latest(name) };
      }),
    ledger: (_shard, run) => read(() => [...(tables.runs.get(run)?.effects.values() ?? [])].toSorted((a, b) => a.requestedMs - b.requestedMs)),
    listeners: (tenant, events) =>
      read(() => ({
        unmatched: events.filter(({ source, id }) => tables.events.get(`${tenant}\n${source}\n${id}`)?.matched === false),
        subscriptions: [...tables.subscriptions.values()].filter(
          (one) => one.tenant === tenant && (one.type === EVERY_TYPE || events.some(({ type }) => type === one.type)),
        ),
        triggers: tables.eventTriggers.filter((one) => one.tenant === tenant && events.some(({ type }) => type === one.type)),
      })),
    recentEvents: (tenant, types, sinceMs, limit) =>
      read(() => {
        const every = types.includes(EVERY_TYPE);
        const wanted = (type: string): boolean => types.includes(type) || (every && !isLifecycle(type));
        return [...tables.events.values()].filter((event) => event.tenant === tenant && wanted(event.type) && event.atMs >= sinceMs).slice(-limit);
      }),
    unmatchedEvents: (shard, limit) => read(() => [...tables.events.values()].filter((event) => event.shard === shard && !event.matched).slice(0, limit)),
    waiting: (shard, most) =>
      read(() => {
        const byTenant = new Map<string, number>();
        const queued = tables.inShard(shard).filter(({ row }) => row.permit !== undefined && row.status === 'pending');
        const comes = inbox().filter((row) => row.shard === shard && row.state === 'open' && ['start', 'fork'].includes(row.kind));
        for (const { tenant } of [...queued.map(({ row }) => row), ...comes, ...streams(shard).filter(({ kind }) => kind === LIMITED_START)].slice(0, most))
          byTenant.set(tenant, (byTenant.get(tenant) ?? 0) + 1);
        return [...byTenant].map(([tenant, count]) => ({ tenant, count }));
      }),
    countWaitingStarts: (shard) =>
      read(() => {
        const groups = new Map<string, { tenant: string; toShard: number; count: number }>();
        for (const { tenant, toShard } of waitingOf(shard)) {
          const key = `${toShard} ${tenant}`;
          groups.set(key, { tenant, toShard, count: (groups.get(key)?.count ?? 0) + 1 });
        }
        return [...groups.values()];
      }),
    waitingStarts: (shard, tenant, toShard, most) =>
      read(() =>
        waitingOf(shard)
          .filter((one) => one.tenant === tenant && one.toShard === toShard)
          .slice(0, most),
      ),
    heldFlows: (shards, limit) =>
      read(() => {
        const waiting = [...tables.heldStarts.values()].filter(({ shard }) => shards.includes(shard));
        return [...new Map(waiting.map(({ shard, tenant, flow }) => [`${shard} ${tenant} ${flow}`, { shard, tenant, flow }])).values()].slice(0, limit);
      }),
    heldStarts: (shard, tenant, flow, limit) =>
      read(() =>
        [...tables.heldStarts]
          .filter(([, row]) => row.shard === shard && row.tenant === tenant && row.flow === flow)
          .slice(0, limit)
          .map(([position, row]) => ({ position, consumerShard: row.consumer_shard, body: row.body })),
      ),
    schedule: (_shard, tenant, flow) =>
      read(() => {
        const state = tables.schedules.get(`${tenant}\n${flow}`);
        const open = inbox().filter((row) => row.kind === 'schedule-published' && row.key === scheduleKey(tenant, flow) && row.state === 'open');
        const untilMs = open.length === 0 ? undefined : Math.min(...open.map(({ body }) => (JSON.parse(body) as { atMs: number }).atMs));
        return state === undefined ? undefined : { state, ...(untilMs !== undefined && { untilMs }) };
      }),
    permits: (shard) =>
      read(() =>
        byId(tables.inShard(shard)).flatMap(({ row: { permit, id, status, tenant, hash, endedMs } }) =>
          permit === undefined || endedMs !== undefined ? [] : [{ permit, id, status, tenant, hash }],
        ),
      ),
  };
}

function asOfThen({ segments }: KeptRun, row: KeptRun['row'], seq: number): KeptRun['row'] {
  const then = segments.find(({ firstSeq, lastSeq }) => firstSeq <= seq && seq <= lastSeq);
  return then === undefined ? row : { ...row, segment: then.number, segmentSeq: then.firstSeq, hash: then.hash, version: then.version };
}

function stored(kept: KeptRun, row: KeptRun['row'], taken: KeptRun['snapshot'], upTo: number | undefined, blobs: BlobReads): StoredRun {
  const readable = taken !== undefined && taken.format <= READS_FORMAT && taken.evolve === EVOLVE_VERSION;
  const usable = readable && taken.seq >= row.segmentSeq ? taken : undefined;
  let unread: Error | undefined;
  const entries = kept.entries
    .filter((entry) => entry.seq > (usable?.seq ?? row.segmentSeq - 1) && (upTo === undefined || entry.seq <= upTo))
    .flatMap(({ body, blob, ...entry }) => {
      const text = body ?? blobs.get(blob ?? '');
      if (text === undefined) unread = new Error(`The blob ${blob} is away`);
      return text === undefined ? [] : [{ ...entry, body: text }];
    });
  return { row, entries, ...(usable !== undefined && { snapshot: usable }), ...(unread !== undefined && { unread }) };
}
