// Chaos: real processes, real faults, a client that keeps its own books. JSON lines; a failure prints the command that repeats it.
//   node test/chaos/chaos.ts [--rounds 2 | --full] [--only NAME[,NAME]] [--seed S] [--report-times]
//     [--storm-seconds 60] [--storm-timers 100000] [--storm-schedules 1000]
// --report-times: bounds of wall-clock time that are missed are printed as `missed`; the machine may be busy with others.
// The seed chooses the moments of the faults; the machine chooses the rest, so a repeat repeats the kind, not the instant.
import { parseArgs } from 'node:util';
import type { Verdict } from './checks.ts';
import { FAULTS, type Chance } from './faults.ts';
import { SCENARIOS } from './scenarios.ts';

const FULL_ROUNDS = 20;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string' },
    full: { type: 'boolean', default: false },
    only: { type: 'string' },
    seed: { type: 'string' },
    'report-times': { type: 'boolean', default: false },
    'storm-seconds': { type: 'string', default: '60' },
    'storm-timers': { type: 'string', default: '100000' },
    'storm-schedules': { type: 'string', default: '1000' },
  },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const rounds = Number(values.rounds ?? (values.full ? FULL_ROUNDS : 2));
const stormSizes = { seconds: Number(values['storm-seconds']), timers: Number(values['storm-timers']), schedules: Number(values['storm-schedules']) };
const only = values.only?.split(',');
const names = [...FAULTS, ...SCENARIOS].map((one) => one.name);
for (const name of only ?? []) if (!names.includes(name)) throw new Error(`There is no "${name}". There are: ${names.join(', ')}.`);

let failures = 0;
for (const fault of FAULTS)
  if (isChosen(fault.name)) await guard(fault.name, () => fault.rounds(rounds, chanceOf(seed), (round, verdict) => tell(fault.name, round, verdict)));
for (const scenario of SCENARIOS) {
  if (!isChosen(scenario.name)) continue;
  await guard(scenario.name, async () => {
    const { violations, says, ...figures } = await scenario.run(values['report-times'] ? 'reported' : 'kept', stormSizes);
    if (says !== undefined) process.stderr.write(`${says}\n`);
    say({ chaos: scenario.name, ok: violations.length === 0, ...figures, ...(violations.length > 0 && { violations: violations.slice(0, 20) }) });
    if (violations.length > 0) repeat(scenario.name);
  });
}
process.exit(failures === 0 ? 0 : 1);

function isChosen(name: string): boolean {
  return only === undefined || only.includes(name);
}

async function guard(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    say({ chaos: name, ok: false, error: error instanceof Error ? error.message : String(error) });
    repeat(name);
  }
}

function tell(name: string, round: number, { violations, ...figures }: Verdict): void {
  say({ chaos: name, round, of: rounds, ok: violations.length === 0, ...figures, ...(violations.length > 0 && { violations: violations.slice(0, 20) }) });
  if (violations.length > 0) repeat(name);
}

function repeat(name: string): void {
  failures += 1;
  const { seconds, timers, schedules } = stormSizes;
  const storm = `--storm-seconds ${seconds} --storm-timers ${timers} --storm-schedules ${schedules}`;
  say({ chaos: name, repeat: `node test/chaos/chaos.ts --only ${name} --rounds ${rounds} --seed ${seed} ${storm}` });
}

function say(line: unknown): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** mulberry32 */
function chanceOf(from: number): Chance {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
