// Runs a development tool of this checkout with our own Node and passes its output through.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

export interface ToolResult {
  readonly exitCode: number;
  readonly durationMs: number;
}

/** `script` is relative to the root: `node_modules/.bin/tsc`, `test/bench/start.ts`. */
export async function runTool(script: string, args: readonly string[], output: 'inherit' | 'to-stderr' = 'inherit'): Promise<ToolResult> {
  const begin = performance.now();
  const flags = script.endsWith('.ts') ? ['--disable-warning=ExperimentalWarning', '--expose-gc'] : [];
  const child = spawn(process.execPath, [...flags, script, ...args], { cwd: ROOT, stdio: ['ignore', output === 'inherit' ? 'inherit' : 2, 'inherit'] });
  // Ctrl-C reaches the child too; we stay to report its end.
  const stay = (): void => undefined;
  process.on('SIGINT', stay);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
  process.off('SIGINT', stay);
  return { exitCode, durationMs: performance.now() - begin };
}

export function hasFile(path: string): boolean {
  return existsSync(`${ROOT}/${path}`);
}
