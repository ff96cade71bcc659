// What a halt holds back, by the name of its scope. Pure: engine/halts.ts knows which halts there are, routes/halts.ts who may set them.
export const ALL = 'all';
export const tenantScope = (tenant: string): string => `tenant:${tenant}`;
/** `flow`: namespace/name */
export const flowScope = (tenant: string, flow: string): string => `flow:${tenant}/${flow}`;

export type HaltScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'tenant'; readonly tenant: string }
  | { readonly kind: 'flow'; readonly tenant: string; readonly flow: string };

/** Undefined for a name that is none of ours. */
export function readScope(scope: string): HaltScope | undefined {
  if (scope === ALL) return { kind: 'all' };
  const tenant = /^tenant:(.+)$/.exec(scope)?.[1];
  if (tenant !== undefined) return { kind: 'tenant', tenant };
  const found = /^flow:(.+)\/([^/]+\/[^/]+)$/.exec(scope);
  return found?.[1] === undefined || found[2] === undefined ? undefined : { kind: 'flow', tenant: found[1], flow: found[2] };
}

/** From the widest to the narrowest: the first one that is in force is the one to name. */
export const scopesOver = (tenant: string, flow: string): readonly string[] => [ALL, tenantScope(tenant), flowScope(tenant, flow)];

/** What a person types to take it back. */
export function resumeCommand(scope: string): string {
  const read = readScope(scope);
  if (read?.kind === 'flow') return `palace resume --flow ${read.flow}`;
  return read?.kind === 'tenant' ? `palace resume --tenant ${read.tenant}` : 'palace resume --all';
}

/** Who holds it back, as somebody of `tenant` may know it: `tenant/kind:id` of who asked, or the name of a command that wrote it. */
export function shownBy(by: string, tenant: string): string {
  if (by.startsWith(`${tenant}/`)) return by.slice(tenant.length + 1);
  return by.includes('/') ? 'an owner of the installation' : by;
}

/** Of an installation that decides nothing; undefined when it works. */
export function heldSentence(halts: readonly { readonly level: string; readonly reason?: string; readonly sinceMs: number }[]): string | undefined {
  const all = halts.find(({ level }) => level === 'everything');
  if (all === undefined) return undefined;
  const why = all.reason === undefined ? '' : ` (${all.reason})`;
  return `Everything is held back since ${new Date(all.sinceMs).toISOString()}${why}: it reads and keeps, and works on nothing until palace resume --all.`;
}

/** The widest one over a flow. */
export function haltOver<H extends { readonly scope: string }>(halts: readonly H[], tenant: string, flow: string): H | undefined {
  if (halts.length === 0) return undefined;
  for (const scope of scopesOver(tenant, flow)) {
    const found = halts.find((halt) => halt.scope === scope);
    if (found !== undefined) return found;
  }
  return undefined;
}
