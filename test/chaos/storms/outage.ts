// PostgreSQL is away for a while in one of its ways, under a steady pace of questions. Every question is answered in good time with what
// was done or with why it was not; nothing ends, nothing grows, nothing acknowledged is lost or done twice, and all goes on by itself.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { verify } from '../checks.ts';
import { openOneProcess, type OneProcess } from '../houses.ts';
import type { Outcome } from '../outcome.ts';
import { openFolder, startPostgres } from '../processes.ts';
import { PLAIN } from '../flows.ts';
import { startAsking, type Asked } from './asking.ts';
import { quantile, watchMemory } from './measure.ts';
import type { Storm } from './weather.ts';

const BEFORE_MS = 5_000;
/** Nobody waits longer: what is under way on a silent database is cut after 8 s. */
const ANSWER_LIMIT_MS = 10_000;
/** Until then nobody can know, and a server that is full says only that. */
const KNOWN_AFTER_MS = 4_000;
/** The wait for a lock, and before it for a connection. */
const KNOWN_P99_MS = 5_000;
const RECOVERY_LIMIT_MS = 5_000;
const RECOVERY_WATCH_MS = 90_000;
const GOOD_IN_A_ROW = 10;
const GOOD_MS = 1_000;
/** As in an installation of the product's own. */
const CONNECTIONS = 60;
const REASONS = new Set(['unavailable.database', 'unavailable.resources', 'outcome.unknown', 'not ready']);
const MOST_LOG_BYTES_A_SECOND = 20_000;

export async function outage(storm: Storm, seconds: number, times: 'kept' | 'reported'): Promise<Outcome> {
  const folder = openFolder();
  const postgres = await startPostgres(join(folder.dir, 'database'), CONNECTIONS);
  try {
    const house = await openOneProcess({ PALACE_DATABASE_URL: postgres.server.url });
    try {
      const asking = await startAsking(house, storm.name);
      await sleep(BEFORE_MS);
      const logBytes = statSync(house.folder.log).size;
      const memory = watchMemory(house.process().pid);
      const beginMs = performance.now();
      const end = await storm.begin(postgres);
      await sleep(seconds * 1_000);
      await end();
      const endMs = performance.now();
      const recoveryMs = await untilGood(house);
      const sessions = await asking.finish();
      const samplesMb = memory.stop();
      const logBytesASecond = Math.round((statSync(house.folder.log).size - logBytes) / seconds);
      const verdict = await verify(house.door, house.sink, sessions);
      return outcome(times, { seconds, beginMs, endMs, asked: asking.asked, samplesMb, recoveryMs, logBytesASecond, verdict });
    } catch (error) {
      throw new Error(`${String(error)}\n${readFileSync(house.folder.log, 'utf8').slice(-3_000)}`, { cause: error });
    } finally {
      await house.close();
    }
  } finally {
    await postgres.server.stop();
    folder.remove();
  }
}

/** Until so many runs in a row begin and end at once; measured to the first of them. */
async function untilGood({ door }: OneProcess): Promise<number> {
  const beginMs = performance.now();
  let firstMs = 0;
  for (let good = 0; good < GOOD_IN_A_ROW && performance.now() - beginMs < RECOVERY_WATCH_MS;) {
    const sentMs = performance.now();
    const answer = await door.ask('POST', '/v1/runs', { flow: PLAIN, input: { n: 1 }, wait: '1s' });
    const fine = answer?.status === 201 && answer.body['status'] === 'completed' && performance.now() - sentMs < GOOD_MS;
    if (fine && good === 0) firstMs = performance.now() - beginMs;
    good = fine ? good + 1 : 0;
    if (!fine) await sleep(50);
    if (good === GOOD_IN_A_ROW) return Math.round(firstMs);
  }
  return RECOVERY_WATCH_MS;
}

interface Measured {
  readonly seconds: number;
  readonly beginMs: number;
  readonly endMs: number;
  readonly asked: readonly Asked[];
  readonly samplesMb: readonly number[];
  readonly recoveryMs: number;
  readonly logBytesASecond: number;
  readonly verdict: Awaited<ReturnType<typeof verify>>;
}

function outcome(times: 'kept' | 'reported', measured: Measured): Outcome {
  const { seconds, beginMs, endMs, asked, samplesMb, recoveryMs, logBytesASecond, verdict } = measured;
  const during = asked.filter(({ sentMs }) => sentMs >= beginMs && sentMs < endMs);
  const known = during.filter(({ sentMs }) => sentMs > beginMs + KNOWN_AFTER_MS);
  const longestMs = quantile(
    during.map(({ tookMs }) => tookMs),
    1,
  );
  const knownP99Ms = quantile(
    known.map(({ tookMs }) => tookMs),
    0.99,
  );
  const memoryBeforeMb = samplesMb[0] ?? 0;
  const memoryPeakMb = Math.max(...samplesMb);
  const slow = [
    ...(longestMs > ANSWER_LIMIT_MS ? [`the longest answer took ${longestMs} ms`] : []),
    ...(knownP99Ms > KNOWN_P99_MS ? [`answers took ${knownP99Ms} ms at p99 when the storm was known`] : []),
    ...(recoveryMs > RECOVERY_LIMIT_MS ? [`all was well again after ${recoveryMs} ms`] : []),
  ];
  const violations = [
    ...(times === 'kept' ? slow : []),
    ...unclear(during, beginMs + KNOWN_AFTER_MS),
    ...(memoryPeakMb > 1.5 * memoryBeforeMb + 100 ? [`memory grew from ${memoryBeforeMb} MB to ${memoryPeakMb} MB`] : []),
    ...(logBytesASecond > MOST_LOG_BYTES_A_SECOND ? [`the log grew by ${logBytesASecond} bytes a second`] : []),
    ...(recoveryMs >= RECOVERY_WATCH_MS ? ['it did not go on by itself'] : []),
    ...verdict.violations,
  ];
  return {
    seconds,
    asked: during.length,
    answers: counted(during),
    longest: longestOf(known, beginMs),
    answerMs: {
      p50: quantile(
        during.map(({ tookMs }) => tookMs),
        0.5,
      ),
      p99: quantile(
        during.map(({ tookMs }) => tookMs),
        0.99,
      ),
      max: longestMs,
    },
    knownP99Ms,
    recoveryMs,
    memoryBeforeMb,
    memoryPeakMb,
    logBytesASecond,
    acknowledged: verdict.runs,
    ...(times === 'reported' && { missed: slow }),
    violations,
  };
}

/** How often each kind of question was answered in which way. */
function counted(asked: readonly Asked[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const one of asked) {
    const name = `${one.kind} ${nameOf(one)}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Of each way of an answer the longest: after how many seconds of the storm it was asked, and how many milliseconds it took. */
function longestOf(asked: readonly Asked[], beginMs: number): Record<string, string> {
  const longest = new Map<string, Asked>();
  for (const one of asked) {
    const name = `${one.kind} ${nameOf(one)}`;
    if (one.tookMs > (longest.get(name)?.tookMs ?? 0)) longest.set(name, one);
  }
  return Object.fromEntries(
    [...longest].map(([name, { sentMs, tookMs }]) => [name, `${Math.round(tookMs)} ms at ${Math.round((sentMs - beginMs) / 1_000)} s`]),
  );
}

function nameOf({ kind, answer }: Asked): string {
  if (answer === undefined) return 'no answer';
  if (answer.status < 300) return String(answer.status);
  return kind === 'ready' && answer.status === 503 ? 'not ready' : `${answer.status} ${String(answer.body['code'])}`;
}

function unclear(asked: readonly Asked[], knownMs: number): string[] {
  const wrong = asked.filter((one) => {
    const { answer } = one;
    if (answer === undefined) return true;
    if (answer.status < 300 || (one.sentMs < knownMs && answer.body['code'] === 'overload.busy')) return false;
    return answer.status !== 503 || !REASONS.has(nameOf(one).replace(/^503 /, '')) || (one.kind !== 'ready' && !(Number(answer.headers['retry-after']) > 0));
  });
  return Object.entries(counted(wrong)).map(([name, count]) => `${count} times: ${name}`);
}
