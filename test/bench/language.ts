// The language: expressions a second on a document of 500 bytes with 8 items, and the compiling of a flow with 100 steps.
// Counted by the processor time of this process, so that other work on the machine does not count.
import { compile } from '../../jq/jq.ts';
import { compileFlow } from '../../services/flow/core/compile.ts';
import { spread } from './engine/gauge.ts';
import { line } from './engine/line.ts';

const ROUNDS = 5;
const ROUND_MS = 300;
const STEPS = 100;

const DOCUMENT = {
  id: 'order-2041',
  a: { b: 41 },
  items: Array.from({ length: 8 }, (_, n) => ({ name: `article ${n}`, price: 3 + n * 2.5, quantity: n, tags: ['new'] })),
};
const PROGRAMS = ['.a.b + 1', '{id: .id, total: .a.b}', '.items | map(select(.price > 10)) | length'];

const flow = (step: (n: number) => string): string =>
  `document: {dsl: '1.0.3', namespace: bench, name: hundred, version: '1.0.0'}\ndo:\n${Array.from({ length: STEPS }, (_, n) => step(n)).join('')}`;
const FLOWS = {
  plain: flow((n) => `  - step${n}:\n      set:\n        count: '\${ .count + 1 }'\n`),
  calls: flow(
    (n) =>
      `  - step${n}:\n      call: http\n      with:\n        method: post\n        endpoint: 'https://example.com/items/{id}'\n        body: { id: '\${ .id }', price: '\${ .price * 1.19 }' }\n      output: { as: '{ id: .id, price: .price }' }\n`,
  ),
};

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
for (const [name, text] of Object.entries(FLOWS)) {
  for (let n = 0; n < 10; n++) compileFlow(text);
  const took = Array.from({ length: ROUNDS * 4 }, () => {
    const from = cpuMs();
    compileFlow(text);
    return cpuMs() - from;
  });
  line('language', { compiles: `${STEPS} steps (${name})`, bytes: text.length, ms: spread(took) });
}
