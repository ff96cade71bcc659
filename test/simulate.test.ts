// The quick tier of the simulator: some seeds of the real code hold, every mutant is caught. `test/simulate/simulate.ts` runs for longer.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { simulate } from './simulate/simulation.ts';
import { MUTANTS } from './simulate/switches.ts';

const FAULTS_FOR_MS = 15_000;
const MUTANT_SEEDS = 40;

describe('the durable component in the simulator', () => {
  const kept = JSON.parse(readFileSync(new URL('./simulate/seeds.json', import.meta.url), 'utf8')) as { seed: number; was: string }[];
  for (const { seed, was } of kept) {
    it(`holds with seed ${seed} (once: ${was})`, async () => {
      expect((await simulate(seed)).violation).toBeUndefined();
    });
  }

  it('holds with fresh seeds', async () => {
    const first = Math.floor(Math.random() * 2 ** 31);
    for (let seed = first; seed < first + 12; seed++) {
      const verdict = await simulate(seed, { faultsForMs: FAULTS_FOR_MS });
      expect(verdict.violation, `repeat it: node test/simulate/simulate.ts --seed ${seed} --faults-ms ${FAULTS_FOR_MS} --trace`).toBeUndefined();
    }
  });

  it('does the same for the same seed', async () => {
    const [once, again] = [await simulate(7, { faultsForMs: FAULTS_FOR_MS }), await simulate(7, { faultsForMs: FAULTS_FOR_MS })];
    expect(again).toEqual(once);
  });

  for (const { name, service, mistakes } of MUTANTS) {
    it(`catches the mutant: ${name}`, async () => {
      for (let seed = 1; seed <= MUTANT_SEEDS; seed++) {
        if ((await simulate(seed, { service, mistakes, faultsForMs: FAULTS_FOR_MS })).violation !== undefined) return;
      }
      expect.unreachable(`${MUTANT_SEEDS} seeds did not show it`);
    });
  }
});
