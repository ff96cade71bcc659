// Publishing a flow: compile, fetch the functions of elsewhere that it calls, compile with them, store all of it in one transaction.
// I1 A version never changes: what its functions were when it was published stays in its program, whatever their addresses say later.
// I2 The same document again is the same publication; nothing is fetched for it.
// Called by the route and by the service itself.
import type { Config } from '@palace/platform/config.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { withAllowedProcesses, type Allowances } from './core/allowed-processes.ts';
import type { Compiled } from './core/compile.ts';
import { MAX_FUNCTION_DEPTH } from './core/language/limits.ts';
import type { PinnedFunction } from './core/program.ts';
import { fetchFunctions } from './fetch-functions.ts';
import { announce, type FlowParts } from './parts.ts';
import type { Definition } from './store/port.ts';
import { publish, publishedBefore } from './store/publish.ts';

/** For all of a flow's functions together. */
const FETCHING_MS = 30_000;

export interface Source {
  readonly source: string;
  readonly sourceName?: string | undefined;
}

/** Throws `flow.invalid` with every mistake, `flow.version-exists` for changed content. */
export async function publishSource(parts: FlowParts, tenant: string, given: Source): Promise<Definition & { created: boolean }> {
  const compiled = await compileSource(parts, tenant, given);
  if (!compiled.ok) throw new PalaceError('flow.invalid', { errors: compiled.errors });
  const { database } = parts.platform;
  const before = compiled.unfetched.length === 0 ? undefined : await publishedBefore(database, tenant, compiled);
  if (before !== undefined) return { ...before, created: false };
  const whole = await withFunctions(parts, tenant, given, compiled);
  const published = await publish(database, tenant, given.source, whole, parts.node.timeMs());
  announce(parts, tenant, published);
  return published;
}

export async function compileSource(
  parts: FlowParts,
  tenant: string,
  { source, sourceName }: Source,
  functions: readonly PinnedFunction[] = [],
): Promise<Compiled> {
  const options = { ...(sourceName !== undefined && { sourceName }), ...(functions.length > 0 && { functions }) };
  return withAllowedProcesses(await parts.compiler.compile(tenant, source, options), tenant, allowancesOf(parts.platform.config));
}

const allowancesOf = ({ code, container }: Config): Allowances => ({
  shell: code.allowShell,
  containers: { images: container.allow, folders: container.folders },
});

/** Functions may call others: each round fetches what the one before has named. */
async function withFunctions(parts: FlowParts, tenant: string, given: Source, first: Compiled): Promise<Compiled> {
  const functions: PinnedFunction[] = [];
  const signal = AbortSignal.timeout(FETCHING_MS);
  let compiled = first;
  for (let round = 0; compiled.ok && compiled.unfetched.length > 0; round++) {
    if (round > MAX_FUNCTION_DEPTH) throw new Error('Functions of elsewhere name others without an end, which the compiler refuses.');
    const fetched = await fetchFunctions(parts.platform.egress, tenant, compiled.unfetched, signal);
    if (!fetched.ok) throw new PalaceError('flow.invalid', { errors: fetched.errors });
    functions.push(...fetched.functions);
    compiled = await compileSource(parts, tenant, given, functions);
  }
  return compiled;
}
