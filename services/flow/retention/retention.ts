// Retention: what has ended leaves, in the background, in bounded steps.
//   each process            the ended runs of the shards that it owns (expire-runs.ts)
//   owner of the first shard  periods of the journal (journal-periods.ts, clear-periods.ts), keys, decided commands and events by age,
//                             blobs that nobody names (collect-blobs.ts), samples of the sizes (storage.ts)
// I1 One step at a time, none before the one before it has ended. A step that fails is tried again with the next look.
// I2 Two processes that both believe to own the first shard disturb nobody: each step is right by itself.
// Called by service.ts.
import type { Config } from '@palace/platform/config.ts';
import type { DurableNode, Scheduler } from '@palace/platform/durable/contract.ts';
import type { Log } from '@palace/platform/telemetry/port.ts';
import type { Platform } from '@palace/platform/platform.ts';
import { periodMs } from '../core/periods.ts';
import type { Engine } from '../engine/engine.ts';
import { clearPeriods, type Seen } from './clear-periods.ts';
import { collectBlobs } from './collect-blobs.ts';
import { expireRuns, expireSegments } from './expire-runs.ts';
import { makePeriods } from './journal-periods.ts';
import { keepSample, readStorage, type Storage, type StorageParts, type TableBound } from './storage.ts';

const DAY_SECONDS = 86_400;
const FIRST_SHARD = 0;
const SHORTEST_LOOK_MS = 1_000;
const LONGEST_LOOK_MS = 60_000;
/** Looks within the time of one period. */
const LOOKS_A_PERIOD = 5;
/** Rows of each table that one statement removes by age, and statements of one look. */
const BY_AGE_AT_ONCE = 2_000;
const BY_AGE_PARTS = 50;
/** Pages of stored blobs that one look goes through. */
const BLOB_PAGES = 20;

export interface Retention {
  begin(): void;
  /** Ends the step that is under way, and begins none. */
  end(): Promise<void>;
  /** One look at everything, as if it were that late: for tests. */
  look(nowMs: number): Promise<void>;
  storage(): Promise<Storage>;
}

interface RetentionOptions {
  readonly platform: Platform;
  readonly node: DurableNode;
  readonly engine: Engine;
  readonly scheduler: Scheduler;
  readonly tables: ReadonlyMap<string, TableBound>;
}

interface Parts extends RetentionOptions {
  readonly log: Log;
  readonly lengthMs: number;
  readonly storage: StorageParts;
  readonly metrics: ReturnType<typeof retentionMetrics>;
  readonly seen: Seen;
  /** Where the walk over the blobs goes on. */
  blobsAfter: string;
  ended: boolean;
  stopped(): boolean;
}

type Step = (parts: Parts, nowMs: number) => Promise<void>;

const STEPS: readonly (readonly [string, Step])[] = [
  ['runs', expire],
  ['journal', periods],
  ['keys, commands and events', byAge],
  ['blobs', blobs],
  ['sizes', sizes],
];

export function createRetention(options: RetentionOptions): Retention {
  const { platform, node, scheduler, tables } = options;
  const { config, database } = platform;
  const parts: Parts = {
    ...options,
    log: platform.telemetry.log.child({ service: 'flow' }),
    lengthMs: periodMs(config.retention),
    storage: { database, tables, ...roomSettings(platform), keep: config.retention },
    metrics: retentionMetrics(platform),
    seen: new Map(),
    blobsAfter: '',
    ended: false,
    stopped: () => parts.ended,
  };
  let cancel = (): void => undefined;
  let running: Promise<void> = Promise.resolve();

  function schedule(): void {
    const pauseMs = Math.min(LONGEST_LOOK_MS, Math.max(SHORTEST_LOOK_MS, parts.lengthMs / LOOKS_A_PERIOD));
    cancel = scheduler.after(pauseMs, () => {
      running = look(parts, node.timeMs()).finally(() => parts.ended || schedule());
    });
  }

  return {
    begin: schedule,
    look: (nowMs) => look(parts, nowMs),
    storage: () => readStorage(parts.storage),
    async end() {
      parts.ended = true;
      cancel();
      await running;
    },
  };
}

/** I1 */
async function look(parts: Parts, nowMs: number): Promise<void> {
  for (const [what, step] of STEPS) {
    if (parts.ended) return;
    await step(parts, nowMs).catch((error: unknown) => parts.ended || parts.log.warn('what has expired could not be removed; trying again', { what, error }));
  }
}

const isFirst = ({ ended, node }: Parts): boolean => !ended && node.fence(FIRST_SHARD) !== undefined;

async function expire({ platform, node, engine, scheduler, metrics, stopped }: Parts, nowMs: number): Promise<void> {
  const { retention } = platform.config;
  const expiry = { database: platform.database, node, engine, scheduler, keep: retention, runsPerSecond: retention.runsPerSecond, stopped };
  metrics.expired.add(await expireRuns(expiry, nowMs));
  await expireSegments(expiry, nowMs);
}

async function periods(parts: Parts, nowMs: number): Promise<void> {
  const { platform, scheduler, log, lengthMs, seen, stopped } = parts;
  const { database } = platform;
  if (!isFirst(parts)) return;
  await makePeriods(database, nowMs, lengthMs, log);
  parts.metrics.partitions.set(await clearPeriods({ database, scheduler, log, stopped }, seen, nowMs, lengthMs));
}

async function byAge(parts: Parts, nowMs: number): Promise<void> {
  const { platform, scheduler } = parts;
  const { retention, flow } = platform.config;
  const beforeMs = nowMs - Math.max(retention.keysMs, flow.lookBackMs);
  for (let part = 0; part < BY_AGE_PARTS && isFirst(parts); part++) {
    const beganMs = scheduler.nowMs();
    const { rows } = await platform.database.owner.query<Record<'keys' | 'commands' | 'events', number>>('select * from flow.expire_by_age($1, $2)', [
      beforeMs,
      BY_AGE_AT_ONCE,
    ]);
    const { keys = 0, commands = 0, events = 0 } = rows[0] ?? {};
    if (Math.max(keys, commands, events) < BY_AGE_AT_ONCE) return;
    await new Promise<void>((resolve) => scheduler.after(scheduler.nowMs() - beganMs, resolve));
  }
}

async function blobs(parts: Parts): Promise<void> {
  const { database, blobs: store, config } = parts.platform;
  for (let page = 0; page < BLOB_PAGES && isFirst(parts); page++) {
    const { next } = await collectBlobs(database, store, parts.blobsAfter, config.retention.blobGraceMs);
    parts.blobsAfter = next;
    if (next === '') return;
  }
}

async function sizes(parts: Parts): Promise<void> {
  if (!isFirst(parts)) return;
  await keepSample(parts.storage);
  const { bytes, daysUntilFull } = await readStorage(parts.storage);
  parts.metrics.bytes.set(bytes);
  parts.metrics.fullIn.set((daysUntilFull ?? NaN) * DAY_SECONDS);
}

function roomSettings({ config, embedded }: Platform): { capacityBytes: Config['retention']['capacityBytes']; diskOf: string | undefined } {
  return { capacityBytes: config.retention.capacityBytes, diskOf: embedded === undefined ? undefined : config.installation.dataDir };
}

function retentionMetrics({ telemetry }: Platform) {
  return {
    expired: telemetry.counter('palace_runs_expired_total', 'Ended runs removed'),
    partitions: telemetry.gauge('palace_journal_partitions', 'Partitions of the journal'),
    bytes: telemetry.gauge('palace_database_bytes', 'Bytes of the database'),
    fullIn: telemetry.gauge('palace_database_full_in_seconds', 'Time until the room for the database is used up'),
  };
}
