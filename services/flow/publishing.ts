// Publishing a flow: compile, fetch the functions, scripts and schemas of elsewhere that it names, compile with them, store all of it in one
// transaction.
// I1 A version never changes: what was fetched when it was published stays in its program, whatever the addresses say later.
// I2 The same document again is the same publication; nothing is fetched for it.
// Called by the route and by the service itself.
import type { Config } from '@palace/platform/config.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { withAllowedProcesses, type Allowances } from './core/allowed-processes.ts';
import type { Compiled } from './core/compile.ts';
import { MAX_FUNCTION_DEPTH } from './core/language/limits.ts';
import type { PinnedText } from './core/program.ts';
import { fetchTexts } from './fetch-texts.ts';
import { announce, type FlowParts } from './parts.ts';
import type { Definition } from './store/port.ts';
import { publish, publishedBefore } from './store/publish.ts';

/** For all that a flow names, together. */
export const FETCHING_MS = 30_000;

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
  const whole = await withTexts(parts, tenant, given, compiled, AbortSignal.timeout(FETCHING_MS));
  const published = await publish(database, tenant, given.source, whole, parts.node.timeMs());
  announce(parts, tenant, published);
  return published;
}

export async function compileSource(
  parts: FlowParts,
  tenant: string,
  { source, sourceName }: Source,
  { fetched = [], where = 'by-size' }: { readonly fetched?: readonly PinnedText[]; readonly where?: 'by-size' | 'in-thread' } = {},
): Promise<Compiled> {
  const options = { ...(sourceName !== undefined && { sourceName }), ...(fetched.length > 0 && { fetched }) };
  return withAllowedProcesses(await parts.compiler.compile(tenant, source, options, where), tenant, allowancesOf(parts.platform.config));
}

const allowancesOf = ({ code, container }: Config): Allowances => ({
  shell: code.allowShell,
  containers: { images: container.allow, folders: container.folders },
});

/** Functions may name others: each round fetches what the one before has named. */
export async function withTexts(parts: FlowParts, tenant: string, given: Source, first: Compiled, signal: AbortSignal): Promise<Compiled> {
  const texts: PinnedText[] = [];
  let compiled = first;
  for (let round = 0; compiled.ok && compiled.unfetched.length > 0; round++) {
    if (round > MAX_FUNCTION_DEPTH) throw new Error('Functions of elsewhere name others without an end, which the compiler refuses.');
    const fetched = await fetchTexts(parts.platform, tenant, compiled.unfetched, signal);
    if (!fetched.ok) throw new PalaceError('flow.invalid', { errors: fetched.errors });
    texts.push(...fetched.texts);
    compiled = await compileSource(parts, tenant, given, { fetched: texts });
  }
  return compiled;
}
