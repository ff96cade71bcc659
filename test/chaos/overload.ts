// Overload: starts really sent at five times the capacity, each under a key of its own. Some are accepted, in good time; the rest is refused
// at once, with Retry-After; memory stays where it is; what was acknowledged is there afterwards. The load comes from processes of its own
// (test/load), on the same machine: what it and the refusals cost is taken from those who are served.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { runLoad, type Load, type LoadResult } from '../load/load.ts';
import { WORK } from './flows.ts';
import { openOneProcess, type OneProcess } from './houses.ts';
import type { Outcome } from './outcome.ts';

const TIMES = 5;
/** Offered a little more, so that the times are reached by what was really sent. */
const OFFERED_TIMES = 5.25;
const CONNECTIONS = 3_000;
const CAPACITY_CONNECTIONS = 64;
const CAPACITY_SECONDS = 8;
const WARM_UP_SECONDS = 4;
const SAMPLE_MS = 1_000;
const ACCEPTED_P99_MS = 1_000;
const NORMAL_WITHIN_MS = 5_000;
const KEYS_ASKED_AGAIN = 200;

export async function overload(seconds: number, times: 'kept' | 'reported'): Promise<Outcome> {
  const house = await openOneProcess();
  try {
    const load = loadOf(house);
    await runLoad({ ...load, connections: CAPACITY_CONNECTIONS, seconds: WARM_UP_SECONDS });
    const alone = await runLoad({ ...load, connections: CAPACITY_CONNECTIONS, seconds: CAPACITY_SECONDS });
    const capacity = Math.round(alone.accepted / CAPACITY_SECONDS);
    const memory = watchMemory(house.process().pid);
    const cpu = cpuMeter(house.process().pid);
    const result = await runLoad({ ...load, connections: CONNECTIONS, seconds, rate: capacity * OFFERED_TIMES });
    const serverCpuSeconds = cpu();
    const samplesMb = memory.stop();
    const normalAgainMs = await untilNormal(house);
    const lost = await lostOf(house, result);
    return outcome(times, { capacity, seconds, result, samplesMb, serverCpuSeconds, normalAgainMs, lost });
  } finally {
    await house.close();
  }
}

function loadOf({ folder }: OneProcess): Load {
  const { url, apiKey } = JSON.parse(readFileSync(`${folder.dir}/data/credentials.json`, 'utf8')) as { url: string; apiKey: string };
  return { url, apiKey, flow: WORK, processes: 1, connections: CONNECTIONS, seconds: 1 };
}

interface Measured {
  readonly capacity: number;
  readonly seconds: number;
  readonly result: LoadResult;
  readonly samplesMb: readonly number[];
  readonly serverCpuSeconds: number;
  readonly normalAgainMs: number;
  readonly lost: readonly string[];
}

function outcome(times: 'kept' | 'reported', { capacity, seconds, result, samplesMb, serverCpuSeconds, normalAgainMs, lost }: Measured): Outcome {
  const perSecond = (count: number): number => Math.round(count / seconds);
  const timesSent = Math.round((result.sent / seconds / capacity) * 100) / 100;
  const acceptedP99Ms = quantile(result.acceptedMs, 0.99);
  const memoryHalfMb = Math.max(...samplesMb.slice(0, Math.ceil(samplesMb.length / 2)));
  const memoryPeakMb = Math.max(...samplesMb);
  const slow = [
    ...(timesSent < TIMES ? [`only ${timesSent} times the capacity was sent`] : []),
    ...(acceptedP99Ms > ACCEPTED_P99_MS ? [`accepted starts took ${acceptedP99Ms} ms at p99`] : []),
    ...(normalAgainMs > NORMAL_WITHIN_MS ? [`normal again after ${normalAgainMs} ms`] : []),
  ];
  const violations = [
    ...(times === 'kept' ? slow : []),
    ...(result.accepted === 0 ? ['nothing was accepted'] : []),
    ...(result.refused === 0 ? ['nothing was refused'] : []),
    ...(result.refusedWithoutRetryAfter > 0 ? [`${result.refusedWithoutRetryAfter} refusals without Retry-After`] : []),
    ...Object.entries(result.other).map(([status, count]) => `${count} answers with status ${status}`),
    ...(result.cut > 0 ? [`${result.cut} connections broke under a request`] : []),
    ...(result.unanswered > 0 ? [`${result.unanswered} requests had no answer`] : []),
    ...(memoryPeakMb > 1.25 * memoryHalfMb + 50 ? [`memory grew from ${memoryHalfMb} MB to ${memoryPeakMb} MB`] : []),
    ...lost,
  ];
  const { offered, sent, neverSent, accepted, refused, unopened, acceptedMs, refusedMs, lateMs } = result;
  const figures = { p50: quantile(acceptedMs, 0.5), p99: acceptedP99Ms, max: quantile(acceptedMs, 1) };
  const refusedFigures = { p50: quantile(refusedMs, 0.5), p99: quantile(refusedMs, 0.99), max: quantile(refusedMs, 1) };
  return {
    says:
      `Of ${perSecond(sent)} starts a second, ${timesSent} times the capacity of ${capacity}, sent for ${seconds} s, ${perSecond(accepted)} a second were accepted ` +
      `(p50 ${figures.p50} ms, p99 ${figures.p99} ms from when they were due) and ${perSecond(refused)} a second refused with Retry-After; ` +
      `memory peaked at ${memoryPeakMb} MB, all was normal again after ${normalAgainMs} ms, and ${accepted - lost.length} of ${accepted} acknowledged starts were found.`,
    capacity,
    seconds,
    offered,
    sent,
    neverSent,
    timesSent,
    accepted,
    acceptedPerSecond: perSecond(accepted),
    acceptedMs: figures,
    refused,
    refusedPerSecond: perSecond(refused),
    refusedMs: refusedFigures,
    sentLateMs: { p50: quantile(lateMs, 0.5), p99: quantile(lateMs, 0.99) },
    connections: CONNECTIONS,
    unopened,
    serverCpu: Math.round((serverCpuSeconds / seconds) * 100) / 100,
    loadCpu: Math.round((result.cpuSeconds / seconds) * 100) / 100,
    memoryHalfMb,
    memoryPeakMb,
    normalAgainMs,
    ...(times === 'reported' && { missed: slow }),
    violations,
  };
}

function watchMemory(pid: number): { stop(): number[] } {
  const samplesMb: number[] = [];
  const look = (): void => {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    samplesMb.push(Math.round((pages * 4096) / 1_048_576));
  };
  look();
  const timer = setInterval(look, SAMPLE_MS);
  return {
    stop() {
      clearInterval(timer);
      return samplesMb;
    },
  };
}

/** Seconds of processor time that the process uses from now on. */
function cpuMeter(pid: number): () => number {
  const ticks = (): number => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  };
  const before = ticks();
  return () => (ticks() - before) / 100;
}

/** Ten runs in a row that end within 100 ms each, as on a quiet day. */
async function untilNormal({ door }: OneProcess): Promise<number> {
  const begin = performance.now();
  for (let good = 0; good < 10 && performance.now() - begin < 60_000;) {
    const sentMs = performance.now();
    const answer = await door.ask('POST', '/v1/runs', { flow: WORK, input: { n: 1 }, wait: '5s' });
    const fine = answer?.status === 201 && answer.body['status'] === 'completed' && performance.now() - sentMs < 100;
    good = fine ? good + 1 : 0;
    if (!fine) await sleep(50);
  }
  return Math.round(performance.now() - begin);
}

/** Acknowledged runs that the lists do not have, and keys that stand for another run than was acknowledged. */
async function lostOf({ door }: OneProcess, { keys }: LoadResult): Promise<string[]> {
  const missing = new Set(keys.keys());
  for (let cursor = ''; ;) {
    const { body } = await door.must('GET', `/v1/runs?flow=${WORK}&limit=200${cursor}`);
    for (const { id } of body['items'] as { id: string }[]) missing.delete(id);
    if (body['next'] === undefined || missing.size === 0) break;
    cursor = `&cursor=${encodeURIComponent(String(body['next']))}`;
  }
  const lost = [...missing].map((run) => `the acknowledged start ${run} is not there`);
  const step = Math.max(1, Math.floor(keys.size / KEYS_ASKED_AGAIN));
  for (const [run, key] of [...keys].filter((_, n) => n % step === 0)) {
    const { body } = await door.must('POST', '/v1/runs', { flow: WORK, input: { n: 1 } }, key);
    if (body['id'] !== run) lost.push(`the key of ${run} stands for ${String(body['id'])}`);
  }
  return lost;
}

function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort();
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0) * 10) / 10;
}
