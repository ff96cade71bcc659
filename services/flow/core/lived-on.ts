// Whether a run may have gone on in the original of a restored installation, after the backup (ENGINE E18). The id says it: it holds the time of
// the run's cause, and a child's id that of its parent.
// I1 Whatever the original can have begun has an id of before the release: a run that the backup knew, its children, what a schedule of that
//    time starts, what waited in inbox and streams.
// I2 A fork of such a run is born when that was (`bornAs`), so that its forks are known too.
import { bornMs } from './run-id.ts';

export const LIVED_ON = 'The installation was restored from a backup: the original may have done this after it.';

/** `livedOnMs`: when it was released; 0 where nothing was ever restored. */
export const mayHaveLivedOn = (run: string, { livedOnMs }: { readonly livedOnMs: number }): boolean => livedOnMs > 0 && bornMs(run) <= livedOnMs;

/** When a fork of `original` counts as born. */
export const bornAs = (original: string, nowMs: number, known: { readonly livedOnMs: number }): number =>
  mayHaveLivedOn(original, known) ? bornMs(original) : nowMs;
