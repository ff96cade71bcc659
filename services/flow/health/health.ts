// How the installation does, for people: processes and shards out of the database, figures of this process, the last backup, the upgrade.
// I1 It is cheap however many ask: one look a second is shared by all.
// I2 Nothing of a tenant is in it.
// Called by routes/health.ts.
import { readUpgrade, olderNodes } from '@palace/platform/durable/upgrade.ts';
import { VERSION } from '@palace/platform/release.ts';
import type { z } from 'zod';
import type { health } from '../diagnosis-contract.ts';
import { JOURNAL_FORMAT, READS_FORMAT } from '../core/model.ts';
import type { FlowParts } from '../parts.ts';
import { largest, latencyOf, readSample, sum, type Sample } from './figures.ts';

export type HealthView = z.input<typeof health>;

const BELIEVED_MS = 1_000;
/** A window of commits is so long at least, and twice as long at most while somebody looks. */
const WINDOW_MS = 60_000;

export function healthReader(parts: FlowParts): () => Promise<HealthView> {
  let last: { readonly atMs: number; readonly view: Promise<HealthView> } | undefined;
  let samples: readonly Sample[] = [];
  return () => {
    const nowMs = performance.now();
    if (last !== undefined && nowMs - last.atMs < BELIEVED_MS) return last.view;
    const view = look(parts, samples).then(({ view: seen, samples: kept }) => {
      samples = kept;
      return seen;
    });
    last = { atMs: nowMs, view };
    view.catch(() => (last = undefined));
    return view;
  };
}

async function look(parts: FlowParts, before: readonly Sample[]): Promise<{ view: HealthView; samples: readonly Sample[] }> {
  const { node, platform } = parts;
  const [text, nodes, rest, backup] = await Promise.all([platform.telemetry.metrics(), readNodes(parts), readUpgradeState(parts), readBackup(parts)]);
  const now = readSample(text, performance.now());
  const [first] = before;
  const silence = node.silence();
  const view = {
    release: VERSION,
    node: node.nodeId,
    ...nodes,
    figures: figuresOf(now, first),
    ...canaryOf(now, platform.config.canary.everyMs),
    ...(silence !== undefined && { silence }),
    ...(backup !== undefined && { backup }),
    upgrade: rest,
  };
  return { view, samples: keptSamples(before, now) };
}

/** The window begins with the first; a second waits to begin the next one. */
export function keptSamples(before: readonly Sample[], now: Sample): readonly Sample[] {
  const [first, second] = before;
  if (first === undefined) return [now];
  if (second === undefined) return now.atMs - first.atMs < WINDOW_MS ? before : [first, now];
  return now.atMs - second.atMs < WINDOW_MS ? before : [second, now];
}

function figuresOf(now: Sample, first: Sample | undefined): HealthView['figures'] {
  const latency = latencyOf('palace_commit_seconds', first, now);
  const toMs = (share: number): number => Math.round(latency.quantile(share) * 100_000) / 100;
  const windowSeconds = Math.round((first === undefined ? now.atMs : now.atMs - first.atMs) / 1_000);
  return {
    ...(latency.count > 0 && { commit: { p50Ms: toMs(0.5), p95Ms: toMs(0.95), count: latency.count, windowSeconds } }),
    inboxAgeSeconds: largest(now, 'palace_inbox_age_seconds'),
    outboxAgeSeconds: largest(now, 'palace_stream_age_seconds'),
    timerOverdueSeconds: largest(now, 'palace_timer_overdue_seconds'),
    runsInMemory: largest(now, 'palace_runs_in_memory'),
    clockJumpSeconds: largest(now, 'palace_clock_jump_seconds'),
  };
}

function canaryOf(now: Sample, everyMs: number): Pick<HealthView, 'canary'> {
  if (everyMs === 0) return {};
  const runs = sum(now, 'palace_canary_runs_total');
  const lastSuccess = largest(now, 'palace_canary_last_success_timestamp_seconds');
  return {
    canary: {
      runs,
      failed: runs - sum(now, 'palace_canary_runs_total', 'succeeded'),
      ...(lastSuccess > 0 && { lastSuccessAt: new Date(lastSuccess * 1_000).toISOString() }),
    },
  };
}

interface NodeRow {
  readonly id: string;
  readonly release: string | null;
  readonly leaving: boolean;
  readonly seen_ms: string;
  readonly shards: number;
}

async function readNodes({ platform: { database } }: FlowParts): Promise<Pick<HealthView, 'nodes' | 'shards'>> {
  const { rows } = await database.engine.query<NodeRow>(
    `select n.id, to_jsonb(n) ->> 'release' as release, n.leaving, n.seen_ms, (select count(*)::int from flow.shard s where s.owner = n.id) as shards
       from flow.node n join flow.living() l on l.id = n.id order by n.id`,
  );
  const total = await database.engine.query<{ total: number }>('select count(*)::int as total from flow.shard');
  const owned = rows.reduce((count, { shards }) => count + shards, 0);
  const all = total.rows[0]?.total ?? 0;
  return {
    nodes: rows.map(({ id, release, leaving, seen_ms: seenMs, shards }) => ({
      id,
      shards,
      leaving,
      seenAt: new Date(Number(seenMs)).toISOString(),
      ...(release !== null && { release }),
    })),
    shards: { total: all, ownerless: all - owned },
  };
}

async function readUpgradeState({ platform: { database } }: FlowParts): Promise<HealthView['upgrade']> {
  const { minReader, nodes } = await readUpgrade(database.engine, 'flow');
  const older = olderNodes(nodes, { release: VERSION, readsFormat: READS_FORMAT });
  // Where the formats stay the same there is nothing to be switched on.
  const isWritten = minReader >= READS_FORMAT || READS_FORMAT === JOURNAL_FORMAT;
  const state = older.length > 0 ? 'under-way' : isWritten ? 'none' : 'to-finish';
  return { state, readsFormat: READS_FORMAT, writesUpTo: Math.min(READS_FORMAT, Math.max(JOURNAL_FORMAT, minReader)) };
}

async function readBackup({ platform: { database } }: FlowParts): Promise<HealthView['backup'] | undefined> {
  const { rows } = await database.owner.query<{ point_at: Date; bytes: string }>('select point_at, bytes from palace.backup order by id desc limit 1');
  const [row] = rows;
  return row === undefined ? undefined : { at: row.point_at.toISOString(), bytes: Number(row.bytes) };
}
