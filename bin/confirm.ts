// Asks before something is destroyed in a production context. Called by find-server.ts, which every verb goes through before it sends anything.
// I1 Only a person at a terminal is asked; whoever is not there has to say --yes beforehand.
// I2 Everything but a clear yes is a no, and nothing was sent.
import { closeSync, openSync, readSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { Call } from './call.ts';
import { CommandFailure, refused } from './failure.ts';
import { oneLine, type Terminal } from './terminal.ts';

const LONGEST_ANSWER = 200;

/** The answer to a question; undefined when nobody is there. */
export type Ask = (question: string, terminal: Terminal) => string | undefined;

export function confirmDestruction(call: Call, context: { readonly name: string; readonly url: string }, ask: Ask = askAtTerminal): void {
  const what = call.command.destroys?.(call.args);
  if (what === undefined || call.args.has('yes')) return;
  const place = `The context ${context.name} (${oneLine(context.url, 200)}) is production`;
  const answer = ask(`${place}. This would ${oneLine(what, 300)}. Do it? [y/N] `, call.terminal);
  if (answer === undefined) throw refused(`${place}, and nobody is here to be asked. This would ${oneLine(what, 300)}.`, { next: 'Add --yes to do it.' });
  if (!/^\s*y(es)?\s*$/i.test(answer)) throw new CommandFailure(2, 'Nothing was done.');
}

function askAtTerminal(question: string, terminal: Terminal): string | undefined {
  if (!isatty(0) || !isatty(2)) return undefined;
  terminal.prompt(question);
  const tty = openTty();
  const bytes = Buffer.alloc(LONGEST_ANSWER);
  try {
    // The terminal hands over whole lines.
    return bytes.toString('utf8', 0, readSync(tty.fd, bytes));
  } finally {
    tty.close();
  }
}

/** Standard input may have been made non-blocking by whoever looked at it. */
function openTty(): { fd: number; close: () => void } {
  if (process.platform === 'win32') return { fd: 0, close: () => undefined };
  const fd = openSync('/dev/tty', 'r');
  return { fd, close: () => closeSync(fd) };
}
