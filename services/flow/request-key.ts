// The Idempotency-Key of a request to this service. A key names one request of its tenant, whatever that asks for: a start, a signal, a
// verb, a fork, a bulk. The same request again is answered as before; another one under the same key is refused.
// I1 The key is claimed in the commit that keeps what was asked for: there is no moment between looking and keeping.
// I2 What would be refused by now, because the run has gone on since, is still answered as before.
// Called by routes/ and fork.ts; a start carries its key into the engine (engine/accept.ts).
import type { Json } from '@palace/jq/jq.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { parseJsonText } from '@palace/platform/json.ts';
import type { InboxRow, SentClaim } from '@palace/platform/durable/contract.ts';
import type { FlowParts } from './parts.ts';

/** The scope of every key that came with a request; the keys of a batch's items have their own. */
export const REQUEST_SCOPE = 'request';

export interface Asked {
  readonly tenant: string;
  readonly idempotency: { readonly key: string; readonly fingerprint: string } | undefined;
}

export interface Answered<A> {
  readonly answer: A;
  readonly repeated: boolean;
}

/** Keeps the rows once for the key; without a key, once for this call. Throws `idempotency.mismatch` for another request under the key. */
export async function keepOnce<A extends Json>({ node }: FlowParts, asked: Asked, rows: readonly InboxRow[], answer: A): Promise<Answered<A>> {
  const outcome = await node.send(rows, claimOf(asked, answer));
  if (outcome.kind === 'contended') throw new PalaceError('idempotency.in-flight', { retryAfterSeconds: 1 });
  if (outcome.kind === 'key-taken') return { answer: sameRequest(asked, outcome) as A, repeated: true };
  return { answer, repeated: false };
}

/** What the key was answered with. For what changes no more than the answer to give; keepOnce decides by itself. */
export async function answeredBefore({ node }: FlowParts, asked: Asked): Promise<Json | undefined> {
  if (asked.idempotency === undefined) return undefined;
  const known = await node.lookUpKey(asked.tenant, REQUEST_SCOPE, asked.idempotency.key);
  return known === undefined ? undefined : sameRequest(asked, known);
}

function claimOf({ tenant, idempotency }: Asked, answer: Json): SentClaim | undefined {
  return idempotency === undefined ? undefined : { tenant, scope: REQUEST_SCOPE, ...idempotency, answer: JSON.stringify(answer) };
}

function sameRequest({ idempotency }: Asked, known: { readonly fingerprint: string; readonly answer: string }): Json {
  if (known.fingerprint !== idempotency?.fingerprint) throw new PalaceError('idempotency.mismatch');
  return parseJsonText(known.answer) as Json;
}
