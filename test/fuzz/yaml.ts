// Random YAML in number: what the quick reader reads, the library reads as the same tree, places included.
// `--texts 1000000`, `--seed N` repeats a run. A line of JSON a finding, then the figures.
import { parseArgs } from 'node:util';
import { ACCEPTED_CALLS } from '../../services/flow/core/language/accepted-calls.ts';
import { ACCEPTED } from '../../services/flow/core/language/accepted-flows.ts';
import { randomYaml, readByBoth } from '../../services/flow/core/language/random-yaml.ts';

const { values } = parseArgs({ options: { texts: { type: 'string', default: '200000' }, seed: { type: 'string' } } });
const texts = Number(values.texts);
const seed = values.seed === undefined ? Number(process.hrtime.bigint() % 2_147_483_647n) : Number(values.seed);
const like = [...ACCEPTED, ...ACCEPTED_CALLS].map(([, text]) => text);

let read = 0;
let violations = 0;
for (let i = 0; i < texts; i++) {
  const text = randomYaml(seed + i, like);
  const both = readByBoth(text);
  if (both === true) read++;
  if (typeof both === 'boolean') continue;
  violations++;
  process.stdout.write(`${JSON.stringify({ fuzz: 'yaml', seed: seed + i, violation: both, text })}\n`);
  process.stderr.write(`repeat: node test/fuzz/yaml.ts --texts 1 --seed ${seed + i}\n`);
}
const ok = violations === 0 && (texts < 100 || read > texts / 10);
process.stdout.write(`${JSON.stringify({ fuzz: 'yaml', ok, seed, texts, read, violations })}\n`);
process.exitCode = ok ? 0 : 1;
