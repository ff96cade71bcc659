// The seeds that once failed, by service; they run before any fresh one.
import { readFileSync } from 'node:fs';

export interface KeptSeed {
  readonly service: string;
  readonly seed: number;
  /** What was wrong. */
  readonly was: string;
}

export const KEPT_SEEDS = JSON.parse(readFileSync(new URL('seeds.json', import.meta.url), 'utf8')) as readonly KeptSeed[];
