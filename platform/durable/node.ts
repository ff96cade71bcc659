// One node of the durable component: joins ownership, commits, inbox, streams, timers and engine time for one service.
// Read contract.ts first: its invariants I1-I8 hold for what is put together here.
// The way of a write: submit -> lanes -> store.commit -> timers and feeds follow -> doorbells ring -> the caller hears.
// Called by the services' start (bin/ or service.ts) and, unchanged, by the simulator.
import type { Bus, BusMessage } from '../bus/port.ts';
import { shortageError, shortageOf } from '../database/failure.ts';
import type { Telemetry } from '../telemetry/port.ts';
import type {
  DurableHost,
  DurableNode,
  DurableSettings,
  DurableStore,
  DueRead,
  Fence,
  InboxRead,
  InboxRow,
  Page,
  Pending,
  Scheduler,
  SendOutcome,
  Sending,
  SentClaim,
  ShardCursor,
  StreamRead,
  StreamRow,
  TimerRead,
  TimerRow,
  Write,
  WriteOutcome,
} from './contract.ts';
import { createFeeds, type Feeds } from './feeds.ts';
import { gather } from './gather.ts';
import { createHaltWatch, type HaltWatch } from './halts.ts';
import { createLanes, type Lanes } from './lanes.ts';
import { createMembership, type Membership } from './membership.ts';
import { durableMetrics, type DurableMetrics } from './metrics.ts';
import { createSender } from './sender.ts';
import { createShards, type Shards } from './shards.ts';
import { createShortage, type Shortage } from './shortage.ts';
import { silenceOf } from './silence.ts';
import { createTimers, type Timers } from './timers.ts';

const TRIM_EVERY_POLLS = 6;
/** Of 5,000 rows each. */
const TRIM_PARTS = 60;
const READS_AT_ONCE = 64;

export interface DurableNodeOptions {
  /** Name of the service in streams and doorbells. */
  readonly service: string;
  /** Unique for every start of a process. */
  readonly nodeId: string;
  readonly host: DurableHost;
  readonly store: DurableStore;
  readonly scheduler: Scheduler;
  readonly settings: DurableSettings;
  readonly bus: Bus;
  readonly telemetry: Telemetry;
  /** Highest format of the service's stored histories that this release reads (E10). */
  readonly readsFormat?: number;
}

interface Parts {
  readonly options: DurableNodeOptions;
  readonly metrics: DurableMetrics;
  readonly lanes: Lanes;
  readonly timers: Timers;
  readonly feeds: Feeds;
  readonly shards: Shards;
  readonly membership: Membership;
  readonly halts: HaltWatch;
  readonly shortage: Shortage;
}

export function createDurableNode(options: DurableNodeOptions): DurableNode {
  const parts = join(options);
  const { lanes, shards, membership, shortage, halts } = parts;
  const { store, bus, service, scheduler } = options;
  const sendRows = createSender(store, scheduler);
  const stops: (() => void)[] = [];
  const forUs = (message: BusMessage): boolean => message.data.service === service;

  async function start(): Promise<void> {
    stops.push(
      bus.subscribe('durable.inbox', (message) => forUs(message) && parts.feeds.ringInbox(shardsIn(message))),
      bus.subscribe('durable.stream', (message) => forUs(message) && parts.feeds.ringStreams(shardsIn(message))),
      bus.subscribe('durable.shards', (message) => forUs(message) && message.data.node !== options.nodeId && membership.nudge()),
      bus.subscribe('durable.halts', (message) => forUs(message) && halts.look()),
      pollRegularly(parts),
      shortage.close,
      halts.stop,
    );
    // Before anything is owned: what is held back is known with the first renewal.
    halts.start();
    await membership.start({ nodeId: options.nodeId, readsFormat: options.readsFormat ?? 1 });
    bus.publish({ topic: 'durable.shards', data: { service, node: options.nodeId } });
  }

  async function stop(): Promise<void> {
    await membership.leave();
    await shards.handOver(shards.held().map((fence) => fence.shard));
    for (const end of stops.splice(0)) end();
    await membership.end();
    bus.publish({ topic: 'durable.shards', data: { service, node: options.nodeId } });
  }

  async function send(rows: readonly InboxRow[], claim?: SentClaim): Promise<SendOutcome> {
    const outcome = await keep(parts, sendRows, { rows, ...(claim !== undefined && { claim }) });
    if (outcome.kind !== 'kept') return outcome;
    const rung = [...new Set(rows.map((row) => row.shard))];
    parts.feeds.ringInbox(rung);
    const elsewhere = rung.filter((shard) => shards.fence(shard) === undefined);
    if (elsewhere.length > 0) bus.publish({ topic: 'durable.inbox', data: { service, shards: elsewhere } });
    return outcome;
  }

  return {
    nodeId: options.nodeId,
    start,
    stop,
    send,
    submit: (write) => submit(parts, write),
    fence: (shard) => shards.fence(shard),
    owned: () => shards.fences(),
    commandState: (tenant, commandId) => store.commandState(tenant, commandId),
    lookUpKey: (tenant, scope, key) => store.lookUpKey(tenant, scope, key),
    timeMs: () => membership.timeMs(),
    look: (wanted) => lookAt(parts, wanted),
    halts: () => halts.known(),
    halt: (wish) => tellOthers(options, halts.halt(wish)),
    liftHalt: (scope) => tellOthers(options, halts.liftHalt(scope)),
    minReader: () => membership.minReader(),
    backlog: () => lanes.backlog(),
    silence: () => silenceOf(lanes.silentSinceMs(), scheduler.nowMs()),
    shortage: () => shortage.present(),
  };
}

function submit({ shards, timers, lanes }: Parts, write: Write): Promise<WriteOutcome> {
  if (shards.fence(write.fence.shard)?.epoch !== write.fence.epoch) return Promise.resolve({ kind: 'fenced' });
  timers.submitted(write);
  return lanes.submit(write);
}

async function tellOthers<T>({ bus, service }: DurableNodeOptions, change: Promise<T>): Promise<T> {
  const changed = await change;
  bus.publish({ topic: 'durable.halts', data: { service } });
  return changed;
}

/** What the database lacks is told to who sends, and remembered for who asks next. */
async function keep({ shortage }: Pick<Parts, 'shortage'>, send: ReturnType<typeof createSender>, sending: Sending): Promise<SendOutcome> {
  try {
    return await send(sending);
  } catch (error) {
    const lacking = shortageOf(error);
    if (lacking === undefined) throw error;
    shortage.met(lacking);
    throw shortageError(lacking, error);
  }
}

function shardsIn(message: BusMessage): readonly number[] {
  return Array.isArray(message.data.shards) ? (message.data.shards as readonly number[]) : [];
}

function join(options: DurableNodeOptions): Parts {
  const { host, store, scheduler, settings, service, bus, nodeId } = options;
  const log = options.telemetry.log.child({ service });
  const metrics = durableMetrics(options.telemetry, service);
  const timers = createTimers({
    scheduler,
    overduePerSecond: settings.overduePerSecond,
    timeMs: () => membership.timeMs(),
    read: joinTimerReads(store, scheduler),
    readDue: joinPages<DueRead, TimerRow>(scheduler, (reads) => store.readDueTimers(reads)),
    fire: (shard, due) => host.fire(shard, due),
    appetite: (shard) => host.appetite(shard),
    late: metrics.timerLate,
  });
  const feeds = createFeeds({
    scheduler,
    ...joinFeedReads(store, scheduler),
    inbox: (shard, rows) => host.inbox(shard, rows),
    deliver: (shard, rows) => host.deliver(shard, rows),
    appetite: (shard) => host.appetite(shard),
  });
  const claim = gather<number, Fence | undefined>(scheduler, READS_AT_ONCE, async (wanted) => {
    const fences = await store.claim(membership.node(), wanted, settings.leaseMs);
    return wanted.map((shard) => fences.find((fence) => fence.shard === shard));
  });
  const release = gather<Fence, void>(scheduler, READS_AT_ONCE, async (fences) => {
    await store.release(membership.node(), fences);
    bus.publish({ topic: 'durable.shards', data: { service, node: nodeId } });
    return fences.map(() => undefined);
  });
  const shards = createShards({
    host,
    scheduler,
    settings,
    log,
    timers,
    feeds,
    claim,
    release,
    lanes: () => lanes,
    changed: metrics.shardsOwned,
    watch: () => membership.watch(),
    tookOver: metrics.tookOver,
  });
  const halts = createHaltWatch({ store, scheduler, pollMs: settings.haltPollMs, changed: () => followHalts({ host, timers, feeds, shards }) });
  const membership = createMembership({ store, scheduler, settings, log, shards, halts, metrics });
  const shortage = createShortage(scheduler, () => store.proveRoom(), log);
  const lanes = createLanes(store, scheduler, settings, {
    fenced: (lost) => shards.lose(lost, 'fenced'),
    unknown: (lost, message) => {
      log.warn('The outcome of a commit is unknown; its shards are read again', { shards: lost.length, message });
      shards.lose(lost, 'unknown');
    },
    committed: (writes, seconds) => followCommit({ feeds, timers, shards, metrics, service, bus, scheduler }, writes, seconds),
    refused: (write, reply) => log.error('The database refuses the data of a write', { shard: write.fence.shard, key: write.key, reply }),
    short: (reason) => shortage.met(reason),
  });
  return { options, metrics, lanes, timers, feeds, shards, membership, halts, shortage };
}

/** The host first: what it wants of the tables depends on it. */
function followHalts({ host, timers, feeds, shards }: Pick<Parts, 'timers' | 'feeds' | 'shards'> & Pick<DurableNodeOptions, 'host'>): void {
  host.haltsChanged?.();
  lookAt(
    { timers, feeds },
    shards.serving().map((one) => one.shard),
  );
}

function lookAt({ timers, feeds }: Pick<Parts, 'timers' | 'feeds'>, shards: readonly number[]): void {
  for (const shard of shards) timers.wake(shard);
  feeds.ringInbox(shards);
  feeds.ringStreams(shards);
}

type Follow = Pick<Parts, 'feeds' | 'timers' | 'shards' | 'metrics'> & Pick<DurableNodeOptions, 'service' | 'bus' | 'scheduler'>;

/** What memory must know of a commit before its caller hears of it, and who else must look. */
function followCommit({ feeds, timers, shards, metrics, service, bus, scheduler }: Follow, writes: readonly Write[], seconds: number): void {
  let rows = 0;
  const rung = new Map<string, Set<number>>();
  const touched = new Set<number>();
  for (const write of writes) {
    for (const table in write.rows) rows += (write.rows[table] as readonly unknown[]).length;
    for (const append of write.streams ?? []) {
      const consumers = rung.get(append.consumer) ?? new Set<number>();
      rung.set(append.consumer, consumers.add(append.consumerShard));
    }
    if (shards.fence(write.fence.shard)?.epoch !== write.fence.epoch) continue;
    touched.add(write.fence.shard);
    timers.committed(write);
    feeds.committed(write);
  }
  // Once the callers have heard: what the host gives back of its hands then is room for more.
  if (touched.size > 0) scheduler.soon(() => wake({ timers, feeds }, touched));
  metrics.committed(seconds, rows);
  for (const [consumer, consumerShards] of rung) ringStreams(feeds, shards, bus, service, consumer, [...consumerShards]);
}

function wake({ timers, feeds }: Pick<Parts, 'timers' | 'feeds'>, shards: ReadonlySet<number>): void {
  for (const shard of shards) {
    timers.wake(shard);
    feeds.wake(shard);
  }
}

function ringStreams(feeds: Feeds, shards: Shards, bus: Bus, service: string, consumer: string, rung: readonly number[]): void {
  if (consumer === service) feeds.ringStreams(rung);
  const elsewhere = consumer === service ? rung.filter((shard) => shards.fence(shard) === undefined) : rung;
  if (elsewhere.length > 0) bus.publish({ topic: 'durable.stream', data: { service: consumer, shards: elsewhere } });
}

/** Who owns nothing any more has nothing that waits: its figures must not stand still. */
const NOTHING_PENDING: Pending = { inbox: [], streams: [], oldestInboxMs: 0, oldestStreamMs: 0, streamLag: 0 };

/** Doorbells may be lost: every poll asks once for all shards which of them have news. */
function pollRegularly({ options, metrics, timers, feeds, shards, membership }: Parts): () => void {
  const { scheduler, settings, store } = options;
  let polls = 0;
  let ended = false;
  let cancel = (): void => undefined;
  const poll = async (): Promise<void> => {
    timers.poll();
    const owned = shards.serving().map((one) => one.shard);
    const pending = owned.length === 0 ? NOTHING_PENDING : await store.readPending(owned);
    feeds.ringInbox(pending.inbox);
    feeds.ringStreams(pending.streams);
    metrics.inboxAge(pending.oldestInboxMs / 1_000);
    metrics.streamAge(pending.oldestStreamMs / 1_000);
    metrics.streamLag(pending.streamLag);
    metrics.timerOverdue(pending.firstDueMs === undefined ? 0 : Math.max(0, membership.timeMs() - pending.firstDueMs) / 1_000);
    if (++polls % TRIM_EVERY_POLLS === 0) await trimStreams(store, shards.held());
  };
  const schedule = (): void => {
    // A failed poll is followed by the next one; what is wrong with the database is reported by the renewals.
    cancel = scheduler.after(
      settings.pollMs,
      () =>
        void poll()
          .catch(() => undefined)
          .finally(() => ended || schedule()),
    );
  };
  schedule();
  return () => {
    ended = true;
    cancel();
  };
}

/** Until nothing passed is left, a bounded number of times: rows may come faster than one part a poll. */
async function trimStreams(store: DurableStore, fences: readonly Fence[]): Promise<void> {
  for (let part = 0; part < TRIM_PARTS; part++) if ((await store.trimStreams(fences)) === 0) return;
}

function joinTimerReads(store: DurableStore, scheduler: Scheduler): (shard: number, limit: number) => Promise<readonly TimerRow[]> {
  const read = joinByShard<TimerRead, TimerRow & { readonly shard: number }>(
    scheduler,
    (reads) => store.readTimers(reads),
    (row) => row.shard,
  );
  return (shard, limit) => read({ shard, limit });
}

function joinFeedReads(
  store: DurableStore,
  scheduler: Scheduler,
): {
  readCursors: (shard: number) => Promise<readonly ShardCursor[]>;
  readInbox: (read: InboxRead) => Promise<Page<InboxRow>>;
  readStreams: (read: StreamRead) => Promise<Page<StreamRow>>;
} {
  const cursors = joinByShard<{ readonly shard: number }, ShardCursor>(
    scheduler,
    (reads) => store.readCursors(reads.map((read) => read.shard)),
    (row) => row.shard,
  );
  return {
    readCursors: (shard) => cursors({ shard }),
    readInbox: joinPages<InboxRead, InboxRow>(scheduler, (reads) => store.readInbox(reads)),
    readStreams: joinPages<StreamRead, StreamRow>(scheduler, (reads) => store.readStreams(reads)),
  };
}

/** One statement for many shards. A shard asked for twice was opened anew in between: only the newer ownership gets rows. */
function joinByShard<Read extends { readonly shard: number }, Row>(
  scheduler: Scheduler,
  read: (reads: readonly Read[]) => Promise<readonly Row[]>,
  shardOf: (row: Row) => number,
): (read: Read) => Promise<readonly Row[]> {
  return gather<Read, readonly Row[]>(scheduler, READS_AT_ONCE, async (reads) => {
    const newest = new Map(reads.map((one) => [one.shard, one]));
    const rows = Map.groupBy(await read([...newest.values()]), shardOf);
    return reads.map((one) => (newest.get(one.shard) === one ? (rows.get(one.shard) ?? []) : []));
  });
}

function joinPages<Read extends { readonly shard: number }, Row>(
  scheduler: Scheduler,
  read: (reads: readonly Read[]) => Promise<readonly Page<Row>[]>,
): (read: Read) => Promise<Page<Row>> {
  const pages = joinByShard<Read, Page<Row>>(scheduler, read, (page) => page.shard);
  return async (one) => (await pages(one))[0] ?? { shard: one.shard, rows: [], more: false, since: '' };
}
