// The commit that files are from, when they stand in a git work tree: asked of git itself, with what a foreign repository could make it run
// switched off. `+changes` stands behind it when the files are not as they were committed.
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';

const LIMIT_MS = 5_000;
const SAFE = ['--no-optional-locks', '-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null'];

/** Undefined when there is no git, no work tree, or no commit in it. */
export function sourceCommit(paths: readonly string[]): string | undefined {
  const [first] = paths;
  if (first === undefined || first === '-') return undefined;
  const folder = statSync(first, { throwIfNoEntry: false })?.isDirectory() === true ? first : dirname(first);
  const commit = git(folder, ['rev-parse', '--verify', 'HEAD'])?.trim();
  if (commit === undefined || !/^[0-9a-f]{40,64}$/.test(commit)) return undefined;
  const changed = git(folder, ['status', '--porcelain', '--', '.']);
  return changed === undefined || changed.trim() === '' ? commit : `${commit}+changes`;
}

function git(folder: string, words: readonly string[]): string | undefined {
  try {
    return execFileSync('git', ['-C', folder, ...SAFE, ...words], {
      encoding: 'utf8',
      timeout: LIMIT_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 4_000_000,
    });
  } catch {
    return undefined;
  }
}
