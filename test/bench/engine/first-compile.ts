// A process of its own that compiles one flow of a hundred steps, the first thing that it does: `node first-compile.ts plain`.
import { compileFlow } from '../../../services/flow/core/compile.ts';
import { costOf } from './gauge.ts';
import { HUNDRED_STEPS } from './hundred-steps.ts';

const text = HUNDRED_STEPS[process.argv[2] ?? '']?.(0);
if (text === undefined) throw new Error('Name a shape of flow.');
process.stdout.write(JSON.stringify(costOf(() => compileFlow(text))));
