// Adds to package-lock.json the optional platform packages that the registry at hand did not offer when the lock was made.
// Without them `npm ci` refuses the lock on every machine. They get name, version, os and cpu, and no integrity.
// I1 Nothing that npm wrote is changed. Run after npm install: node bin/complete-lock.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface LockEntry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}
export interface Lock {
  packages: Record<string, LockEntry>;
}

const SYSTEMS: Readonly<Record<string, string>> = {
  darwin: 'darwin',
  linux: 'linux',
  win: 'win32',
  win32: 'win32',
  windows: 'win32',
  freebsd: 'freebsd',
  android: 'android',
  openharmony: 'openharmony',
  aix: 'aix',
  netbsd: 'netbsd',
  openbsd: 'openbsd',
  sunos: 'sunos',
};
const PROCESSORS = ['x64', 'arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'wasm32'];
const LIBRARIES: Readonly<Record<string, string>> = { gnu: 'glibc', musl: 'musl', gnueabihf: 'glibc', musleabihf: 'musl' };

/** Optional dependencies that the lock names but does not hold, as `path -> version`. */
export function missingOptional(lock: Lock): Map<string, { version: string; dev: boolean }> {
  const missing = new Map<string, { version: string; dev: boolean }>();
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const places = [`node_modules/${name}`, `${path === '' ? '' : `${path}/`}node_modules/${name}`];
      if (!places.some((place) => place in lock.packages)) missing.set(`node_modules/${name}`, { version, dev: entry.dev === true });
    }
  }
  return missing;
}

function entryFor(name: string, version: string, dev: boolean): LockEntry {
  const words = name.split(/[/-]/);
  const system = words.map((word) => SYSTEMS[word]).find((word) => word !== undefined);
  const processor = words.find((word) => PROCESSORS.includes(word));
  const library = words.map((word) => LIBRARIES[word]).find((word) => word !== undefined);
  return {
    version,
    ...(processor === undefined ? {} : { cpu: [processor] }),
    ...(dev ? { dev: true } : {}),
    ...(system === 'linux' && library !== undefined ? { libc: [library] } : {}),
    optional: true,
    ...(system === undefined ? {} : { os: [system] }),
  };
}

export function completeLock(lock: Lock): Lock {
  const packages = { ...lock.packages };
  for (const [path, { version, dev }] of missingOptional(lock)) {
    if (/^\d+\.\d+\.\d+/.test(version)) packages[path] = entryFor(path.slice('node_modules/'.length), version, dev);
  }
  const paths = Object.keys(packages).toSorted((left, right) => left.localeCompare(right, 'en'));
  return { ...lock, packages: Object.fromEntries(paths.map((path) => [path, packages[path] as LockEntry])) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = fileURLToPath(new URL('../package-lock.json', import.meta.url));
  const lock = JSON.parse(readFileSync(path, 'utf8')) as Lock;
  writeFileSync(path, `${JSON.stringify(completeLock(lock), null, 2)}\n`);
}
