// The canary: every minute one run of a flow of our own, started as a client's would be, timed from its start to its end.
// I1 One canary an installation: only the owner of its shard starts runs, one after the other.
// I2 It takes no share of anybody: its tenant is its own, so are its places; its runs are not among those counted and go after an hour.
// I3 What fails here is a metric and, after a while, a part of /readyz with its reason. It never ends the process.
// Called by service.ts.
import { setTimeout as sleep } from 'node:timers/promises';
import { PalaceError } from '@palace/platform/errors.ts';
import type { Counter, Gauge, Histogram, Telemetry } from '@palace/platform/telemetry/port.ts';
import { haltOver } from '../core/halts.ts';
import { scheduleShard } from '../engine/placement.ts';
import type { RunEnd } from '../engine/slot.ts';
import type { FlowParts } from '../parts.ts';
import { publishSource } from '../publishing.ts';
import { CANARY_FLOW, CANARY_SOURCE, CANARY_TENANT } from './canary-flow.ts';
import { expireCanaryRuns } from './expire.ts';
import { afterResult, NO_DOUBT, whyNotReady, type CanaryHealth } from './health.ts';

/** The first run comes when the process has settled. */
const FIRST_MS = 10_000;
/** What has not ended by then is late; the flow ends itself after a minute. */
const LATE_MS = 30_000;
const LOOK_MS = 2_000;
const SECONDS = [0.15, 0.2, 0.3, 0.5, 1, 2.5, 5, 10, 30];
const CANARY_SHARD = scheduleShard(CANARY_TENANT, CANARY_FLOW);

export interface CanarySettings {
  /** 0: no canary. */
  readonly everyMs: number;
  /** After so long without a success /readyz says so; 0: never. */
  readonly unreadyMs: number;
}

export interface Canary {
  /** Why this process is not ready, one sentence. */
  whyNotReady(): string | undefined;
  stop(): Promise<void>;
}

interface CanaryMetrics {
  readonly seconds: Histogram;
  readonly runs: Counter;
  readonly lastSuccess: Gauge;
}

type Outcome = 'succeeded' | 'failed' | 'late' | 'refused';

interface Ran {
  readonly outcome: Outcome;
  readonly tookMs: number;
  readonly run?: string;
  readonly reason?: string;
}

export function startCanary(parts: FlowParts, settings: CanarySettings): Canary {
  const { log: allLog } = parts.platform.telemetry;
  const log = allLog.child({ service: 'flow' });
  const metrics = canaryMetrics(parts.platform.telemetry);
  const ended = new AbortController();
  let health: CanaryHealth = NO_DOUBT;

  async function follow(): Promise<void> {
    for (let pauseMs = Math.min(FIRST_MS, settings.everyMs); await pause(pauseMs, ended.signal);) {
      const beganMs = performance.now();
      // Held back, it would be late by right.
      const isHeld = haltOver(parts.node.halts().all, CANARY_TENANT, CANARY_FLOW) !== undefined;
      if (isHeld || parts.node.fence(CANARY_SHARD) === undefined) health = NO_DOUBT;
      else await once();
      pauseMs = Math.max(0, settings.everyMs - (performance.now() - beganMs));
    }
  }

  async function once(): Promise<void> {
    // Neither a stop nor the next run waits for a start that nobody answers.
    const unanswered = pause(2 * LATE_MS, ended.signal).then((): Ran => ({ outcome: 'late', tookMs: 2 * LATE_MS, reason: 'its start was not answered' }));
    const ran = await Promise.race([tryRun(parts, ended.signal), unanswered]);
    if (ended.signal.aborted) return;
    const { outcome, run, reason = 'it failed' } = ran;
    metrics.runs.add(1, { outcome });
    health = afterResult(health, outcome === 'succeeded' ? { ok: true } : { ok: false, reason }, performance.now());
    if (outcome === 'succeeded') {
      metrics.seconds.observe(ran.tookMs / 1_000);
      metrics.lastSuccess.set(Date.now() / 1_000);
    } else log.warn('a canary run did not succeed', { outcome, reason, ...(run !== undefined && { runId: run }) });
    await expireCanaryRuns(parts.platform.database, parts.node.timeMs()).catch((error: unknown) =>
      log.warn('old canary runs could not be taken away', { error }),
    );
  }

  const following = settings.everyMs === 0 ? Promise.resolve() : follow();
  return {
    whyNotReady: () => whyNotReady(health, performance.now(), settings.unreadyMs),
    async stop() {
      ended.abort();
      await following;
    },
  };
}

function canaryMetrics(telemetry: Telemetry): CanaryMetrics {
  return {
    seconds: telemetry.histogram('palace_canary_seconds', 'Time of a canary run', SECONDS),
    runs: telemetry.counter('palace_canary_runs_total', 'Canary runs', ['outcome']),
    lastSuccess: telemetry.gauge('palace_canary_last_success_timestamp_seconds', 'When the last canary run succeeded'),
  };
}

/** False when it was ended meanwhile. */
function pause(delayMs: number, signal: AbortSignal): Promise<boolean> {
  return sleep(delayMs, true, { signal, ref: false }).catch(() => false);
}

async function tryRun(parts: FlowParts, signal: AbortSignal): Promise<Ran> {
  const beganMs = performance.now();
  const tookMs = (): number => performance.now() - beganMs;
  try {
    // The same text again changes nothing; a database that was restored, or emptied, has it again.
    await publishSource(parts, CANARY_TENANT, { source: CANARY_SOURCE, sourceName: CANARY_FLOW });
    const startedMs = performance.now();
    const end = Promise.withResolvers<RunEnd>();
    const { id } = await parts.engine.accept.start({ tenant: CANARY_TENANT, flow: CANARY_FLOW, input: {}, onEnd: end.resolve });
    let status = 'not there';
    for (let waitedMs = 0; waitedMs < LATE_MS; waitedMs += LOOK_MS) {
      const told = await Promise.race([end.promise, pause(LOOK_MS, signal)]);
      if (typeof told === 'object') return judged(id, told.status, performance.now() - startedMs);
      if (!told) break;
      const found = await lookUp(parts, id).catch(() => undefined);
      if (found?.tookMs !== undefined) return judged(id, found.status, found.tookMs);
      status = found?.status ?? status;
    }
    return { outcome: 'late', tookMs: LATE_MS, run: id, reason: `run ${id} was not done after ${LATE_MS / 1_000} s, it is ${status}` };
  } catch (error) {
    const code = error instanceof PalaceError ? error.code : 'internal';
    return { outcome: 'refused', tookMs: tookMs(), reason: `its start was refused with ${code}` };
  }
}

function judged(run: string, status: string, tookMs: number): Ran {
  if (status === 'completed') return { outcome: 'succeeded', tookMs, run };
  return { outcome: 'failed', tookMs, run, reason: `run ${run} ended as ${status}` };
}

/** Where a shard has changed hands, or was read again, its runs end without telling who started them. */
async function lookUp({ platform }: FlowParts, id: string): Promise<{ status: string; tookMs?: number } | undefined> {
  const { rows } = await platform.database.asTenant(CANARY_TENANT, (sql) =>
    sql.query<{ status: string; took_ms: string | null }>('select status, ended_ms - started_ms as took_ms from flow.run where id = $1', [id]),
  );
  const [row] = rows;
  return row === undefined ? undefined : { status: row.status, ...(row.took_ms !== null && { tookMs: Number(row.took_ms) }) };
}
