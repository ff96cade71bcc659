// The previous release, taken from the repository's own history into a temporary folder, with the dependencies of this checkout.
// I1 Nothing is fetched: a clone that does not have the commit skips, with that word.
// I2 Nothing is left in the repository, whenever the process ends: the files are unpacked, no worktree is registered.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface NamedRelease {
  readonly version: string;
  readonly commit: string;
}

export interface Previous extends NamedRelease {
  /** Its bin/palace.ts. */
  readonly entry: string;
  remove(): void;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAX_ARCHIVE_BYTES = 268_435_456;

export function namedPrevious(): NamedRelease {
  return JSON.parse(readFileSync(new URL('previous.json', import.meta.url), 'utf8')) as NamedRelease;
}

/** The release, or why it cannot be had here. */
export function openPrevious(): Previous | { readonly skip: string } {
  const { version, commit } = namedPrevious();
  const archive = archiveOf(commit);
  if (archive === undefined) return { skip: `release ${version} (${commit}) is not in this clone; git fetch --unshallow brings it` };
  const dir = mkdtempSync(join(tmpdir(), 'palace-previous-'));
  const remove = (): void => rmSync(dir, { recursive: true, force: true });
  execFileSync('tar', ['-x', '-C', dir], { input: archive });
  const others = changedPackages(dir);
  if (others.length > 0) {
    remove();
    return { skip: `release ${version} stands on other packages: ${others.slice(0, 5).join(', ')}` };
  }
  lendPackages(dir);
  return { version, commit, entry: join(dir, 'bin/palace.ts'), remove };
}

function archiveOf(commit: string): Buffer | undefined {
  try {
    return execFileSync('git', ['-C', ROOT, 'archive', '--format=tar', commit], { maxBuffer: MAX_ARCHIVE_BYTES, stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly dev?: boolean; readonly link?: boolean }>>;
}

/** What it needs at run time in another version than is installed here. */
function changedPackages(dir: string): string[] {
  const [theirs, ours] = [dir, ROOT].map((root) => (JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock).packages);
  return Object.entries(theirs ?? {})
    .filter(([path, { version, dev, link }]) => path.startsWith('node_modules/') && dev !== true && link !== true && ours?.[path]?.version !== version)
    .map(([path, { version }]) => `${path.slice('node_modules/'.length)} ${version}`);
}

/** Packages are ours; its own workspaces are its own. */
function lendPackages(dir: string): void {
  const [from, to] = [join(ROOT, 'node_modules'), join(dir, 'node_modules')];
  mkdirSync(join(to, '@palace'), { recursive: true });
  for (const name of readdirSync(from)) if (name !== '@palace' && !name.startsWith('.')) symlinkSync(join(from, name), join(to, name));
  for (const name of readdirSync(join(from, '@palace'))) symlinkSync(readlinkSync(join(from, '@palace', name)), join(to, '@palace', name));
}
