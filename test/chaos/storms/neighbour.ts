// One tenant asks at twenty times its quota; another, within its own, notices nothing. What is beyond the quota is refused with 429.
// Three times in turns, because the machine has its own moods: nobody else, the tenant at its quota, the tenant at twenty times of it. The
// middle one of each is judged; the second one tells what its rightful work takes.
import { join } from 'node:path';
import pg from 'pg';
import { mintKey } from '../../../services/gateway/credentials.ts';
import { runLoad, type Load, type LoadResult } from '../../load/load.ts';
import { openDoor, type Door } from '../door.ts';
import { PLAIN, prepare } from '../flows.ts';
import { openOneProcess } from '../houses.ts';
import type { Outcome } from '../outcome.ts';
import { openFolder, startPostgres } from '../processes.ts';
import { quantile, watchMemory } from './measure.ts';
import { p99OfStarts } from './starts.ts';

const QUOTA_A_SECOND = 100;
const TIMES_QUOTA = 20;
const TIMES = 2;
/** Below it twice as much is the noise of a machine. */
const LEAST_MS = 20;
const CONNECTIONS = 500;
const OTHER = 'other';
const ROUNDS = 3;

export async function neighbour(seconds: number, times: 'kept' | 'reported'): Promise<Outcome> {
  const folder = openFolder();
  const postgres = await startPostgres(join(folder.dir, 'database'));
  try {
    const house = await openOneProcess({ PALACE_DATABASE_URL: postgres.server.url, PALACE_HTTP_RATE_PER_KEY: String(QUOTA_A_SECOND * 60) });
    try {
      const { url, apiKey } = house.credentials();
      const other = openDoor(() => ({ url, apiKey: otherKey }));
      const otherKey = await addTenant(postgres.server.url);
      await prepare(other, house.sink);
      await p99OfStarts(other, { seconds: 5, series: 'warm-up' });
      const memory = watchMemory(house.process().pid);
      const rounds: Round[] = [];
      for (let n = 1; n <= ROUNDS; n++) {
        const each = { other, seconds: Math.ceil(seconds / ROUNDS) };
        const load = { url, apiKey, flow: PLAIN, processes: 1, connections: CONNECTIONS, seconds: each.seconds };
        rounds.push({
          idle: await beside(undefined, { ...each, series: `idle-${n}` }),
          atQuota: await beside({ ...load, rate: QUOTA_A_SECOND }, { ...each, series: `quota-${n}` }),
          flooded: await beside({ ...load, rate: QUOTA_A_SECOND * TIMES_QUOTA }, { ...each, series: `flood-${n}` }),
        });
      }
      const samplesMb = memory.stop();
      other.close();
      return outcome(rounds, { seconds, times, memoryPeakMb: Math.max(...samplesMb) });
    } finally {
      await house.close();
    }
  } finally {
    await postgres.server.stop();
    folder.remove();
  }
}

interface Beside {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly problems: readonly string[];
  readonly load: LoadResult | undefined;
}
type Round = Readonly<Record<'idle' | 'atQuota' | 'flooded', Beside>>;

async function beside(load: Load | undefined, { other, seconds, series }: { other: Door; seconds: number; series: string }): Promise<Beside> {
  const loud = load === undefined ? undefined : runLoad(load);
  const { tookMs, problems } = await p99OfStarts(other, { seconds, series });
  return { p50Ms: quantile(tookMs, 0.5), p99Ms: quantile(tookMs, 0.99), maxMs: quantile(tookMs, 1), problems, load: await loud };
}

function outcome(rounds: readonly Round[], told: { readonly seconds: number; readonly times: 'kept' | 'reported'; readonly memoryPeakMb: number }): Outcome {
  const middle = (kind: keyof Round): Record<'p50' | 'p99' | 'max', number> => ({
    p50: quantile(
      rounds.map((round) => round[kind].p50Ms),
      0.5,
    ),
    p99: quantile(
      rounds.map((round) => round[kind].p99Ms),
      0.5,
    ),
    max: Math.max(...rounds.map((round) => round[kind].maxMs)),
  });
  const [idleMs, atQuotaMs, floodedMs] = [middle('idle'), middle('atQuota'), middle('flooded')];
  const floods = rounds.flatMap(({ flooded }) => flooded.load ?? []);
  const sumOf = (of: (load: LoadResult) => number): number => floods.reduce((sum, load) => sum + of(load), 0);
  const refused = sumOf((load) => load.refused);
  const lost = sumOf(({ cut, unanswered }) => cut + unanswered);
  const withoutRetryAfter = sumOf((load) => load.refusedWithoutRetryAfter);
  const slow =
    floodedMs.p99 > Math.max(LEAST_MS, TIMES * idleMs.p99)
      ? [`the other tenant’s starts took ${floodedMs.p99} ms at p99, ${idleMs.p99} ms when all was idle`]
      : [];
  return {
    seconds: told.seconds,
    quotaASecond: QUOTA_A_SECOND,
    timesQuota: Math.round((sumOf((load) => load.sent) / told.seconds / QUOTA_A_SECOND) * 10) / 10,
    accepted: sumOf((load) => load.accepted),
    refused,
    idleMs,
    atQuotaMs,
    floodedMs,
    rounds: rounds.map(({ idle, atQuota, flooded }) => [idle.p99Ms, atQuota.p99Ms, flooded.p99Ms]),
    memoryPeakMb: told.memoryPeakMb,
    ...(told.times === 'reported' && { missed: slow }),
    violations: [
      ...(told.times === 'kept' ? slow : []),
      ...rounds.flatMap(({ idle, atQuota, flooded }) => [...idle.problems, ...atQuota.problems, ...flooded.problems]),
      ...(refused === 0 ? ['nothing was refused'] : []),
      ...(withoutRetryAfter > 0 ? [`${withoutRetryAfter} refusals without Retry-After`] : []),
      ...floods.flatMap(({ other: odd }) => Object.entries(odd).map(([status, count]) => `${count} answers with status ${status}`)),
      ...(lost > 0 ? [`${lost} requests had no answer`] : []),
    ],
  };
}

/** A second tenant with a key of its own. */
async function addTenant(url: string): Promise<string> {
  const { id, secret, hash } = mintKey();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('insert into gateway.tenant (tenant) values ($1)', [OTHER]);
  await client.query('insert into gateway.key_tenant (id, tenant) values ($1, $2)', [id, OTHER]);
  await client.query(`insert into gateway.api_key (tenant, id, name, role, hash) values ($1, $2, 'storm', 'owner', $3)`, [OTHER, id, hash]);
  await client.end();
  return secret;
}
