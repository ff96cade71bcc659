// What the workloads measure with: latencies, the processor time of processes, their memory, the machine's speed of the moment.
// I1 Processor time and memory come from /proc; where there is none they are null, never a guess.
// I2 A figure is the median of its rounds; the least and the greatest stand beside it.
import { readdirSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import pg from 'pg';

export const now = (): number => performance.now();
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
export const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: round(at(sorted, 0.5)), min: round(sorted[0] ?? 0), max: round(sorted.at(-1) ?? 0) };
}

/** What one call took, by the clock and by the processor: all threads of this process, in the kernel too. */
export function costOf(run: () => unknown): { readonly wallMs: number; readonly cpuMs: number } {
  const cpu = process.cpuUsage();
  const from = now();
  run();
  const wallMs = now() - from;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs: round(wallMs), cpuMs: round((user + system) / 1_000) };
}

export interface Latency {
  readonly n: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export function latency(valuesMs: readonly number[]): Latency {
  const sorted = valuesMs.toSorted((a, b) => a - b);
  return { n: sorted.length, p50: round(at(sorted, 0.5)), p95: round(at(sorted, 0.95)), p99: round(at(sorted, 0.99)), max: round(sorted.at(-1) ?? 0) };
}

const at = (sorted: readonly number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;

export interface Pooled {
  readonly done: number;
  readonly failed: number;
  readonly perSecond: number;
  readonly ms: Latency;
}

/** Keeps `clients` calls in flight until `count` are done or `capMs` have passed. */
export async function pool(count: number, clients: number, call: (n: number) => Promise<void>, capMs = 30_000): Promise<Pooled> {
  const took: number[] = [];
  const began = now();
  let next = 0;
  let failed = 0;
  let last = began;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (next < count && now() - began < capMs) {
        const n = next++;
        const from = now();
        try {
          await call(n);
          last = now();
          took.push(last - from);
        } catch (error) {
          failed += 1;
          if (failed < 3) process.stderr.write(`a run failed: ${String(error)}\n`);
        }
      }
    }),
  );
  return { done: took.length, failed, perSecond: round(took.length / ((last - began) / 1000), 1), ms: latency(took) };
}

/** Seconds of processor time used so far by a process alone, or with its children, living and ended. */
export function cpuSeconds(pid: number, reach: 'alone' | 'with-children'): number | null {
  const pids = reach === 'alone' ? [pid] : family(pid);
  let ticks = 0;
  let seen = false;
  for (const one of pids) {
    const fields = statFields(one);
    if (fields === undefined) continue;
    seen = true;
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15).map(Number);
    ticks += user + system + (reach === 'alone' ? 0 : childUser + childSystem);
  }
  return seen ? ticks / 100 : null;
}

function statFields(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ');
  } catch {
    return undefined;
  }
}

/** A process and its living descendants. */
export function family(pid: number): number[] {
  const found = [pid];
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim();
      if (children !== '') for (const child of children.split(' ')) found.push(...family(Number(child)));
    }
  } catch {
    // It has ended, or there is no /proc.
  }
  return [...new Set(found)];
}

/** Resident memory of these processes together, in MB. */
export function memoryMb(pids: readonly number[]): number | null {
  let kilobytes = 0;
  for (const pid of pids) {
    try {
      kilobytes += Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    } catch {
      // It has ended, or there is no /proc.
    }
  }
  return kilobytes === 0 ? null : Math.round(kilobytes / 1024);
}

/** Milliseconds of processor time that one of `count` things cost, of the engine and of PostgreSQL. */
export interface Cost {
  readonly engineMs: number | null;
  readonly postgresMs: number | null;
  readonly totalMs: number | null;
}

export function costMeter(engine: number, postgres: number): (count: number) => Cost {
  const before = { engine: cpuSeconds(engine, 'alone'), postgres: cpuSeconds(postgres, 'with-children') };
  return (count) => {
    const each = (was: number | null, is: number | null): number | null => (was === null || is === null ? null : round(((is - was) * 1000) / count, 3));
    const engineMs = each(before.engine, cpuSeconds(engine, 'alone'));
    const postgresMs = each(before.postgres, cpuSeconds(postgres, 'with-children'));
    return { engineMs, postgresMs, totalMs: engineMs === null || postgresMs === null ? null : round(engineMs + postgresMs, 3) };
  };
}

export interface Machine {
  readonly cpuLoops: number;
  readonly commits: number;
  readonly load: number;
}

/** How fast the machine is just now: a processor loop and single committed inserts, 0.3 s each. Compare rows only where these are near. */
export async function machine(databaseUrl: string): Promise<Machine> {
  const PROBE_MS = 300;
  let loops = 0;
  let held = 0;
  for (const began = now(); now() - began < PROBE_MS; loops++) for (let i = 0; i < 10_000; i++) held = (held * 31 + i) | 0;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('create table if not exists public.probe (x int)');
    let commits = 0;
    for (const began = now(); now() - began < PROBE_MS; commits++) await client.query('insert into public.probe values (1)');
    await client.query('truncate public.probe');
    const perSecond = (count: number): number => Math.round((count * 1000) / PROBE_MS);
    return { cpuLoops: perSecond(loops), commits: perSecond(commits), load: round(loadavg()[0] ?? 0, 1) };
  } finally {
    await client.end();
  }
}
