// The quick tier of the simulator: some seeds of the real code hold, the mutants of the durable component are caught.
// `test/simulate/simulate.ts` runs for longer, with `--mutants` for those of every service.
import { describe, expect, it } from 'vitest';
import { KEPT_SEEDS } from './simulate/seeds.ts';
import { SERVICES } from './simulate/services.ts';
import { simulate } from './simulate/simulation.ts';
import { MUTANTS } from './simulate/switches.ts';

const FAULTS_FOR_MS = 15_000;
const FRESH_SEEDS = 6;
const MUTANT_SEEDS = 150;
const LIMIT_MS = 180_000;

describe.each(Object.keys(SERVICES))('the simulated service %s', (service) => {
  it.each(KEPT_SEEDS.filter((kept) => kept.service === service))('holds with seed $seed (once: $was)', async ({ seed }) => {
    expect((await simulate(seed, { service })).violation).toBeUndefined();
  });

  it('holds with fresh seeds', async () => {
    const first = Math.floor(Math.random() * 2 ** 31);
    for (let seed = first; seed < first + FRESH_SEEDS; seed++) {
      const verdict = await simulate(seed, { service, faultsForMs: FAULTS_FOR_MS });
      const repeat = `node test/simulate/simulate.ts --service ${service} --seed ${seed} --faults-ms ${FAULTS_FOR_MS} --trace`;
      expect(verdict.violation, `repeat it: ${repeat}`).toBeUndefined();
    }
  });

  it('does the same for the same seed', async () => {
    const options = { service, faultsForMs: FAULTS_FOR_MS };
    expect(await simulate(7, options)).toEqual(await simulate(7, options));
  });

  it.each(MUTANTS.filter((mutant) => mutant.service === service && service === 'ledger'))(
    'catches the mutant: $name',
    async ({ mistakes }) => {
      for (let seed = 1; seed <= MUTANT_SEEDS; seed++) {
        if ((await simulate(seed, { service, mistakes, faultsForMs: FAULTS_FOR_MS })).violation !== undefined) return;
      }
      expect.unreachable(`${MUTANT_SEEDS} seeds did not show it`);
    },
    LIMIT_MS,
  );
});
