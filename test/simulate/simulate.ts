// The simulator's command: fresh seeds for so many seconds, the kept failing ones first, and the mutants that must be caught.
//   node test/simulate/simulate.ts [--seconds 60] [--seed N] [--mutants] [--mutant NAME] [--faults-ms 25000] [--trace]
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { simulate, type Verdict } from './simulation.ts';
import { MUTANTS } from './switches.ts';

const MUTANT_SEEDS = 60;

const { values } = parseArgs({
  options: { seconds: { type: 'string' }, seed: { type: 'string' }, mutants: { type: 'boolean' }, trace: { type: 'boolean' }, mutant: { type: 'string' }, 'faults-ms': { type: 'string' } },
});
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const first = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);

let underWay = first;
// A fault that nobody awaited is a violation too.
process.on('unhandledRejection', (error) => {
  print(`seed ${underWay}: ${error instanceof Error ? error.stack : String(error)}`);
  process.exit(1);
});

const ok = values.mutants === true ? await mutants() : await seeds();
process.exitCode = ok ? 0 : 1;

async function seeds(): Promise<boolean> {
  if (values.seed !== undefined && values.seconds === undefined) return report(await simulate(first, MUTANTS[values.mutant ?? ''] ?? {}, values['faults-ms'] === undefined ? undefined : Number(values['faults-ms'])));
  const endMs = performance.now() + Number(values.seconds ?? 60) * 1_000;
  const kept = JSON.parse(readFileSync(new URL('seeds.json', import.meta.url), 'utf8')) as { seed: number }[];
  for (const { seed } of kept) if (!report(await simulate(seed))) return false;
  let runs = 0;
  let virtualMs = 0;
  let events = 0;
  for (let seed = first; performance.now() < endMs; seed++) {
    underWay = seed;
    const verdict = await simulate(seed);
    if (verdict.violation !== undefined) return report(verdict);
    runs++;
    virtualMs += verdict.virtualMs;
    events += verdict.events;
  }
  print(`${runs} seeds from ${first} and ${kept.length} kept ones hold: ${Math.round(virtualMs / 1_000)} virtual seconds, ${events} events`);
  return true;
}

function report(verdict: Verdict): boolean {
  const figures = Object.entries(verdict.figures).map(([name, count]) => `${count} ${name}`).join(', ');
  print(`seed ${verdict.seed}: ${verdict.violation ?? 'holds'} (${Math.round(verdict.virtualMs / 1_000)} virtual s, ${verdict.events} events, ${figures})`);
  if (values.trace === true) for (const line of verdict.trace) print(line);
  if (verdict.violation !== undefined) print(`repeat it: node test/simulate/simulate.ts --seed ${verdict.seed} --trace`);
  return verdict.violation === undefined;
}

async function mutants(): Promise<boolean> {
  let caught = 0;
  for (const [name, mistakes] of Object.entries(MUTANTS)) {
    const found = await firstViolation(mistakes);
    if (found === undefined) print(`MISSED  ${name}: ${MUTANT_SEEDS} seeds from ${first}`);
    else {
      caught++;
      print(`caught  ${name}: seed ${found.seed}, ${found.violation}`);
    }
  }
  return caught === Object.keys(MUTANTS).length;
}

async function firstViolation(mistakes: Parameters<typeof simulate>[1]): Promise<Verdict | undefined> {
  for (let seed = first; seed < first + MUTANT_SEEDS; seed++) {
    const verdict = await simulate(seed, mistakes);
    if (verdict.violation !== undefined) return verdict;
  }
  return undefined;
}
