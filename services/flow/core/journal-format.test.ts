// Journals of format 1, written once and never again: every later release must fold them (ENGINE E10).
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { evolve } from './evolve.ts';
import { link } from './link.ts';
import { JOURNAL_FORMAT, type RunEvent } from './model.ts';
import type { Program } from './program.ts';
import { EVOLVE_VERSION, newRun, type Run } from './run.ts';
import { plain } from './virtual-shell.ts';

/** The state after each event, in one hash. When it changes, EVOLVE_VERSION rises and the new hash is added here. */
const STATES: Readonly<Record<string, { readonly whole: string; readonly segments?: string; readonly queued?: readonly string[] }>> = {
  '4': { whole: '4300e0a26fab60bf8b17027f3ce36289ea7a099235e2b97dd9751c5553d0c71f' },
  '5': {
    whole: '3c6a983bb3cc465a6f50e9f6f6f5bd52844adcd7c9d2494676bcbbb57b21b1dc',
    segments: 'cbd6c383d1f4ca1ee34bdb80368dd715bf7ed10a5b9d66c04411f3ba990de8a3',
  },
  // The same for these journals: only intents with secrets hold more than before, and runs may be queued.
  '6': {
    whole: '3c6a983bb3cc465a6f50e9f6f6f5bd52844adcd7c9d2494676bcbbb57b21b1dc',
    segments: 'cbd6c383d1f4ca1ee34bdb80368dd715bf7ed10a5b9d66c04411f3ba990de8a3',
    queued: ['e8d937664ea0c1bfd4e39668a4adf576508db790dfdf5c4c19395fd1b861d6d9', '0ce7b48844ee6b082c718329784a9d5c6c168757f961bb5d1c87babbb4038986'],
  },
  // Listens that had enough say so; only steps that ask for their class hold more.
  '7': {
    whole: '3c6a983bb3cc465a6f50e9f6f6f5bd52844adcd7c9d2494676bcbbb57b21b1dc',
    segments: '67c847a42e1e7b2a0e5de8232d6f6b0e21dc2363961d0e24018127463518bc42',
    queued: ['c37dc8019e4132c904a56fa46f9b2f7cb1422084f6fe338c3b017925395135d4', '0ce7b48844ee6b082c718329784a9d5c6c168757f961bb5d1c87babbb4038986'],
  },
};

const read = <T>(name: string): T => JSON.parse(readFileSync(join(import.meta.dirname, `journal-format-${JOURNAL_FORMAT}${name}.json`), 'utf8')) as T;

function statesOf(run: Run, journal: readonly RunEvent[], before: (event: RunEvent) => void = () => {}): string {
  const hash = createHash('sha256');
  for (const event of journal) {
    before(event);
    evolve(run, event);
    hash.update(JSON.stringify(plain(run)));
  }
  return hash.digest('hex');
}

it('the kept journal folds, and folds to the states that this version of evolve stands for', () => {
  const kept = read<{ program: Program; run: string; journal: RunEvent[] }>('');
  const run = newRun(link(kept.program, ''), { id: kept.run });
  expect(statesOf(run, kept.journal)).toBe(STATES[EVOLVE_VERSION]?.whole);
  expect(run.phase).toBe('completed');
});

it('the kept queued run and queued fork fold: they wait, are told things, and begin', () => {
  const kept = read<{ program: Program; runs: { run: string; journal: RunEvent[] }[] }>('-queued');
  const phases = new Set<string>();
  const states = kept.runs.map(({ run: id, journal }) => {
    const run = newRun(link(kept.program, ''), { id });
    const hash = statesOf(run, journal, () => phases.add(run.phase));
    expect(run.phase).toBe('completed');
    return hash;
  });
  expect([...phases]).toEqual(['new', 'queued', 'running']);
  expect(states).toEqual(STATES[EVOLVE_VERSION]?.queued);
});

it('the kept segments fold one after the other and each from its own beginning, on the program that each one names', () => {
  const kept = read<{ programs: { hash: string; program: Program }[]; run: string; journal: RunEvent[] }>('-segments');
  const linked = new Map(kept.programs.map(({ hash, program }) => [hash, link(program, hash)]));
  const folded = (from: number): { run: Run; states: string } => {
    const run = newRun([...linked.values()][0] ?? expect.fail('no program'), { id: kept.run });
    const states = statesOf(run, kept.journal.slice(from), (event) => {
      if (event.type === 'segment.opened') run.linked = linked.get(event.hash) ?? expect.fail(event.hash);
    });
    return { run, states };
  };
  const begins = kept.journal.flatMap((event, i) => (event.type === 'segment.opened' ? [i] : []));
  expect(begins.length).toBeGreaterThan(2);
  const whole = folded(0);
  expect(whole.states).toBe(STATES[EVOLVE_VERSION]?.segments);
  expect(whole.run).toMatchObject({ phase: 'completed', seq: kept.journal.length });
  for (const from of begins) expect(plain(folded(from).run)).toEqual(plain(whole.run));
});
