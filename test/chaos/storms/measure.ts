// Figures of a process and of a list of times.
import { readFileSync } from 'node:fs';
import type { Host, Timed } from './host.ts';

function memoryMb(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return Math.round((pages * 4_096) / 1_048_576);
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort();
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0) * 10) / 10;
}

export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** So many were undisturbed, and are judged. */
  readonly starts: number;
  readonly withDisturbed: { readonly p99: number; readonly starts: number };
}

/** In ms, of the moments in which the host left the machine alone; and of all. */
export function latencyOf(all: readonly Timed[], host: Host): Latency {
  const took = (some: readonly Timed[]): number[] => some.map(({ tookMs }) => tookMs);
  const judged = took(host.undisturbed(all));
  return {
    p50: quantile(judged, 0.5),
    p99: quantile(judged, 0.99),
    max: quantile(judged, 1),
    starts: judged.length,
    withDisturbed: { p99: quantile(took(all), 0.99), starts: all.length },
  };
}

const TIMES = 2;
/** Below it twice as much is the noise of a machine. */
const LEAST_MS = 20;

interface Beside {
  readonly loaded: Latency;
  readonly normal: Latency;
  /** Starts to judge by. */
  readonly enough: number;
  readonly host: Host;
}

/** The bounds that are missed where starts may take twice as long under a load as normally, and no longer. */
export function missedBeside({ loaded, normal, enough, host }: Beside): string[] {
  return [
    ...(loaded.p99 > Math.max(LEAST_MS, TIMES * normal.p99) ? [`starts took ${loaded.p99} ms at p99 meanwhile, ${normal.p99} ms normally`] : []),
    ...(Math.min(normal.starts, loaded.starts) < enough
      ? [`the host took ${host.takenPercent()} % of the processors: too few moments were undisturbed to judge by`]
      : []),
  ];
}

const SAMPLE_MS = 1_000;

/** Once a second from now on. */
export function watchMemory(pid: number): { readonly samplesMb: readonly number[]; stop(): readonly number[] } {
  const samplesMb = [memoryMb(pid)];
  const timer = setInterval(() => samplesMb.push(memoryMb(pid)), SAMPLE_MS);
  return {
    samplesMb,
    stop() {
      clearInterval(timer);
      return samplesMb;
    },
  };
}
