// How a runner process is started: what is around the VM. One wall in the mode `process`, two in the mode `bubblewrap`.
// I1 The environment is empty, the process may read its own program and QuickJS and nothing else, may start nothing and write no file.
// I2 In both modes the processor time of a process is bounded by the system: a runner whose server was killed in the middle of a long
//    native call ends by itself.
// I3 With bubblewrap there is besides no network, no file of the machine but /usr and the runner's own, and no other process to be seen.
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Sandbox = 'process' | 'bubblewrap';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

const HEAP_MB = 64;
const HERE = realpathSync(import.meta.dirname);
const MAIN = `${HERE}/main.ts`;
/** All that a runner reads, besides what Node itself is made of. */
const READABLE = [HERE, realpathSync(`${HERE}/../package.json`), dirname(realpathSync(fileURLToPath(import.meta.resolve('quickjs-wasi/package.json'))))];

export function runnerCommand(sandbox: Sandbox, cpuSeconds: number): Command {
  const node = realpathSync(process.execPath);
  const args = [
    '--permission',
    ...READABLE.map((path) => `--allow-fs-read=${path}`),
    `--max-old-space-size=${HEAP_MB}`,
    '--no-addons',
    '--disallow-code-generation-from-strings',
    '--disable-warning=ExperimentalWarning',
    MAIN,
  ];
  const bounded = limited({ file: node, args }, cpuSeconds);
  return sandbox === 'bubblewrap' ? bubbled(bounded, node) : bounded;
}

/** The shell sets the limits and becomes the runner. No core file, no file at all, no more than so much processor time. */
function limited({ file, args }: Command, cpuSeconds: number): Command {
  if (process.platform === 'win32') return { file, args };
  return { file: '/bin/sh', args: ['-c', 'ulimit -c 0; ulimit -f 0; ulimit -t "$1"; shift; exec "$@"', 'sh', String(cpuSeconds), file, ...args] };
}

function bubbled({ file, args }: Command, node: string): Command {
  const seen = ['/usr', '/bin', '/lib', '/lib64', node, ...READABLE].flatMap((path) => ['--ro-bind-try', path, path]);
  const walls = ['--unshare-all', '--die-with-parent', '--new-session', '--clearenv', '--cap-drop', 'ALL'];
  return { file: 'bwrap', args: [...walls, '--tmpfs', '/tmp', ...seen, '--proc', '/proc', '--dev', '/dev', '--chdir', '/', '--', file, ...args] };
}
