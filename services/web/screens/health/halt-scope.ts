// What a halt holds back, as the API names it. Pure.
import type { Halt } from '../../api/flows.ts';
import type { HaltScope } from '../../api/health.ts';

export function scopeOf({ scope, tenant, flow }: Pick<Halt, 'scope' | 'tenant' | 'flow'>): HaltScope {
  if (scope === 'flow' && flow !== undefined) return { flow };
  return scope === 'tenant' && tenant !== undefined ? { tenant } : { all: true };
}

/** The widest that the reader may hold back: who owns the installation, everything; others their tenant. */
export const widestScope = ({ tenant, role }: { readonly tenant: string; readonly role: string }): HaltScope =>
  tenant === 'local' && role === 'owner' ? { all: true } : { tenant };
