// From the metrics of this process, as Prometheus reads them, to the few figures that people look at. Pure.
// I1 A quantile is that of what came between two samples: an hour of calm does not hide the last minute.

export interface Sample {
  readonly atMs: number;
  /** By series, labels included: `palace_runs_in_memory`, `palace_commit_seconds_bucket{le="0.01"}`. */
  readonly values: ReadonlyMap<string, number>;
}

export function readSample(text: string, atMs: number): Sample {
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const found = /^(palace_[^\s{]+(?:\{[^}]*\})?) (-?[\d.e+-]+)$/.exec(line);
    if (found !== null) values.set(found[1] ?? '', Number(found[2]));
  }
  return { atMs, values };
}

/** The largest of the series of a metric; 0 when there is none. */
export function largest({ values }: Sample, name: string): number {
  let most = 0;
  for (const [series, value] of values) if (isOf(series, name)) most = Math.max(most, value);
  return most;
}

export function sum({ values }: Sample, name: string, label = ''): number {
  let total = 0;
  for (const [series, value] of values) if (isOf(series, name) && series.includes(label)) total += value;
  return total;
}

const isOf = (series: string, name: string): boolean => series === name || series.startsWith(`${name}{`);

export interface Latency {
  readonly count: number;
  /** Seconds, within their bucket by the straight line. */
  quantile(share: number): number;
}

/** Of a histogram without labels. Without a sample before: since the process started. */
export function latencyOf(name: string, before: Sample | undefined, now: Sample): Latency {
  const buckets = bucketsOf(name, now).map(({ upTo, count }, i, all) => {
    const earlier = before === undefined ? 0 : (bucketsOf(name, before)[i]?.count ?? 0);
    return { from: all[i - 1]?.upTo ?? 0, upTo, count: count - earlier };
  });
  const count = buckets.at(-1)?.count ?? 0;
  return {
    count,
    quantile(share) {
      const wanted = share * count;
      const at = buckets.findIndex((bucket) => bucket.count >= wanted);
      const bucket = buckets[at];
      if (bucket === undefined || count === 0) return 0;
      if (bucket.upTo === Infinity) return bucket.from;
      const below = buckets[at - 1]?.count ?? 0;
      const inside = bucket.count - below;
      return bucket.from + (bucket.upTo - bucket.from) * (inside === 0 ? 1 : (wanted - below) / inside);
    },
  };
}

/** Counts of a bucket hold those of the smaller ones. */
function bucketsOf(name: string, { values }: Sample): { readonly upTo: number; readonly count: number }[] {
  const found: { upTo: number; count: number }[] = [];
  for (const [series, count] of values) {
    const upTo = series.startsWith(`${name}_bucket{`) ? /le="([^"]+)"/.exec(series)?.[1] : undefined;
    if (upTo !== undefined) found.push({ upTo: upTo === '+Inf' ? Infinity : Number(upTo), count });
  }
  return found.toSorted((a, b) => a.upTo - b.upTo);
}
