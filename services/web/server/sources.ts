// What the console is built from, and its hash: the files of services/web that the browser or the renderer see, what they
// import from other workspaces, the lock file. Read once into memory, so that what is built is what was hashed.
// I1 The same sources give the same hash on every machine: paths relative and sorted, no times, no places.
// I2 What the build does not see (this folder, tests, notes) does not change the hash.
// Called by service.ts, and by `palace doctor` that only asks for the hash.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, posix, resolve } from 'node:path';

/** Raised when the way of building changes, so that nothing built before is taken for new. */
const FORMAT = 'console-1';
const MAX_FILES = 5_000;
const LEFT_OUT_FOLDERS: ReadonlySet<string> = new Set(['node_modules', 'server']);
const LEFT_OUT_FILES = /^(\..*|service\.ts|next-env\.d\.ts|tsconfig.*\.json|.*\.md|.*\.test\.tsx?)$/;

export interface Sources {
  readonly hash: string;
  /** Content by path, relative to the console's folder, with `/`. */
  readonly files: ReadonlyMap<string, Buffer>;
}

/** The folder `node_modules` that has Next: builds need it above them or beside them. */
export function modulesFolder(): string {
  return dirname(dirname(createRequire(import.meta.url).resolve('next/package.json')));
}

export async function readSources(dir: string, modules = modulesFolder()): Promise<Sources> {
  const paths = await listSources(dir, '');
  const files = new Map<string, Buffer>();
  for (const path of paths.toSorted()) files.set(path, await readFile(join(dir, path)));
  const around = await readAround(files, modules);
  return { hash: hashOf(files, around), files };
}

async function listSources(dir: string, under: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(dir, under), { withFileTypes: true })) {
    const path = posix.join(under, entry.name);
    if (entry.isDirectory() && !LEFT_OUT_FOLDERS.has(entry.name) && !entry.name.startsWith('.')) found.push(...(await listSources(dir, path)));
    else if (entry.isFile() && !LEFT_OUT_FILES.test(entry.name)) found.push(path);
    if (found.length > MAX_FILES) throw new Error(`${dir} has more than ${MAX_FILES} files; it is not the folder of the console.`);
  }
  return found;
}

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)['"](@palace\/[^'"]+|\.{1,2}\/[^'"]+)['"]/g;

/** What the build reads beyond the folder: imported files of other workspaces with all that they import, and the lock file. */
async function readAround(files: ReadonlyMap<string, Buffer>, modules: string): Promise<Map<string, Buffer>> {
  const around = new Map<string, Buffer>();
  const lock = await readFile(join(modules, '..', 'package-lock.json')).catch(() => readFile(join(modules, 'next/package.json')));
  around.set('lock', lock);
  const open = [...files].flatMap(([path, content]) => (/\.[mc]?[jt]sx?$/.test(path) ? importedWorkspaceFiles(content.toString(), modules) : []));
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const name = path.slice(modules.length);
    if (around.has(name)) continue;
    if (around.size >= MAX_FILES) throw new Error('The console imports too many files of other workspaces.');
    const content = await readFile(path).catch(() => Buffer.alloc(0));
    around.set(name, content);
    open.push(...importedFiles(content.toString(), path, modules));
  }
  return around;
}

function importedWorkspaceFiles(text: string, modules: string): string[] {
  return [...text.matchAll(IMPORT)].flatMap(([, name = '']) => (name.startsWith('@palace/') ? [join(modules, name)] : []));
}

function importedFiles(text: string, from: string, modules: string): string[] {
  return [...text.matchAll(IMPORT)].map(([, name = '']) => (name.startsWith('@palace/') ? join(modules, name) : resolve(dirname(from), name)));
}

export function hashOf(...groups: readonly ReadonlyMap<string, Buffer>[]): string {
  const sum = createHash('sha256').update(FORMAT);
  for (const group of groups) {
    for (const [path, content] of [...group].toSorted(([left], [right]) => (left < right ? -1 : 1))) {
      sum.update(`\0${path}\0${content.length}\0`).update(content);
    }
    sum.update('\0\0');
  }
  return sum.digest('hex').slice(0, 16);
}
