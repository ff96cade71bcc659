// --data of the verbs that send something: what is sent, or, when it is an existing folder, the data folder of the server.
import { statSync } from 'node:fs';
import type { Call } from './call.ts';
import { refused } from './failure.ts';

export function dataAndFolder({ args, command }: Call): { data: string | undefined; folder: string | undefined } {
  const values = args.all('data');
  const folders = values.filter((value) => !isJson(value) && !value.startsWith('@') && statSync(value, { throwIfNoEntry: false })?.isDirectory() === true);
  const others = values.filter((value) => !folders.includes(value));
  if (folders.length > 1 || others.length > 1) throw refused('--data was given twice.', { next: `palace ${command.name} --help` });
  return { data: others[0], folder: folders[0] };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
