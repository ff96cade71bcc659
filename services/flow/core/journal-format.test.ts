// A journal of format 1, written once and never again: every later release must fold it (ENGINE E10).
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { evolve } from './evolve.ts';
import { link } from './link.ts';
import { JOURNAL_FORMAT, type RunEvent } from './model.ts';
import type { Program } from './program.ts';
import { EVOLVE_VERSION, newRun } from './run.ts';
import { plain } from './virtual-shell.ts';

interface Kept { readonly program: Program; readonly run: string; readonly journal: readonly RunEvent[] }

/** The state after each event, in one hash. When it changes, EVOLVE_VERSION rises and the new hash is added here. */
const STATES: Readonly<Record<string, string>> = {
  '2': 'b0f66a71ee0e0f2c3cd14bb272ef331167edd7512caf87ccf66706f992a3907c',
};

it('the kept journal folds, and folds to the states that this version of evolve stands for', () => {
  const kept = JSON.parse(readFileSync(join(import.meta.dirname, `journal-format-${JOURNAL_FORMAT}.json`), 'utf8')) as Kept;
  const run = newRun(link(kept.program), { id: kept.run });
  const hash = createHash('sha256');
  for (const event of kept.journal) {
    evolve(run, event);
    hash.update(JSON.stringify(plain(run)));
  }
  expect(run.phase).toBe('completed');
  expect(hash.digest('hex')).toBe(STATES[EVOLVE_VERSION]);
});
