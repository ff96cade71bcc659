// One tenant asks at twenty times its quota; another, within its own, notices nothing. What is beyond the quota is refused with 429.
import { join } from 'node:path';
import pg from 'pg';
import { mintKey } from '../../../services/gateway/credentials.ts';
import { runLoad } from '../../load/load.ts';
import { openDoor } from '../door.ts';
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
      const idle = await p99OfStarts(other, { seconds, series: 'idle' });
      const memory = watchMemory(house.process().pid);
      const flood = runLoad({ url, apiKey, flow: PLAIN, processes: 1, connections: CONNECTIONS, seconds, rate: QUOTA_A_SECOND * TIMES_QUOTA });
      const beside = await p99OfStarts(other, { seconds, series: 'beside' });
      const { sent, accepted, refused, refusedWithoutRetryAfter, other: odd, cut, unanswered } = await flood;
      const samplesMb = memory.stop();
      other.close();
      const idleP99Ms = quantile(idle.tookMs, 0.99);
      const besideP99Ms = quantile(beside.tookMs, 0.99);
      const slow = [
        ...(besideP99Ms > Math.max(LEAST_MS, TIMES * idleP99Ms)
          ? [`the other tenant’s starts took ${besideP99Ms} ms at p99, ${idleP99Ms} ms when all was idle`]
          : []),
      ];
      return {
        seconds,
        quotaASecond: QUOTA_A_SECOND,
        timesQuota: Math.round((sent / seconds / QUOTA_A_SECOND) * 10) / 10,
        accepted,
        refused,
        idleMs: { p50: quantile(idle.tookMs, 0.5), p99: idleP99Ms },
        besideMs: { p50: quantile(beside.tookMs, 0.5), p99: besideP99Ms, max: quantile(beside.tookMs, 1) },
        memoryPeakMb: Math.max(...samplesMb),
        ...(times === 'reported' && { missed: slow }),
        violations: [
          ...(times === 'kept' ? slow : []),
          ...idle.problems,
          ...beside.problems,
          ...(refused === 0 ? ['nothing was refused'] : []),
          ...(refusedWithoutRetryAfter > 0 ? [`${refusedWithoutRetryAfter} refusals without Retry-After`] : []),
          ...Object.entries(odd).map(([status, count]) => `${count} answers with status ${status}`),
          ...(cut + unanswered > 0 ? [`${cut} connections broke, ${unanswered} requests had no answer`] : []),
        ],
      };
    } finally {
      await house.close();
    }
  } finally {
    await postgres.server.stop();
    folder.remove();
  }
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
