// The command line as a person uses it, in a process of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('../../bin/palace.ts', import.meta.url));

export interface Said {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

export function startPalace(
  words: readonly string[],
  home: string,
  input = '',
  more: Readonly<Record<string, string>> = {},
): { child: ChildProcess; ended: Promise<Said> } {
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: home, LANG: 'C.UTF-8', TZ: 'UTC', ...more };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ENTRY, ...words], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return { child, ended: new Promise((resolve, reject) => child.once('error', reject).once('close', (exit) => resolve({ exit, out, err }))) };
}

export const palace = (words: readonly string[], home: string, input = '', more: Readonly<Record<string, string>> = {}): Promise<Said> =>
  startPalace(words, home, input, more).ended;
