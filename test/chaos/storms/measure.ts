// Figures of a process and of a list of times.
import { readFileSync } from 'node:fs';

function memoryMb(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return Math.round((pages * 4_096) / 1_048_576);
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort();
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0) * 10) / 10;
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
