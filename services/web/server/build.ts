// One build of the console: the sources are copied into a folder of their own, Next builds there in a process apart, and
// what browsers fetch is compressed beside itself. The checkout is never written to.
// I1 The build sees no setting and no secret of ours: its environment has what is written here and nothing else.
// I2 It asks nobody outside: no telemetry, nothing installed. It ends with us, also when we are killed (build-guard.ts).
// I3 It has its bounds: LIMIT_MS, the last LINES lines of what it says.
// Called by service.ts.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';
import { brotliCompress, constants as zlib, gzip } from 'node:zlib';
import type { Sources } from './sources.ts';

const LIMIT_MS = 600_000;
const LINES = 30;
const LINE_LENGTH = 400;
const GUARD = fileURLToPath(new URL('./build-guard.ts', import.meta.url));
const COMPRESSED = /\.(js|css|svg|json|txt|map)$/;
const SMALL_BYTES = 1_024;

export interface BuildTerms {
  readonly sources: Sources;
  /** Empty, and nobody else's. */
  readonly folder: string;
  readonly modules: string;
  readonly signal: AbortSignal;
}

export type BuildOutcome = { readonly kind: 'built' } | { readonly kind: 'stopped' } | { readonly kind: 'failed'; readonly lines: readonly string[] };

export async function build({ sources, folder, modules, signal }: BuildTerms): Promise<BuildOutcome> {
  await stage(sources, folder, modules);
  const { code, lines } = await runNext(folder, modules, signal);
  if (signal.aborted) return { kind: 'stopped' };
  if (code !== 0 || !existsSync(join(folder, '.next/BUILD_ID'))) return { kind: 'failed', lines };
  await rm(join(folder, '.next/cache'), { recursive: true, force: true });
  await compress(join(folder, '.next/static'));
  return { kind: 'built' };
}

async function stage({ files }: Sources, folder: string, modules: string): Promise<void> {
  for (const [path, content] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  const root = commonFolder(folder, modules);
  // A cache outside of the checkout has no node_modules above it.
  if (root !== dirname(modules)) await symlink(modules, join(folder, 'node_modules'), 'junction');
  await writeFile(join(folder, 'next.config.mjs'), configText(files.has('next.config.ts'), root));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
}

/** The nearest folder that has both. */
export function commonFolder(left: string, right: string): string {
  let folder = dirname(right);
  while (relative(folder, left).split(sep)[0] === '..') folder = dirname(folder);
  return folder;
}

/** Read before next.config.ts, which it completes by what serving depends on; the names come from nobody but us. */
export function configText(hasOwn: boolean, root: string): string {
  const settled = {
    distDir: '.next',
    poweredByHeader: false,
    compress: false,
    productionBrowserSourceMaps: false,
    typescript: { ignoreBuildErrors: true },
  };
  return [
    hasOwn ? "import own from './next.config.ts';" : 'const own = {};',
    `const settled = ${JSON.stringify(settled)};`,
    `export default { ...own, ...settled, images: { ...own.images, unoptimized: true }, turbopack: { ...own.turbopack, root: ${JSON.stringify(root)} } };\n`,
  ].join('\n');
}

/** Types are checked by `palace check-code`; here it only says how JSX is meant. */
const TSCONFIG = {
  compilerOptions: {
    jsx: 'react-jsx',
    lib: ['dom', 'dom.iterable', 'esnext'],
    target: 'es2024',
    module: 'esnext',
    moduleResolution: 'bundler',
    allowImportingTsExtensions: true,
    allowJs: true,
    strict: true,
    noEmit: true,
    incremental: true,
    skipLibCheck: true,
    esModuleInterop: true,
    resolveJsonModule: true,
    isolatedModules: true,
    plugins: [{ name: 'next' }],
  },
  include: ['next-env.d.ts', '.next/types/**/*.ts', '.next/dev/types/**/*.ts', '**/*.mts', '**/*.ts', '**/*.tsx'],
  exclude: ['node_modules'],
};

function runNext(folder: string, modules: string, signal: AbortSignal): Promise<{ code: number; lines: readonly string[] }> {
  const lines = lastLines();
  return new Promise((resolve) => {
    // CI: Next then installs nothing by itself. A group of its own, so that its workers end with it.
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--import', GUARD, join(modules, 'next/dist/bin/next'), 'build', folder], {
      cwd: folder,
      // Next finds its Node by PATH.
      env: { PATH: dirname(process.execPath), NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', CI: '1', NO_COLOR: '1', HOME: folder, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: process.platform !== 'win32',
    });
    const stop = (): void => endGroup(child.pid);
    const limit = setTimeout(() => {
      lines.add(`The build was stopped: it took longer than ${LIMIT_MS / 60_000} minutes.`);
      stop();
    }, LIMIT_MS);
    signal.addEventListener('abort', stop, { once: true });
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', lines.add);
    child.once('error', (error) => lines.add(error.message));
    child.once('close', (code) => {
      clearTimeout(limit);
      signal.removeEventListener('abort', stop);
      resolve({ code: code ?? 1, lines: lines.take() });
    });
    if (signal.aborted) stop();
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

export function lastLines(): { add(text: string): void; take(): string[] } {
  let kept: string[] = [];
  let rest = '';
  const keep = (found: readonly string[]): void => {
    const said = found.map((line) => stripVTControlCharacters(line).trimEnd().slice(0, LINE_LENGTH)).filter((line) => line !== '');
    kept = [...kept, ...said].slice(-LINES);
  };
  return {
    add: (text) => {
      const parts = (rest + text).split('\n');
      rest = (parts.pop() ?? '').slice(-LINE_LENGTH);
      keep(parts);
    },
    take: () => {
      keep([rest]);
      rest = '';
      return kept;
    },
  };
}

const brotli = promisify(brotliCompress);
const gzipped = promisify(gzip);

/** Once here instead of at each request. */
async function compress(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  for (const name of names.filter((one) => COMPRESSED.test(one))) {
    const path = join(folder, name);
    const content = await readFile(path);
    if (content.length < SMALL_BYTES) continue;
    await writeFile(`${path}.br`, await brotli(content, { params: { [zlib.BROTLI_PARAM_QUALITY]: 9 } }));
    await writeFile(`${path}.gz`, await gzipped(content, { level: 9 }));
  }
}
