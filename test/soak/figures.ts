// What a soak has measured and whether it is good: pure, so that the judge is tested too.

export interface Look {
  readonly atMs: number;
  readonly done: number;
  readonly perSecond: number;
  /** Of the engine and PostgreSQL, a run. */
  readonly cpuMs: number;
  readonly databaseMb: number;
  readonly heapMb: number;
  readonly left: number;
  readonly partitions: number;
}

export interface Figures {
  readonly looks: readonly Look[];
  readonly told: Record<string, unknown>;
}

export const MOST_GROWTH = 0.05;
const LEAST_RATE = 0.9;
const MEMORY_MB = 8;
/** Partitions go this much later than their runs. */
const LATE_MS = 30_000;

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / Math.max(1, values.length);

/** The bounds that are missed, as sentences. Adds the figures that were judged to `told`. */
export function judge({ looks, told }: Figures, { retentionMs, rates }: { readonly retentionMs: number; readonly rates: 'judged' | 'told' }): string[] {
  const [first, ...parts] = looks;
  const last = parts.at(-1);
  if (first === undefined || last === undefined) return ['nothing was measured'];
  const tenth = Math.max(1, Math.floor(parts.length / 10));
  const third = Math.floor(parts.length / 3);
  // The size swings: partitions go one at a time, and what is kept follows the throughput of the last minute. So thirds are compared, not moments.
  const sizeOf = (some: readonly Look[]): number => mean(some.map((one) => one.databaseMb));
  const rateOf = (some: readonly Look[]): number => mean(some.map((one) => one.perSecond));
  const [lastThird, thirdBefore] = [parts.slice(-third), parts.slice(-2 * third, -third)];
  // What is kept is what came within the retention: a load that got faster may keep more by as much, and no more than that.
  const faster = Math.max(1, rateOf(lastThird) / rateOf(thirdBefore));
  const plainGrowth = sizeOf(lastThird) / sizeOf(thirdBefore) - 1;
  const growth = (1 + plainGrowth) / faster - 1;
  const rate = rateOf(parts.slice(-tenth)) / rateOf(parts.slice(0, tenth));
  const cpuOf = (some: readonly Look[]): number => mean(some.map((one) => one.cpuMs));
  const half = parts.slice(-Math.floor(parts.length / 2));
  const heapMb = slope(half.map(({ done, heapMb: y }) => [done, y] as const)) * (last.done - (half[0]?.done ?? 0));
  // In the first third retention has begun to remove.
  const isLong = (last.atMs - first.atMs) / 3 > retentionMs + LATE_MS;
  const two = (value: number): number => Math.round(value * 1_000) / 1_000;
  Object.assign(told, {
    longEnough: isLong,
    growthOfLastThird: two(growth),
    plainGrowthOfLastThird: two(plainGrowth),
    loadOfLastThird: two(faster),
    rateOfLastTenth: two(rate),
    cpuMsARun: { firstTenth: two(cpuOf(parts.slice(0, tenth))), lastTenth: two(cpuOf(parts.slice(-tenth))) },
    perSecond: { firstTenth: Math.round(rateOf(parts.slice(0, tenth))), lastTenth: Math.round(rateOf(parts.slice(-tenth))) },
    heapGrowthMb: two(heapMb),
    runsKept: last.left,
    mostPartitions: Math.max(...parts.map((one) => one.partitions)),
  });
  const left = Object.entries((told['leftAfterwards'] ?? {}) as Record<string, number>).filter(([, n]) => n > 0);
  return [
    ...(told['failed'] === 0 ? [] : [`${String(told['failed'])} runs did not end as they should`]),
    ...(left.length === 0 ? [] : [`rows are left of runs that are over: ${JSON.stringify(Object.fromEntries(left))}`]),
    ...(isLong && growth >= MOST_GROWTH ? [`the database grew by ${two(growth * 100)} % over the last third`] : []),
    ...(rates === 'judged' && rate < LEAST_RATE ? [`the last tenth was at ${two(rate)} of the throughput of the first`] : []),
    ...(heapMb > MEMORY_MB ? [`the heap grew by ${two(heapMb)} MB over the second half`] : []),
  ];
}

/** Of the line that fits best. */
function slope(points: readonly (readonly [number, number])[]): number {
  const [x, y] = [mean(points.map((one) => one[0])), mean(points.map((one) => one[1]))];
  const over = points.reduce((sum, [px]) => sum + (px - x) ** 2, 0);
  return over === 0 ? 0 : points.reduce((sum, [px, py]) => sum + (px - x) * (py - y), 0) / over;
}
