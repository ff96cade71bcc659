// Overload alone, for `palace test --full`: node test/chaos/soak.ts [--seconds 60]
import { parseArgs } from 'node:util';
import { overload } from './overload.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } });
const { violations, ...figures } = await overload(Number(values.seconds, 'kept'));
const ok = violations.length === 0;
process.stdout.write(`${JSON.stringify({ chaos: 'overload', ok, ...figures, ...(!ok && { violations }) })}\n`);
if (!ok) process.stdout.write(`${JSON.stringify({ chaos: 'overload', repeat: `node test/chaos/soak.ts --seconds ${values.seconds}` })}\n`);
process.exit(ok ? 0 : 1);
