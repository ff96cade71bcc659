// The simulator's command: the kept failing seeds first, then fresh ones for so many seconds; or the mutants, which must all be caught.
//   node test/simulate/simulate.ts [--seconds 60] [--seed N] [--service ledger] [--faults-ms 25000]
//   node test/simulate/simulate.ts --seed N [--mutant NAME] [--trace]      one seed, with what happened
//   node test/simulate/simulate.ts --mutants [--seed N]
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { simulate, type SimulationOptions, type Verdict } from './simulation.ts';
import { MUTANTS } from './switches.ts';

const MUTANT_SEEDS = 60;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    seed: { type: 'string' },
    mutants: { type: 'boolean' },
    mutant: { type: 'string' },
    trace: { type: 'boolean' },
    service: { type: 'string' },
    'faults-ms': { type: 'string' },
  },
});
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const first = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const options: SimulationOptions = {
  ...(values.service === undefined ? {} : { service: values.service }),
  ...(values['faults-ms'] === undefined ? {} : { faultsForMs: Number(values['faults-ms']) }),
  ...(values.mutant === undefined ? {} : { mistakes: mistakesOf(values.mutant) }),
};

let underWay = first;
// A fault that nobody awaited is a violation too: it ends the process, and the seed must be known.
process.on('exit', (code) => {
  if (code !== 0) print(`the last seed was ${underWay}`);
});

const ok = values.mutants === true ? await mutants() : await seeds();
process.exitCode = ok ? 0 : 1;

function mistakesOf(name: string): NonNullable<SimulationOptions['mistakes']> {
  const mistakes = MUTANTS[name];
  if (mistakes === undefined) throw new Error(`There is no mutant ${name}; there are: ${Object.keys(MUTANTS).join(', ')}`);
  return mistakes;
}

async function run(seed: number, more: SimulationOptions = {}): Promise<Verdict> {
  underWay = seed;
  return simulate(seed, { ...options, ...more });
}

async function seeds(): Promise<boolean> {
  if (values.seed !== undefined && values.seconds === undefined) return report(await run(first));
  const endMs = performance.now() + Number(values.seconds ?? 60) * 1_000;
  const kept = JSON.parse(readFileSync(new URL('seeds.json', import.meta.url), 'utf8')) as { seed: number }[];
  for (const { seed } of kept) {
    const verdict = await run(seed);
    if (verdict.violation !== undefined) return report(verdict);
  }
  let virtualMs = 0;
  let events = 0;
  let seed = first;
  for (; performance.now() < endMs; seed++) {
    const verdict = await run(seed);
    if (verdict.violation !== undefined) return report(verdict);
    virtualMs += verdict.virtualMs;
    events += verdict.events;
  }
  print(`seeds ${first} to ${seed - 1} and ${kept.length} kept ones hold: ${Math.round(virtualMs / 1_000)} virtual seconds, ${events} events`);
  return true;
}

function report(verdict: Verdict): boolean {
  const figures = Object.entries(verdict.figures)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
  print(`seed ${verdict.seed}: ${verdict.violation ?? 'holds'} (${Math.round(verdict.virtualMs / 1_000)} virtual s, ${verdict.events} events, ${figures})`);
  if (values.trace === true) for (const line of verdict.trace) print(line);
  if (verdict.violation !== undefined) print(`repeat it: node test/simulate/simulate.ts --seed ${verdict.seed}${repeatFlags()} --trace`);
  return verdict.violation === undefined;
}

function repeatFlags(): string {
  const given = [
    ['service', values.service],
    ['faults-ms', values['faults-ms']],
    ['mutant', values.mutant],
  ] as const;
  return given.map(([flag, value]) => (value === undefined ? '' : ` --${flag} '${value}'`)).join('');
}

async function mutants(): Promise<boolean> {
  let caught = 0;
  for (const name of Object.keys(MUTANTS)) {
    const found = await firstViolation(name);
    if (found === undefined) print(`MISSED  ${name}: ${MUTANT_SEEDS} seeds from ${first}`);
    else {
      caught++;
      print(`caught  ${name}: seed ${found.seed}, ${found.violation}`);
    }
  }
  return caught === Object.keys(MUTANTS).length;
}

async function firstViolation(name: string): Promise<Verdict | undefined> {
  for (let seed = first; seed < first + MUTANT_SEEDS; seed++) {
    const verdict = await run(seed, { mistakes: mistakesOf(name) });
    if (verdict.violation !== undefined) return verdict;
  }
  return undefined;
}
