// Definitions of functions of elsewhere, fetched when a flow is published: the one moment in which a definition opens a connection, by an
// explicit act of who publishes. Called by publishing.ts.
// I1 As any call of the tenant: through the egress client, with its rules, a deadline, a bound on size.
// I2 What cannot be had is a mistake of the flow at the place of the call, with what to do.
import { createHash } from 'node:crypto';
import { EgressFailure, type Egress } from '@palace/platform/egress/port.ts';
import type { ErrorPlace } from '@palace/platform/errors.ts';
import type { UnfetchedFunction } from './core/language/expansion.ts';
import { MAX_FOREIGN_LENGTH } from './core/language/limits.ts';
import type { PinnedFunction } from './core/program.ts';

const DEADLINE_MS = 10_000;
const AT_ONCE = 5;
const MAX_REDIRECTS = 5;

export type Fetched = { readonly ok: true; readonly functions: readonly PinnedFunction[] } | { readonly ok: false; readonly errors: readonly ErrorPlace[] };

export async function fetchFunctions(egress: Egress, tenant: string, wanted: readonly UnfetchedFunction[], signal: AbortSignal): Promise<Fetched> {
  const functions: PinnedFunction[] = [];
  const errors: ErrorPlace[] = [];
  for (let from = 0; from < wanted.length; from += AT_ONCE) {
    for (const found of await Promise.all(wanted.slice(from, from + AT_ONCE).map((one) => fetchOne(egress, tenant, one, signal)))) {
      if ('message' in found) errors.push(found);
      else functions.push(found);
    }
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, functions };
}

async function fetchOne(egress: Egress, tenant: string, wanted: UnfetchedFunction, signal: AbortSignal): Promise<PinnedFunction | ErrorPlace> {
  const { address, ...place } = wanted;
  const failed = (why: string, suggestion?: string): ErrorPlace => ({
    ...place,
    message: `The function at ${address} cannot be fetched: ${why}`,
    ...(suggestion !== undefined && { suggestion }),
  });
  try {
    const response = await egress.request({
      tenant,
      method: 'GET',
      url: address,
      headers: { accept: 'application/yaml, application/json;q=0.9, */*;q=0.8' },
      deadlineMs: DEADLINE_MS,
      maxResponseBytes: MAX_FOREIGN_LENGTH,
      maxRedirects: MAX_REDIRECTS,
      signal,
    });
    if (response.status !== 200)
      return failed(`the answer was ${response.status}.`, 'Look at the address; in a catalog it is ENDPOINT/functions/NAME/VERSION/function.yaml.');
    const source = textOf(response.body);
    if (source === undefined) return failed('it is not UTF-8 text.');
    return { address, source, hash: createHash('sha256').update(source).digest('hex') };
  } catch (error) {
    if (error instanceof EgressFailure) return failed(error.message);
    throw error;
  }
}

function textOf(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}
