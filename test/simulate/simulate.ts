// The simulator's command: the kept failing seeds first, then fresh ones for so many seconds; or the mutants, which must all be caught.
// Every simulated service gets a process of its own, side by side.
//   node test/simulate/simulate.ts [--seconds 60] [--seed N] [--service ledger] [--faults-ms 25000]
//   node test/simulate/simulate.ts --service NAME --seed N [--mutant NAME] [--trace]      one seed, with what happened
//   node test/simulate/simulate.ts --mutants [--seed N] [--service NAME]
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KEPT_SEEDS } from './seeds.ts';
import { SERVICES } from './services.ts';
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

let underWay = first;
// A fault that nobody awaited is a violation too: it ends the process, and the seed must be known.
process.on('exit', (code) => {
  if (code !== 0 && values.service !== undefined) print(`the last seed of ${values.service} was ${underWay}`);
});

const ok = values.service === undefined ? await everyService() : await oneService(values.service);
process.exitCode = ok ? 0 : 1;

async function everyService(): Promise<boolean> {
  const codes = await Promise.all(
    Object.keys(SERVICES).map(
      (service) =>
        new Promise<number>((resolve) => {
          const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2), '--service', service];
          spawn(process.execPath, args, { stdio: 'inherit' }).on('exit', (code) => resolve(code ?? 1));
        }),
    ),
  );
  return codes.every((code) => code === 0);
}

function oneService(service: string): Promise<boolean> {
  const options: SimulationOptions = {
    service,
    ...(values['faults-ms'] === undefined ? {} : { faultsForMs: Number(values['faults-ms']) }),
    ...(values.mutant === undefined ? {} : { mistakes: mistakesOf(values.mutant) }),
  };
  return values.mutants === true ? mutants(options) : seeds(options);
}

function mistakesOf(name: string): NonNullable<SimulationOptions['mistakes']> {
  const mutant = MUTANTS.find((one) => one.name === name);
  if (mutant === undefined) throw new Error(`There is no mutant ${name}; there are: ${MUTANTS.map((one) => one.name).join(', ')}`);
  return mutant.mistakes;
}

async function run(seed: number, options: SimulationOptions): Promise<Verdict> {
  underWay = seed;
  return simulate(seed, options);
}

async function seeds(options: SimulationOptions): Promise<boolean> {
  if (values.seed !== undefined && values.seconds === undefined) return report(await run(first, options));
  const endMs = performance.now() + Number(values.seconds ?? 60) * 1_000;
  const kept = KEPT_SEEDS.filter(({ service }) => service === options.service);
  for (const { seed } of kept) {
    const verdict = await run(seed, options);
    if (verdict.violation !== undefined) return report(verdict);
  }
  let virtualMs = 0;
  let events = 0;
  let seed = first;
  for (; performance.now() < endMs; seed++) {
    const verdict = await run(seed, options);
    if (verdict.violation !== undefined) return report(verdict);
    virtualMs += verdict.virtualMs;
    events += verdict.events;
  }
  const size = `${Math.round(virtualMs / 1_000)} virtual seconds, ${events} events`;
  print(`${options.service}: ${seed - first} seeds from ${first} and ${kept.length} kept ones hold: ${size}`);
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

async function mutants(options: SimulationOptions): Promise<boolean> {
  const wanted = MUTANTS.filter(({ service }) => service === options.service);
  let caught = 0;
  for (const { name, mistakes } of wanted) {
    const found = await firstViolation({ ...options, mistakes });
    if (found === undefined) print(`MISSED  ${name}: ${MUTANT_SEEDS} seeds from ${first}`);
    else {
      caught++;
      print(`caught  ${name}: seed ${found.seed}, ${found.violation}`);
    }
  }
  print(`${options.service}: ${caught} of ${wanted.length} mutants caught`);
  return caught === wanted.length;
}

async function firstViolation(options: SimulationOptions): Promise<Verdict | undefined> {
  for (let seed = first; seed < first + MUTANT_SEEDS; seed++) {
    const verdict = await run(seed, options);
    if (verdict.violation !== undefined) return verdict;
  }
  return undefined;
}
