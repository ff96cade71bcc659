// The passphrase of a backup's key: from a file, from standard input, or typed unseen.
// I1 It is never an argument, and no message repeats it.
import { Secret } from '@palace/platform/secret.ts';
import type { Call } from './call.ts';
import { refused } from './failure.ts';
import { readStandardInput, readText } from './read-input.ts';

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
  const first = await ask('Passphrase: ');
  if (twice && first !== (await ask('Again: '))) throw refused('The two are not the same.');
  return new Secret(first);
}

function ask(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.resume();
  return new Promise((resolve, reject) => {
    let text = '';
    const end = (): void => {
      stdin.setRawMode(false);
      stdin.pause();
      stdin.removeListener('data', take);
      stderr.write('\n');
    };
    const take = (bytes: Buffer): void => {
      for (const letter of bytes.toString('utf8')) {
        if (letter === '\r' || letter === '\n') return (end(), resolve(text));
        if (letter === '\u0003' || letter === '\u0004') return (end(), reject(refused('No passphrase was given.')));
        if (letter === '\u007f' || letter === '\b') text = text.slice(0, -1);
        else if (letter >= ' ' && text.length < LONGEST) text += letter;
      }
    };
    stdin.on('data', take);
  });
}
