// The flow documents among files and folders: files as named, folders searched for YAML and JSON with a `document`.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CHECK_ENDING } from '@palace/flow/checks/file-ending.ts';
import { refused } from './failure.ts';
import { readStandardInput, readText } from './read-input.ts';

const MOST_FILES = 1000;
const DEEPEST = 12;
export const LOOKS_LIKE_FLOW = /^(?:"?document"?\s*:|\s*\{[\s\S]{0,400}"document"\s*:)/m;

export interface FlowFile {
  /** As the user named it. */
  readonly path: string;
  readonly source: string;
}

export function readFlowFiles(given: readonly string[]): FlowFile[] {
  const files = given.flatMap((path) => (path === '-' ? [{ path: '-', source: readStandardInput() }] : readOne(path)));
  if (files.length === 0) throw refused(`There is no flow in ${given.join(', ')}.`, { next: 'A flow is a YAML or JSON file with a "document" at its top.' });
  return files;
}

function readOne(path: string): FlowFile[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw refused(`There is no file or folder ${path}.`, { next: 'Check the path; it is relative to the present folder.' });
  if (!stat.isDirectory()) return [{ path, source: readText(path, 'The flow') }];
  return listFiles(path, 0, [])
    .map((file) => ({ path: file, source: readText(file, 'The flow') }))
    .filter((file) => LOOKS_LIKE_FLOW.test(file.source) && !CHECK_ENDING.test(file.path));
}

/** Every YAML and JSON file under a folder. */
export function listFiles(folder: string, depth: number, found: string[]): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).toSorted((left, right) => (left.name < right.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    if (entry.isDirectory() && depth < DEEPEST) listFiles(path, depth + 1, found);
    else if (entry.isFile() && /\.(ya?ml|json)$/.test(entry.name)) found.push(path);
    if (found.length > MOST_FILES) throw refused(`${folder} has more than ${MOST_FILES} YAML and JSON files.`, { next: 'Name a folder further down.' });
  }
  return found;
}
