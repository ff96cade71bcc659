// Random jq programs beside the jq command of this machine: the same values in the same order, an error where it has one.
// `--programs 5000`, `--seed N` repeats a run. Without a jq command: a line that says so, and no failure.
// I1 Only what jq 1.6 and the jq of today agree on is written: whole numbers, ASCII, no update without an output, no `try`
//    whose errors could come from behind it (mended in 1.7).
import { spawnSync } from 'node:child_process';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { compile, JqError, type Json } from '../../jq/jq.ts';
import { randomFrom } from '../../jq/random-programs.ts';
import { AgreedWriter } from './agreed-programs.ts';

const { values } = parseArgs({ options: { programs: { type: 'string', default: '4000' }, seed: { type: 'string' } } });
const programs = Number(values.programs);
const seed = values.seed === undefined ? Number(process.hrtime.bigint() % 2_147_483_647n) : Number(values.seed);
const BATCH = 50;
const PATIENCE_MS = 20_000;
const VARIABLE: Json = [1, 'a'];

interface Outcome {
  readonly values: readonly Json[];
  readonly failed: boolean;
}

const said = (found: object): void => void process.stdout.write(`${JSON.stringify({ fuzz: 'jq-against', ...found })}\n`);

/** The programs in one run of the command: each an array of {v} and perhaps {e}. Undefined: the command crashed or hangs. */
function theirs(sources: readonly string[], input: Json): Outcome[] | undefined {
  const program = `[${sources.map((source) => `[label $e | try ((${source}) | {v: .}) catch ({e: 1}, break $e)]`).join(',\n')}]`;
  const ran = spawnSync('jq', ['-c', '--argjson', 'v', JSON.stringify(VARIABLE), program], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    timeout: PATIENCE_MS,
    maxBuffer: 1 << 28,
  });
  if (ran.status !== 0) return undefined;
  const found = JSON.parse(ran.stdout) as { v?: Json; e?: 1 }[][];
  return found.map((list) => ({ values: list.flatMap((one) => ('v' in one ? [one.v as Json] : [])), failed: list.some((one) => one.e === 1) }));
}

/** Undefined: beyond our limits. */
function ours(source: string, input: Json): Outcome | undefined {
  const wrapped = `label $e | try ((${source}) | {v: .}) catch ({e: 1}, break $e)`;
  try {
    const found = compile(wrapped, { variables: ['v'] }).all(input, { variables: { v: VARIABLE } }) as { v?: Json; e?: 1 }[];
    return { values: found.flatMap((one) => ('v' in one ? [one.v as Json] : [])), failed: found.some((one) => one.e === 1) };
  } catch (error) {
    if (error instanceof JqError && error.kind !== 'error') return undefined;
    throw error;
  }
}

function batch(from: number): { compared: number; beyond: number; crashed: number; different: number } {
  const count = { compared: 0, beyond: 0, crashed: 0, different: 0 };
  const input = new AgreedWriter(randomFrom(from)).value(3);
  const written = Array.from({ length: BATCH }, (_, i) => ({ at: from + i, source: new AgreedWriter(randomFrom(from + i)).program(4) }));
  const all = theirs(
    written.map(({ source }) => source),
    input,
  );
  for (const [i, { at, source }] of written.entries()) {
    const reference = all?.[i] ?? theirs([source], input)?.[0];
    const found = ours(source, input);
    if (reference === undefined) count.crashed++;
    else if (found === undefined) count.beyond++;
    else if (isDeepStrictEqual(plain(found), reference)) count.compared++;
    else {
      count.different++;
      said({ seed: at, input, source, ours: plain(found), theirs: reference });
    }
  }
  return count;
}

/** As JSON leaves us: no negative zero, no prototypes that differ. */
const plain = (outcome: Outcome): Outcome => JSON.parse(JSON.stringify(outcome)) as Outcome;

const version = spawnSync('jq', ['--version'], { encoding: 'utf8' });
if (version.status !== 0) said({ skipped: 'there is no jq command on this machine' });
else {
  const total = { compared: 0, beyond: 0, crashed: 0, different: 0 };
  for (let from = seed; from < seed + programs; from += BATCH) {
    const found = batch(from);
    for (const key of ['compared', 'beyond', 'crashed', 'different'] as const) total[key] += found[key];
    if (found.different > 0) process.stderr.write(`repeat: node test/fuzz/jq-against.ts --programs ${BATCH} --seed ${from}\n`);
  }
  const ok = total.different === 0 && total.compared > programs / 2;
  said({ ok, seed, programs, against: version.stdout.trim(), ...total });
  process.exitCode = ok ? 0 : 1;
}
