// The project's own TypeScript as the architecture test sees it: every file with its text, its imports and its place in
// the house. Read from the folders, not from git, so that a file counts before it is added.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

export interface Import {
  /** As written: `./port.ts`, `@palace/jq/jq.ts`, `node:fs`. */
  readonly name: string;
  /** The file of this project that it means, from the root; absent for packages and Node's own modules. */
  readonly file: string | undefined;
  /** True for `import type`: gone at run time. */
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** From the root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const LEFT_OUT: ReadonlySet<string> = new Set(['node_modules', '.git', '.cache', '.next', 'coverage']);

/** Every file under the root whose name ends with one of `endings`. */
export function listFiles(endings: readonly string[], under = ''): string[] {
  return readdirSync(join(ROOT, under), { withFileTypes: true }).flatMap((entry) => {
    const path = under === '' ? entry.name : `${under}/${entry.name}`;
    if (entry.isDirectory()) return LEFT_OUT.has(entry.name) ? [] : listFiles(endings, path);
    return entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)) ? [path] : [];
  });
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export function readSources(): SourceFile[] {
  return listFiles(['.ts', '.tsx']).map((path) => sourceFile(path, readText(path)));
}

export function sourceFile(path: string, text: string): SourceFile {
  return { path, text, imports: readImports(path, text) };
}

const IMPORT = /^(?:import|export)\s(?<kind>type\s)?(?:[^'"`;]*?\sfrom\s)?'(?<name>[^']+)'|\bimport\('(?<dynamic>[^']+)'\)/gm;

function readImports(path: string, text: string): Import[] {
  return [...text.matchAll(IMPORT)].map(({ groups }) => {
    const name = groups?.['name'] ?? groups?.['dynamic'] ?? '';
    return { name, file: fileMeant(path, name), typeOnly: groups?.['kind'] !== undefined };
  });
}

function fileMeant(from: string, name: string): string | undefined {
  if (name.startsWith('.')) return normalize(join(dirname(from), name));
  const [, workspace, rest] = /^@palace\/([\w-]+)\/(.+)$/.exec(name) ?? [];
  if (workspace === undefined || rest === undefined) return undefined;
  return workspace === 'platform' || workspace === 'jq' || workspace === 'flow-builder' ? `${workspace}/${rest}` : `services/${workspace}/${rest}`;
}

/** Tests, the suites and doubles they share, and everything under test/: they may join whatever they test. */
export function isTest(path: string): boolean {
  return path.startsWith('test/') || /(\.test|\.suite|(^|\/)(testing|toy-door|test-run|flow-text|random-runs|virtual-shell))\.ts$/.test(path);
}

/** The code of a file without its comments: good enough to look for words in, not for anything else. */
export function withoutComments(text: string): string {
  return text
    .replaceAll(/^\s*(\/\/|\/?\*).*$/gm, '')
    .replaceAll(/\s\/\/ .*$/gm, '')
    .replaceAll(/\/\*.*?\*\//g, '');
}
