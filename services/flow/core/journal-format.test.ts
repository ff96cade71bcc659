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

interface Kept {
  readonly program: Program;
  readonly run: string;
  readonly journal: readonly RunEvent[];
}

/** The state after each event, in one hash. When it changes, EVOLVE_VERSION rises and the new hash is added here. */
const STATES: Readonly<Record<string, string>> = {
  '4': '4300e0a26fab60bf8b17027f3ce36289ea7a099235e2b97dd9751c5553d0c71f',
  '5': '3c6a983bb3cc465a6f50e9f6f6f5bd52844adcd7c9d2494676bcbbb57b21b1dc',
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
