// Journals recorded at each format (test/journals): every build folds them to the states that were recorded, and finishes their runs
// (ENGINE E10). Nothing that was recorded changes; what a release writes anew is recorded by test/journals/record.ts.
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '@palace/flow/core/model.ts';
import { JOURNAL_FORMAT } from '@palace/flow/core/model.ts';
import { EVOLVE_VERSION } from '@palace/flow/core/run.ts';
import { plain } from '@palace/flow/core/virtual-shell.ts';
import { endOf, finish, foldKept, formats, namesOf, readKept, seenOf, type KeptJournal } from './journals/kept.ts';
import { SCENARIOS } from './journals/scenarios.ts';
import { EVENTS, STEPS } from './journals/words.ts';

const KEPT: readonly { readonly name: string; readonly kept: KeptJournal }[] = formats().flatMap((format) =>
  namesOf(format).map((name) => ({ name: `${name} (format ${format})`, kept: readKept(format, name) })),
);

describe.each(KEPT)('the kept journal $name', ({ kept }) => {
  it('folds to the states that were recorded', () => {
    for (const run of kept.runs) {
      const folded = foldKept(kept, run);
      expect(seenOf(folded.run)).toEqual(run.seen);
      // A new version of evolve: look at what it changes, then node test/journals/record.ts --states.
      expect({ [EVOLVE_VERSION]: folded.states }).toEqual({ [EVOLVE_VERSION]: run.states[EVOLVE_VERSION] });
    }
  });

  it('is finished as it was then, and what is added folds behind it', () => {
    for (const kept_ of kept.runs) {
      const { run } = foldKept(kept, kept_);
      const added = finish(run, kept_);
      expect(endOf(run)).toEqual(kept_.ends);
      const journal = [...kept_.journal, ...(JSON.parse(JSON.stringify(added)) as RunEvent[])];
      expect(plain(foldKept(kept, { ...kept_, journal }).run)).toEqual(plain(run));
    }
  });

  it('folds from the beginning of each of its segments alone', () => {
    for (const run of kept.runs) {
      const whole = plain(foldKept(kept, run).run);
      for (const [from, { type }] of run.journal.entries()) if (type === 'segment.opened') expect(plain(foldKept(kept, run, from).run)).toEqual(whole);
    }
  });
});

describe('the journals of the present format', () => {
  const present = KEPT.filter(({ kept }) => kept.format === JOURNAL_FORMAT).map(({ kept }) => kept);

  it('are recorded: one for each scenario', () => {
    expect(namesOf(JOURNAL_FORMAT)).toEqual(expect.arrayContaining(SCENARIOS.map(({ name }) => name)));
  });

  it('hold every kind of event, before the cut or behind it', () => {
    const found = new Set<string>();
    for (const kept of present) for (const run of kept.runs) for (const { type } of [...run.journal, ...finish(foldKept(kept, run).run, run)]) found.add(type);
    expect([...found].toSorted()).toEqual(Object.keys(EVENTS).toSorted());
  });

  it('enter every kind of step before the cut', () => {
    const found = new Set<string>();
    for (const { programs, runs } of present)
      for (const event of runs.flatMap(({ journal }) => journal)) {
        const step = event.type === 'step.entered' ? programs[0]?.program.steps[event.pc] : undefined;
        if (step !== undefined) found.add(step.kind);
      }
    expect([...found].toSorted()).toEqual(Object.keys(STEPS).toSorted());
  });
});
