// Random jq programs in number: whatever they say, each ends with a result or a typed error within its fuel, and what
// jq/random-case.ts says holds. `--programs 100000`, `--seed N` repeats a run. A line of JSON a finding, then the figures.
import { parseArgs } from 'node:util';
import { randomCase } from '../../jq/random-case.ts';

const { values } = parseArgs({ options: { programs: { type: 'string', default: '100000' }, seed: { type: 'string' } } });
const programs = Number(values.programs);
const seed = values.seed === undefined ? Number(process.hrtime.bigint() % 2_147_483_647n) : Number(values.seed);
/** A program within its fuel takes less than this of the processor, also in a cold process. */
const SLOW_MS = 1_000;

let ran = 0;
let slowestMs = 0;
let violations = 0;
for (let i = 0; i < programs; i++) {
  const before = process.cpuUsage();
  const found = randomCase(seed + i);
  const tookMs = process.cpuUsage(before).user / 1_000;
  if (found.ran) ran++;
  slowestMs = Math.max(slowestMs, tookMs);
  const violation = found.violation ?? (tookMs > SLOW_MS ? `three runs took ${Math.round(tookMs)} ms` : undefined);
  if (violation === undefined) continue;
  violations++;
  process.stdout.write(`${JSON.stringify({ fuzz: 'jq', seed: seed + i, violation, source: found.source, input: found.input })}\n`);
  process.stderr.write(`repeat: node test/fuzz/jq.ts --programs 1 --seed ${seed + i}\n`);
}
const isPolluted = Object.keys(Object.prototype).length > 0;
const ok = violations === 0 && !isPolluted && ran > programs / 4;
process.stdout.write(`${JSON.stringify({ fuzz: 'jq', ok, seed, programs, ran, violations, isPolluted, slowestMs: Math.round(slowestMs) })}\n`);
process.exitCode = ok ? 0 : 1;
