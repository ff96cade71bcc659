// The passphrase of a backup's key: from a file, from standard input, or typed unseen.
// I1 It is never an argument, and no message repeats it.
import { Secret } from '@palace/platform/secret.ts';
import type { Call } from './call.ts';
import { refused } from './failure.ts';
import { readHiddenLine, readStandardInput, readText } from './read-input.ts';

const LONGEST = 1_024;

/** `twice`: typed again, because nobody can see it. */
export async function readPassphrase({ args }: Call, twice: boolean): Promise<Secret<string>> {
  const path = args.text('passphrase-file');
  if (path === undefined && process.stdin.isTTY === true) return typed(twice);
  const text = (path === undefined || path === '-' ? readStandardInput() : readText(path, '--passphrase-file')).replace(/\r?\n$/, '');
  if (text === '' || text.length > LONGEST || /[\r\n]/.test(text))
    throw refused('The passphrase must be one line.', { next: 'Name a file that holds it and nothing else with --passphrase-file.' });
  return new Secret(text);
}

async function typed(twice: boolean): Promise<Secret<string>> {
  const first = await readHiddenLine('Passphrase (not shown): ');
  if (first === '' || first.length > LONGEST || first.includes('\n')) throw refused(`The passphrase must be one line of 1 to ${LONGEST} characters.`);
  if (twice && first !== (await readHiddenLine('Again (not shown): '))) throw refused('The two are not the same.');
  return new Secret(first);
}
