// One JSON line a figure, on standard output.

/** What was switched on while it was measured: a figure bought by less is void. */
export const FEATURES = 'fsync,journal,fence,metrics';

export function line(bench: string, figures: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify({ bench, features: FEATURES, ...figures })}\n`);
}

export function skip(bench: string, why: string): void {
  process.stdout.write(`${JSON.stringify({ bench, skip: why })}\n`);
}
