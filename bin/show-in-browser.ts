// Shows an address in the browser of whoever types here. Nobody waits for it, and it may fail: the address is printed as well.
// I1 Only on a terminal that has a display: never over SSH, never in CI, never for a script.
// I2 The address is an argument of a program, never a part of a line for a shell.
import { spawn } from 'node:child_process';
import { readDisplay } from '@palace/platform/config.ts';

/** True when a browser was asked. */
export function showInBrowser(address: string, onTerminal: boolean, program: string | undefined = onTerminal ? readDisplay() : undefined): boolean {
  if (program === undefined) return false;
  const child = spawn(program, [address], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
  return true;
}
