// How many runs are open and how long the oldest of each kind is, for the metrics; and how many acts wait for a person (in-doubt.ts).
// I1 Each process counts the shards that it owns: the sum over the processes, and the maximum, are the installation's.
// I2 A count reads one index of the open runs and nothing of those that have ended, and is not made for a scrape. It takes at most a
//    hundredth of the time (PACE; measured: a million waiting runs 0.5 s on two busy cores, so every 50 s instead of every 15).
// I3 Runs of the canary are not counted.
// Called by service.ts.
import type { Database } from '@palace/platform/database/port.ts';
import type { Gauge } from '@palace/platform/telemetry/port.ts';
import { CANARY_TENANT } from './canary/canary-flow.ts';
import type { RunStatus } from './contract.ts';

const COUNT_EVERY_MS = 15_000;
const PACE = 100;
const CANARY_LOOK_MS = 600_000;

/** The states of a run that has not ended, and why it has not. */
const OPEN = { pending: 'place', running: 'work', waiting: 'answer', paused: 'paused', quarantined: 'quarantined' } as const satisfies Partial<
  Record<RunStatus, string>
>;
type OpenState = keyof typeof OPEN;

export interface OpenRunsParts {
  readonly database: Database;
  owned(): readonly number[];
  /** Engine time. */
  nowMs(): number;
  readonly runs: Gauge;
  readonly oldest: Gauge;
}

export function countOpenRunsRegularly(parts: OpenRunsParts): () => void {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const schedule = (delayMs: number): void => {
    if (!ended) timer = setTimeout(() => void count(), delayMs).unref();
  };
  const count = async (): Promise<void> => {
    const beganMs = performance.now();
    // A database that is away is reported elsewhere; until it is back the last count stands.
    await tell(parts).catch(() => undefined);
    schedule(Math.max(COUNT_EVERY_MS, PACE * (performance.now() - beganMs)));
  };
  schedule(COUNT_EVERY_MS / 5);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

async function tell(parts: OpenRunsParts): Promise<void> {
  const shards = parts.owned();
  const found = shards.length === 0 ? [] : await countOpenRuns(parts.database, shards, parts.nowMs());
  for (const [state, reason] of Object.entries(OPEN)) {
    const one = found.find((row) => row.status === state);
    parts.runs.set(one?.runs ?? 0, { state });
    parts.oldest.set(one === undefined || one.runs === 0 ? 0 : Math.max(0, parts.nowMs() - one.oldestMs) / 1_000, { reason });
  }
}

interface OpenRuns {
  readonly status: OpenState;
  readonly runs: number;
  readonly oldestMs: number;
}

async function countOpenRuns(database: Database, shards: readonly number[], nowMs: number): Promise<OpenRuns[]> {
  return database.asEngine({ shards, tenants: [CANARY_TENANT] }, async (sql) => {
    const { rows } = await sql.query<{ status: OpenState; runs: number; oldest: string }>(
      `select r.status, r.runs - coalesce(c.runs, 0) as runs, r.oldest
         from (select status, count(*)::int as runs, min(started_ms) as oldest from flow.run where shard = any ($1) and ended_ms is null group by status) r
         left join (
           select status, count(*)::int as runs from flow.run where tenant = $2 and started_ms > $3 and shard = any ($1) and ended_ms is null group by status) c
           using (status)`,
      [shards, CANARY_TENANT, nowMs - CANARY_LOOK_MS],
    );
    return rows.map(({ status, runs, oldest }) => ({ status, runs, oldestMs: Number(oldest) }));
  });
}
