// The check files among files and folders, and the flows that they may run: those named or found, and those beside each check file.
import { readdirSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { CHECK_ENDING } from '@palace/flow/checks/file-ending.ts';
import { CommandFailure, refused } from './failure.ts';
import { LOOKS_LIKE_FLOW, listFiles, type FlowFile } from './flow-files.ts';
import { readText } from './read-input.ts';

export interface CheckSet {
  readonly checks: readonly FlowFile[];
  readonly flows: readonly FlowFile[];
}

export function readCheckFiles(given: readonly string[]): CheckSet {
  const found = new Map<string, FlowFile>();
  const add = (path: string): void => {
    if (!found.has(normalize(path))) found.set(normalize(path), { path, source: readText(path, CHECK_ENDING.test(path) ? 'The check file' : 'The flow') });
  };
  for (const path of given) for (const file of filesOf(path)) add(file);
  const checks = [...found.values()].filter(({ path }) => CHECK_ENDING.test(path));
  if (checks.length === 0) {
    throw refused(`There is no check file in ${given.join(', ')}.`, {
      next: 'A check file stands beside its flow and is named like it: refund.yaml, refund.check.yaml.',
    });
  }
  for (const check of checks) for (const file of neighbours(check)) add(file);
  const flows = [...found.values()].filter(({ path, source }) => !CHECK_ENDING.test(path) && LOOKS_LIKE_FLOW.test(source));
  return { checks, flows };
}

function filesOf(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw refused(`There is no file or folder ${path}.`, { next: 'Check the path; it is relative to the present folder.' });
  if (stat.isDirectory()) return listFiles(path, 0, []);
  if (CHECK_ENDING.test(path)) return [path];
  // A flow stands for its checks.
  const beside = ['.check.yaml', '.check.yml'].map((ending) => path.replace(/\.(ya?ml|json)$/, ending)).filter((one) => one !== path && isFile(one));
  if (beside.length === 0) throw refused(`${path} has no check file beside it.`, { next: `Write ${path.replace(/\.\w+$/, '')}.check.yaml.` });
  return [path, ...beside];
}

/** What stands in the folder of a check file and may be a flow, and the flow that it names by its path. */
function neighbours({ path, source }: FlowFile): string[] {
  const folder = dirname(path);
  const beside = readdirSync(folder)
    .filter((name) => /\.(ya?ml|json)$/.test(name) && !CHECK_ENDING.test(name))
    .map((name) => join(folder, name))
    .filter((one) => isFile(one) && looksLikeFlow(one));
  const named = /^flow:\s*["']?([^"'\s#]+\.(?:ya?ml|json))/m.exec(source)?.[1];
  return [...beside, ...(named === undefined ? [] : [join(folder, named)])].filter(isFile);
}

/** What cannot be read is no flow that anybody asked for. */
function looksLikeFlow(path: string): boolean {
  try {
    return LOOKS_LIKE_FLOW.test(readText(path, 'The flow'));
  } catch (error) {
    if (error instanceof CommandFailure) return false;
    throw error;
  }
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
