// One tenant asks at twenty times its quota; another, within its own, notices nothing. What is beyond the quota is refused with 429.
// In turns, because the machine has its own moods: nobody else, the tenant at its quota, the tenant at twenty times of it. All rounds of a
// kind are judged together, in the moments in which the host left the machine alone; the second kind tells what the rightful work takes.
import { join } from 'node:path';
import pg from 'pg';
import { mintKey } from '../../../services/gateway/credentials.ts';
import { runLoad, type Load, type LoadResult } from '../../load/load.ts';
import { openDoor, type Door } from '../door.ts';
import { PLAIN, prepare } from '../flows.ts';
import { openOneProcess, type OneProcess } from '../houses.ts';
import type { Outcome } from '../outcome.ts';
import { openFolder, startPostgres } from '../processes.ts';
import { watchHost, type Host } from './host.ts';
import { latencyOf, missedBeside, watchMemory, type Latency } from './measure.ts';
import { enoughIn, refusalsIn, steadyStarts, together, type Starts } from './starts.ts';

const QUOTA_A_SECOND = 100;
const TIMES_QUOTA = 20;
const CONNECTIONS = 500;
const OTHER = 'other';
/** Until enough starts are undisturbed. */
const MOST_ROUNDS = 4;

const KINDS = ['idle', 'atQuota', 'flooded'] as const;
type Kind = (typeof KINDS)[number];
const JUDGED: readonly Kind[] = ['idle', 'flooded'];
const RATES: Readonly<Record<Kind, number>> = { idle: 0, atQuota: QUOTA_A_SECOND, flooded: QUOTA_A_SECOND * TIMES_QUOTA };

interface Beside extends Starts {
  readonly load: LoadResult | undefined;
}
type Round = Readonly<Record<Kind, Beside>>;

/** `seconds`: of undisturbed time of each kind. */
export async function neighbour(seconds: number, times: 'kept' | 'reported'): Promise<Outcome> {
  const folder = openFolder();
  const postgres = await startPostgres(join(folder.dir, 'database'));
  try {
    const house = await openOneProcess({ PALACE_DATABASE_URL: postgres.server.url, PALACE_HTTP_RATE_PER_KEY: String(QUOTA_A_SECOND * 60) });
    try {
      const otherKey = await addTenant(postgres.server.url);
      const other = openDoor(() => ({ url: house.credentials().url, apiKey: otherKey }));
      await prepare(other, house.sink);
      await steadyStarts(other, { seconds: 5, series: 'warm-up' });
      const memory = watchMemory(house.process().pid);
      const { host, stop } = watchHost();
      const rounds = await inTurns(house, other, { seconds, mostRounds: times === 'kept' ? MOST_ROUNDS : 1, host }).finally(stop);
      const samplesMb = memory.stop();
      other.close();
      return outcome(rounds, { seconds, times, host, memoryPeakMb: Math.max(...samplesMb) });
    } finally {
      await house.close();
    }
  } finally {
    await postgres.server.stop();
    folder.remove();
  }
}

interface Asked {
  /** Of each kind in a round: the first moment of a flood weighs as in one that lasts. */
  readonly seconds: number;
  readonly mostRounds: number;
  readonly host: Host;
}

async function inTurns(house: OneProcess, other: Door, { seconds, mostRounds, host }: Asked): Promise<Round[]> {
  const rounds: Round[] = [];
  const isEnough = (): boolean => JUDGED.every((kind) => host.undisturbed(startsOf(rounds, kind).accepted).length >= enoughIn(seconds));
  for (let n = 1; n <= mostRounds && !isEnough(); n++) {
    const round = {} as Record<Kind, Beside>;
    for (const kind of KINDS) round[kind] = await beside(house, RATES[kind], { other, seconds, series: `${kind}-${n}` });
    rounds.push(round);
  }
  return rounds;
}

async function beside(house: OneProcess, rate: number, { other, seconds, series }: { other: Door; seconds: number; series: string }): Promise<Beside> {
  if (rate === 0) return { ...(await steadyStarts(other, { seconds, series })), load: undefined };
  const { url, apiKey } = house.credentials();
  const opened = Promise.withResolvers<void>();
  const load: Load = { url, apiKey, flow: PLAIN, processes: 1, connections: CONNECTIONS, seconds, rate, opened: opened.resolve };
  const loud = runLoad(load);
  await Promise.race([opened.promise, loud]);
  return { ...(await steadyStarts(other, { seconds, series })), load: await loud };
}

const startsOf = (rounds: readonly Round[], kind: Kind): Starts => together(rounds.map((round) => round[kind]));

interface Told {
  readonly seconds: number;
  readonly times: 'kept' | 'reported';
  readonly host: Host;
  readonly memoryPeakMb: number;
}

function outcome(rounds: readonly Round[], { seconds, times, host, memoryPeakMb }: Told): Outcome {
  const of = (kind: Kind): Latency => latencyOf(startsOf(rounds, kind).accepted, host);
  const [idleMs, atQuotaMs, floodedMs] = [of('idle'), of('atQuota'), of('flooded')];
  const floods = rounds.flatMap(({ flooded }) => flooded.load ?? []);
  const sumOf = (figure: (load: LoadResult) => number): number => floods.reduce((sum, load) => sum + figure(load), 0);
  const refused = sumOf((load) => load.refused);
  const lost = sumOf(({ cut, unanswered }) => cut + unanswered);
  const withoutRetryAfter = sumOf((load) => load.refusedWithoutRetryAfter);
  const slow = missedBeside({ loaded: floodedMs, normal: idleMs, enough: enoughIn(seconds), host });
  return {
    seconds,
    quotaASecond: QUOTA_A_SECOND,
    timesQuota: Math.round((sumOf((load) => load.sent) / (floods.length * seconds) / QUOTA_A_SECOND) * 10) / 10,
    accepted: sumOf((load) => load.accepted),
    refused,
    idleMs,
    atQuotaMs,
    floodedMs,
    rounds: rounds.length,
    hostTookPercent: host.takenPercent(),
    memoryPeakMb,
    ...(times === 'reported' && { missed: slow }),
    violations: [
      ...(times === 'kept' ? slow : []),
      ...KINDS.flatMap((kind) => refusalsIn(startsOf(rounds, kind), host).map((refusal) => `${kind}: ${refusal}`)),
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
