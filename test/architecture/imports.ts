// Who may import whom. Five rules of the house, and two of safety: what opens connections, and what talks to PostgreSQL.
// Pure over the files given, so that planted examples are judged by the same code as the project.
import { isTest, type Import, type SourceFile } from './source.ts';

/** Libraries that core may use: they compute and do nothing else. */
const PURE_LIBRARIES: ReadonlySet<string> = new Set(['zod', 'yaml', 're2js', 'croner', 'node:crypto', 'node:util']);

/** Adapters of a port that has more than one: chosen by scheme in platform/platform.ts. */
const ADAPTER =
  /^platform\/(database\/(pg|embedded)|bus\/(memory|postgres|kafka)|cache\/(memory|redis)|blobs\/(files|s3)|egress\/egress|telemetry\/telemetry)\.ts$/;

const NETWORK = /^(node:(http|https|http2|net|tls|dns|dgram)|undici)(\/|$)/;
/** S33: outgoing connections for users' data. The gateway's door listens and passes on to its own services; pg has its own sockets. */
const MAY_OPEN_CONNECTIONS = /^(platform\/egress\/|platform\/database\/|services\/gateway\/|services\/web\/(service\.ts$|server\/)|samples\/|bin\/)/;
const MAY_QUERY = /^(platform\/database\/|platform\/durable\/|platform\/bus\/postgres\.ts$|bin\/doctor\/)/;
const MAY_START_PROCESSES = /^(platform\/database\/|bin\/|services\/flow\/(code-runner\/runner|executors\/own-process)\.ts$|services\/web\/server\/build\.ts$)/;

export function importFaults(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => file.imports.flatMap((one) => faultsOf(file, one).map((why) => `${file.path} imports ${one.name}: ${why}`)));
}

function faultsOf({ path }: SourceFile, one: Import): string[] {
  const rules = [ofPlatform, ofJq, ofBuilder, ofCore, ofServices, ofSamples, ofConsole, ofAdapters, ofSafety];
  return rules.map((rule) => rule(path, one)).filter((why) => why !== undefined);
}

function ofPlatform(path: string, { file, name }: Import): string | undefined {
  if (!path.startsWith('platform/') || (file === undefined && !name.startsWith('@palace/'))) return undefined;
  return file?.startsWith('platform/') === true ? undefined : 'platform knows no service and stands alone';
}

function ofJq(path: string, { file, name, typeOnly }: Import): string | undefined {
  if (!path.startsWith('jq/') || isTest(path) || file?.startsWith('jq/') === true || name === 're2js') return undefined;
  return typeOnly && file === undefined ? undefined : 'jq is usable alone';
}

function ofBuilder(path: string, { file }: Import): string | undefined {
  return path.startsWith('flow-builder/') && !isTest(path) && file?.startsWith('flow-builder/') !== true ? 'the builder is usable alone' : undefined;
}

function ofCore(path: string, { file, name }: Import): string | undefined {
  const core = /^(?:services\/[\w-]+|platform\/[\w-]+)\/core\//.exec(path)?.[0];
  if (core === undefined || isTest(path)) return undefined;
  if (file === undefined) return PURE_LIBRARIES.has(name) ? undefined : 'core is pure';
  const allowed = file.startsWith(core) || file.startsWith('jq/') || file === 'platform/errors.ts' || file.endsWith('/contract.ts') || CONTRACT.test(file);
  return allowed ? undefined : 'core imports core, contracts, jq and the error table';
}

/** A long contract has parts, named after their noun. */
const CONTRACT = /^services\/[\w-]+\/(\w+-)?contract\.ts$/;

function ofServices(path: string, { file }: Import): string | undefined {
  const from = serviceOf(path);
  const to = file === undefined ? undefined : serviceOf(file);
  if (isTest(path)) return undefined;
  if (from !== undefined && file !== undefined && /^(bin|samples|test)\//.test(file)) return 'a service knows nothing of what joins it';
  if (from === undefined || to === undefined || from === to || CONTRACT.test(file ?? '')) return undefined;
  return 'services meet only through contract.ts';
}

function ofSamples(path: string, { file }: Import): string | undefined {
  return path.startsWith('samples/') && !isTest(path) && file !== undefined && !file.startsWith('samples/') ? 'a sample is what a user would write' : undefined;
}

/** What browsers run: the rest of the console, and of other services their contract. What serves it stands beside it. */
const IN_BROWSER = /^services\/web\/(?!server\/|service\.ts$|[\w.-]+\.config\.)/;
/** What both must write alike. */
const OF_BOTH = /^services\/web\/addresses\//;

function ofConsole(path: string, { file, name }: Import): string | undefined {
  if (!path.startsWith('services/web/') || isTest(path)) return undefined;
  if (!IN_BROWSER.test(path)) return file !== undefined && IN_BROWSER.test(file) && !OF_BOTH.test(file) ? 'what serves the console does not run it' : undefined;
  if (file === undefined) return name.startsWith('node:') || SERVER_ONLY.test(name) ? 'a browser has no Node' : undefined;
  if (IN_BROWSER.test(file) || (file.startsWith('services/') && !file.startsWith('services/web/'))) return undefined;
  return 'the console speaks the public API and knows contracts';
}

const SERVER_ONLY = /^(pg|express|undici|pino|prom-client|better-auth|sharp)(\/|$)/;

function ofAdapters(path: string, { file, typeOnly }: Import): string | undefined {
  if (file === undefined || typeOnly || !ADAPTER.test(file) || isTest(path) || path === 'platform/platform.ts') return undefined;
  const folder = file.slice(0, file.lastIndexOf('/') + 1);
  return path.startsWith(folder) ? undefined : 'only platform/platform.ts picks adapters';
}

function ofSafety(path: string, { name, typeOnly }: Import): string | undefined {
  if (isTest(path) || typeOnly) return undefined;
  if (NETWORK.test(name) && !MAY_OPEN_CONNECTIONS.test(path)) return 'outgoing connections are made by platform/egress';
  if (/^pg(\/|$)/.test(name) && !MAY_QUERY.test(path)) return 'PostgreSQL is reached through the database port';
  if (name === 'node:child_process' && !MAY_START_PROCESSES.test(path))
    return 'only bin, the database supervisor, the code runner, executors/own-process.ts and the build of the console start processes';
  return undefined;
}

const serviceOf = (path: string): string | undefined => /^services\/([\w-]+)\//.exec(path)?.[1];

/** Files outside bin and tests that join two services by their `service.ts`. */
export function joinFaults(files: readonly SourceFile[]): string[] {
  const joining = files.filter(({ path, imports }) => {
    const services = new Set(imports.filter(({ file }) => /^services\/[\w-]+\/service\.ts$/.test(file ?? '')).map(({ file }) => file));
    return !path.startsWith('bin/') && !isTest(path) && services.size > 1;
  });
  return joining.map(({ path }) => `${path} joins services; only bin/ does`);
}

/** Groups of files that import each other in a circle, types included. */
export function cycles(files: readonly SourceFile[]): string[] {
  const graph = new Map(files.map(({ path, imports }) => [path, imports.flatMap(({ file }) => (file === undefined ? [] : [file]))]));
  const state = new Map<string, 'open' | 'done'>();
  const found: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      found.push([...way.slice(way.indexOf(path)), path].join(' -> '));
      return;
    }
    state.set(path, 'open');
    for (const next of graph.get(path) ?? []) visit(next, [...way, path]);
    state.set(path, 'done');
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}
