// Retention: what has ended leaves, in the background, in bounded steps.
//   each process            the ended runs of the shards that it owns (expire-runs.ts)
//   owner of the first shard  periods of the journal (journal-periods.ts, clear-periods.ts), keys, decided commands and events by age,
//                             blobs that nobody names (collect-blobs.ts), samples of the sizes (storage.ts)
// I1 One step at a time, none before the one before it has ended. A step that fails is tried again with the next look.
// I2 Two processes that both believe to own the first shard disturb nobody: each step is right by itself.
// Called by service.ts.
import type { Config } from '@palace/platform/config.ts';
import type { DurableNode, Scheduler } from '@palace/platform/durable/contract.ts';
import type { Platform } from '@palace/platform/platform.ts';
import { periodMs } from '../core/periods.ts';
import type { Engine } from '../engine/engine.ts';
import { clearPeriods, type Seen } from './clear-periods.ts';
import { collectBlobs } from './collect-blobs.ts';
import { expireRuns, expireSegments } from './expire-runs.ts';
import { makePeriods } from './journal-periods.ts';
import { keepSample, readStorage, type Storage, type StorageParts, type TableBound } from './storage.ts';

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
  /** One look at everything, as if it were that late; for tests. */
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

export function createRetention(options: RetentionOptions): Retention {
  const { platform, node, scheduler, tables } = options;
  const { config, database } = platform;
  const log = platform.telemetry.log.child({ service: 'flow' });
  const lengthMs = periodMs(config.retention);
  const storageParts: StorageParts = { database, tables, ...roomSettings(platform), keep: config.retention };
  const metrics = retentionMetrics(platform);
  const seen: Seen = new Map();
  let blobsAfter = '';
  let ended = false;
  let cancel = (): void => undefined;
  let running: Promise<void> = Promise.resolve();
  const stopped = (): boolean => ended;
  const isFirst = (): boolean => !ended && node.fence(FIRST_SHARD) !== undefined;

  async function expire(nowMs: number): Promise<void> {
    const { engine } = options;
    const { runsPerSecond } = config.retention;
    const parts = { database, node, engine, scheduler, keep: config.retention, runsPerSecond, stopped };
    metrics.expired.add(await expireRuns(parts, nowMs));
    await expireSegments(parts, nowMs);
  }

  async function periods(nowMs: number): Promise<void> {
    if (!isFirst()) return;
    await makePeriods(database, nowMs, lengthMs, log);
    metrics.partitions.set(await clearPeriods({ database, scheduler, log, stopped }, seen, nowMs, lengthMs));
  }

  async function byAge(nowMs: number): Promise<void> {
    const { keysMs } = config.retention;
    const beforeMs = nowMs - Math.max(keysMs, config.flow.lookBackMs);
    for (let part = 0; part < BY_AGE_PARTS && isFirst(); part++) {
      const beganMs = scheduler.nowMs();
      const { rows } = await database.owner.query<Record<'keys' | 'commands' | 'events', number>>('select * from flow.expire_by_age($1, $2)', [
        beforeMs,
        BY_AGE_AT_ONCE,
      ]);
      const { keys = 0, commands = 0, events = 0 } = rows[0] ?? {};
      if (Math.max(keys, commands, events) < BY_AGE_AT_ONCE) return;
      await new Promise<void>((resolve) => scheduler.after(scheduler.nowMs() - beganMs, resolve));
    }
  }

  async function blobs(): Promise<void> {
    for (let page = 0; page < BLOB_PAGES && isFirst(); page++) {
      const { next } = await collectBlobs(database, platform.blobs, blobsAfter, config.retention.blobGraceMs);
      blobsAfter = next;
      if (next === '') return;
    }
  }

  async function sizes(): Promise<void> {
    if (!isFirst()) return;
    await keepSample(storageParts);
    const { bytes, daysUntilFull } = await readStorage(storageParts);
    metrics.bytes.set(bytes);
    metrics.days.set(daysUntilFull ?? NaN);
  }

  async function look(nowMs: number): Promise<void> {
    const steps: readonly [string, () => Promise<void>][] = [
      ['runs', () => expire(nowMs)],
      ['journal', () => periods(nowMs)],
      ['keys, commands and events', () => byAge(nowMs)],
      ['blobs', blobs],
      ['sizes', sizes],
    ];
    for (const [what, step] of steps) {
      if (ended) return;
      await step().catch((error: unknown) => ended || log.warn('what has expired could not be removed; trying again', { what, error }));
    }
  }

  function schedule(): void {
    const pauseMs = Math.min(LONGEST_LOOK_MS, Math.max(SHORTEST_LOOK_MS, lengthMs / LOOKS_A_PERIOD));
    cancel = scheduler.after(pauseMs, () => {
      running = look(node.timeMs()).finally(() => ended || schedule());
    });
  }

  return {
    begin: schedule,
    look,
    storage: () => readStorage(storageParts),
    async end() {
      ended = true;
      cancel();
      await running;
    },
  };
}

function roomSettings({ config, embedded }: Platform): { capacityBytes: Config['retention']['capacityBytes']; diskOf: string | undefined } {
  return { capacityBytes: config.retention.capacityBytes, diskOf: embedded === undefined ? undefined : config.installation.dataDir };
}

function retentionMetrics({ telemetry }: Platform) {
  return {
    expired: telemetry.counter('palace_runs_expired_total', 'Ended runs removed'),
    partitions: telemetry.gauge('palace_journal_partitions', 'Partitions of the journal'),
    bytes: telemetry.gauge('palace_database_bytes', 'Bytes of the database'),
    days: telemetry.gauge('palace_days_until_full', 'Days until the room for the database is used up'),
  };
}
