// What a step costs in a run with 10,000 steps, against a run with 100. One run at a time; each step is an effect whose result is
// journaled; snapshots as in production. Counted: processor time of engine and PostgreSQL, and the time between two steps.
import { openBenchEngine } from './engine/engine.ts';
import { costMeter, latency, machine, now, spread } from './engine/gauge.ts';
import { onGround } from './engine/ground.ts';
import { line } from './engine/line.ts';

const LONG_STEPS = 10_000;
const SHORT_STEPS = 100;
const STEPS_A_ROUND = 10;
const ROUNDS = 3;
/** As many short runs as one round has long steps. */
const SHORT_RUNS = LONG_STEPS / SHORT_STEPS;

interface Taken {
  readonly cpuMs: number;
  readonly betweenMs: number;
  readonly lastBetweenMs: number;
}

await onGround(async ({ databaseUrl, postgres }) => {
  const stamps: number[] = [];
  const engine = await openBenchEngine({ databaseUrl, step: async () => void stamps.push(now()) });
  const loop = (id: string, steps: number) => engine.run(id, 'loop', { rounds: steps / STEPS_A_ROUND });
  const take = async (runs: number, steps: number, turn: number): Promise<Taken> => {
    const between: number[] = [];
    const last: number[] = [];
    const meter = costMeter(process.pid, postgres);
    for (let n = 0; n < runs; n++) {
      stamps.length = 0;
      await loop(`h-${steps}-${turn}-${n}`, steps);
      const gaps = stamps.slice(1).map((at, i) => at - (stamps[i] as number));
      between.push(...gaps);
      last.push(...gaps.slice(-Math.ceil(steps / 10)));
    }
    return { cpuMs: meter(runs * steps).totalMs ?? 0, betweenMs: latency(between).p50, lastBetweenMs: latency(last).p50 };
  };
  await take(20, SHORT_STEPS, -1);
  const before = await machine(databaseUrl);
  const short: Taken[] = [];
  const long: Taken[] = [];
  for (let n = 0; n < ROUNDS; n++) {
    short.push(await take(SHORT_RUNS, SHORT_STEPS, n));
    long.push(await take(1, LONG_STEPS, n));
  }
  const of = (taken: readonly Taken[]) => ({
    cpuMsPerStep: spread(taken.map((one) => one.cpuMs)),
    betweenStepsMs: spread(taken.map((one) => one.betweenMs)),
    lastTenthMs: spread(taken.map((one) => one.lastBetweenMs)),
  });
  const ratio = (pick: (many: Taken, few: Taken) => number) => spread(long.map((many, n) => pick(many, short[n] as Taken)));
  line('history', {
    steps: LONG_STEPS,
    against: SHORT_STEPS,
    rounds: ROUNDS,
    // Of the two taken one after the other, so that other work on the machine falls on both.
    ratio: {
      cpu: ratio((many, few) => many.cpuMs / few.cpuMs),
      time: ratio((many, few) => many.betweenMs / few.betweenMs),
      lastTenth: ratio((many, few) => many.lastBetweenMs / few.betweenMs),
    },
    long: of(long),
    short: of(short),
    machine: before,
  });
  await engine.stop();
});
