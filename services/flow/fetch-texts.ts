// Functions, scripts and schemas of elsewhere, fetched when a flow is published: the one moment in which a definition opens a connection,
// by an explicit act of who publishes. Called by publishing.ts.
// I1 As any call of the tenant: through the egress client, with its rules, a deadline, a bound on size.
// I2 What cannot be had is a mistake of the flow at the place that names it, with what to do.
// I3 An endpoint that asks for authentication gets it from the tenant's secrets as they are now. They are in no text that is stored and in
//    no message: what echoes one is masked first.
import { createHash } from 'node:crypto';
import { DEFAULT_ENVIRONMENT } from '@palace/gateway/contract.ts';
import { EgressFailure, type EgressResponse } from '@palace/platform/egress/port.ts';
import type { ErrorPlace } from '@palace/platform/errors.ts';
import type { Platform } from '@palace/platform/platform.ts';
import type { Unfetched } from './core/language/expansion.ts';
import { MAX_FOREIGN_LENGTH } from './core/language/limits.ts';
import { Mask } from './core/mask.ts';
import type { PinnedText } from './core/program.ts';
import { evaluateProof, secretsOfProof } from './core/proof.ts';
import { missingSecret } from './core/secrets.ts';
import { StepFault } from './core/turn.ts';
import type { EffectCall } from './executors/executor.ts';
import { createHttpClient } from './executors/http.ts';

const DEADLINE_MS = 10_000;
const AT_ONCE = 5;
const MAX_REDIRECTS = 5;

type World = Pick<Platform, 'egress' | 'secrets'>;
export type Fetched = { readonly ok: true; readonly texts: readonly PinnedText[] } | { readonly ok: false; readonly errors: readonly ErrorPlace[] };

export async function fetchTexts(world: World, tenant: string, wanted: readonly Unfetched[], signal: AbortSignal): Promise<Fetched> {
  const texts: PinnedText[] = [];
  const errors: ErrorPlace[] = [];
  for (let from = 0; from < wanted.length; from += AT_ONCE) {
    for (const found of await Promise.all(wanted.slice(from, from + AT_ONCE).map((one) => fetchOne(world, tenant, one, signal)))) {
      if ('message' in found) errors.push(found);
      else texts.push(found);
    }
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, texts };
}

async function fetchOne(world: World, tenant: string, wanted: Unfetched, signal: AbortSignal): Promise<PinnedText | ErrorPlace> {
  const { address, what, proof: _proof, ...place } = wanted;
  const failed = (why: string, suggestion?: string): ErrorPlace => ({
    ...place,
    message: `The ${what} at ${address} cannot be fetched: ${why}`,
    ...(suggestion !== undefined && { suggestion }),
  });
  try {
    const response = await request(world, tenant, wanted, signal);
    if (response.status !== 200) return failed(`the answer was ${response.status}.`, adviceOn(wanted, response.status));
    const source = textOf(response.body);
    if (source === undefined) return failed('it is not UTF-8 text.');
    return { address, source, hash: createHash('sha256').update(source).digest('hex') };
  } catch (error) {
    if (error instanceof EgressFailure) return failed(error.message);
    if (error instanceof StepFault) return failed(error.fault.detail ?? error.fault.title ?? 'it cannot be asked for.');
    throw error;
  }
}

function adviceOn({ what, proof }: Unfetched, status: number): string {
  if (status === 401 || status === 403)
    return proof === undefined
      ? 'It asks who is there: give the endpoint an "authentication".'
      : 'Look at the authentication of its endpoint, and at the secret.';
  return what === 'function' ? 'Look at the address; in a catalog it is ENDPOINT/functions/NAME/VERSION/function.yaml.' : 'Look at the address.';
}

/** Throws EgressFailure and StepFault. */
async function request(world: World, tenant: string, { address, proof }: Unfetched, signal: AbortSignal): Promise<EgressResponse> {
  const headers = { accept: 'application/yaml, application/json;q=0.9, */*;q=0.8' };
  if (proof === undefined) {
    const asking = { tenant, method: 'GET', url: address, headers, deadlineMs: DEADLINE_MS };
    return world.egress.request({ ...asking, maxResponseBytes: MAX_FOREIGN_LENGTH, maxRedirects: MAX_REDIRECTS, signal });
  }
  const names = secretsOfProof(proof);
  // A version is the same in every environment: what it needs to be published is that of the default one.
  const secrets = names.length === 0 ? new Map() : await world.secrets.read(tenant, DEFAULT_ENVIRONMENT, names);
  const missing = names.find((name) => !secrets.has(name));
  if (missing !== undefined) throw new StepFault(missingSecret(missing, undefined));
  const mask = new Mask(secrets);
  const client = createHttpClient(world.egress, { maxResponseBytes: MAX_FOREIGN_LENGTH, maxRedirects: MAX_REDIRECTS });
  const answer = await client.send(callFor(tenant, address, mask, signal), {
    method: 'GET',
    url: address,
    headers,
    authentication: evaluateProof(proof, secrets),
  });
  if (answer.ok) return answer.response;
  throw new StepFault({ ...answer.fault, detail: mask.text(answer.fault.detail ?? '') });
}

/** As if it were a step: publishing is the act of a tenant like a call is. */
function callFor(tenant: string, address: string, mask: Mask, signal: AbortSignal): EffectCall {
  const key = createHash('sha256').update(address).digest('hex');
  return { tenant, run: 'publishing', flow: '', key, attempt: 1, class: 'read', args: null, mask, deadlineMs: DEADLINE_MS, signal, traceparent: undefined };
}

function textOf(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}
