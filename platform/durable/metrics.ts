// The figures of the durable component, by the names of platform/telemetry.
import type { Telemetry } from '../telemetry/port.ts';

const SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const ROWS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000];

export interface DurableMetrics {
  committed(seconds: number, rows: number): void;
  shardsOwned(count: number): void;
  tookOver(seconds: number): void;
  timerLate(seconds: number): void;
  timerOverdue(seconds: number): void;
  inboxAge(seconds: number): void;
  streamAge(seconds: number): void;
  streamLag(rows: number): void;
  /** Shards that nobody alive owned when this node last asked, without those that it has in its hands. */
  ownerless(count: number): void;
  clockJump(seconds: number): void;
}

export function durableMetrics(telemetry: Telemetry, service: string): DurableMetrics {
  const commitSeconds = telemetry.histogram('palace_commit_seconds', 'Time of one fenced commit to the database.', SECONDS);
  const commitRows = telemetry.histogram('palace_commit_rows', 'Rows written by one fenced commit.', ROWS);
  const owned = telemetry.gauge('palace_shards_owned', 'Shards that this process owns.');
  const takeover = telemetry.histogram('palace_takeover_seconds', 'Time from claiming a shard to serving it.', SECONDS);
  const lateness = telemetry.histogram('palace_timer_lateness_seconds', 'How much later than due a timer fired.', SECONDS);
  const overdue = telemetry.gauge('palace_timer_overdue_seconds', 'For how long the oldest timer has been due.');
  const streamAge = telemetry.gauge('palace_stream_age_seconds', 'Age of the oldest stream row that is not taken.', ['stream']);
  const ownerless = telemetry.gauge('palace_shards_ownerless', 'Shards without a living owner.');
  const jump = telemetry.gauge('palace_clock_jump_seconds', 'How far the database’s clock left engine time, while it is in doubt.');
  const age = telemetry.gauge('palace_inbox_age_seconds', 'Age of the oldest command that is not consumed yet.');
  const lag = telemetry.gauge('palace_stream_lag', 'Stream rows that the slowest consumer has not taken.', ['stream']);
  return {
    committed: (seconds, rows) => {
      commitSeconds.observe(seconds);
      commitRows.observe(rows);
    },
    shardsOwned: (count) => owned.set(count),
    tookOver: (seconds) => takeover.observe(seconds),
    timerLate: (seconds) => lateness.observe(seconds),
    timerOverdue: (seconds) => overdue.set(seconds),
    inboxAge: (seconds) => age.set(seconds),
    streamAge: (seconds) => streamAge.set(seconds, { stream: service }),
    streamLag: (rows) => lag.set(rows, { stream: service }),
    ownerless: (count) => ownerless.set(count),
    clockJump: (seconds) => jump.set(seconds),
  };
}
