// The language: expressions a second on a document of 500 bytes with 8 items, and the compiling of flows with 100 steps.
// Counted by the processor time of this process, all its threads together, so that other work on the machine does not count.
// A flow's text is compiled once and never again: sixty warm the compiler up, sixty others are measured. `first` is the first compilation
// of a fresh process.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { compile } from '../../jq/jq.ts';
import { compileFlow, type Compiled } from '../../services/flow/core/compile.ts';
import { costOf, round, spread } from './engine/gauge.ts';
import { HUNDRED_STEPS } from './engine/hundred-steps.ts';
import { line } from './engine/line.ts';

const ROUNDS = 5;
const ROUND_MS = 300;
const DOCUMENTS = 60;

const DOCUMENT = {
  id: 'order-2041',
  a: { b: 41 },
  items: Array.from({ length: 8 }, (_, n) => ({ name: `article ${n}`, price: 3 + n * 2.5, quantity: n, tags: ['new'] })),
};
const PROGRAMS = ['.a.b + 1', '{id: .id, total: .a.b}', '.items | map(select(.price > 10)) | length'];

const cpuMs = (): number => process.cpuUsage().user / 1_000;

/** Times a second of processor time. */
function perSecond(run: () => unknown): number {
  let times = 0;
  const from = cpuMs();
  let took = 0;
  while (took < ROUND_MS) {
    for (let n = 0; n < 100; n++) run();
    times += 100;
    took = cpuMs() - from;
  }
  return (times * 1_000) / took;
}

for (const source of PROGRAMS) {
  const program = compile(source);
  perSecond(() => program.first(DOCUMENT));
  const rates = Array.from({ length: ROUNDS }, () => Math.round(perSecond(() => program.first(DOCUMENT))));
  line('language', { expression: source, bytes: JSON.stringify(DOCUMENT).length, perSecond: spread(rates) });
}
for (const [name, textOf] of Object.entries(HUNDRED_STEPS)) {
  for (let d = 0; d < DOCUMENTS; d++) compileFlow(textOf(d));
  const texts = Array.from({ length: DOCUMENTS }, (_, d) => textOf(DOCUMENTS + d));
  const costs = texts.map((text) => {
    let compiled: Compiled | undefined;
    const cost = costOf(() => (compiled = compileFlow(text)));
    if (compiled?.ok !== true) throw new Error(`A flow of the kind "${name}" does not compile.`);
    return cost;
  });
  const first = Array.from({ length: ROUNDS }, () => firstCompile(name));
  line('language', {
    compiles: `100 steps (${name})`,
    bytes: texts[0]?.length,
    documents: DOCUMENTS,
    cpuMs: spread(costs.map(({ cpuMs: ms }) => ms)),
    meanCpuMs: round(costs.reduce((sum, { cpuMs: ms }) => sum + ms, 0) / DOCUMENTS),
    wallMs: spread(costs.map(({ wallMs }) => wallMs)),
    firstCpuMs: spread(first.map(({ cpuMs: ms }) => ms)),
    firstWallMs: spread(first.map(({ wallMs }) => wallMs)),
  });
}

/** In a process that has compiled nothing before. */
function firstCompile(name: string): ReturnType<typeof costOf> {
  const script = fileURLToPath(new URL('engine/first-compile.ts', import.meta.url));
  return JSON.parse(execFileSync(process.execPath, [script, name], { encoding: 'utf8' })) as ReturnType<typeof costOf>;
}
