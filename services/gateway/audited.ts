// Around the handler of a route that changes something: one entry before, one that says how it ended (S43).
// I1 Without the first entry nothing is done: a log that cannot be written stops what it would not tell of.
// I2 The second one may be missing after a crash, never the first: the log then says that it was asked for.
import type { Audit, AuditDetail, AuditEntry } from '@palace/platform/audit/port.ts';
import { ERRORS, PalaceError } from '@palace/platform/errors.ts';
import type { Log } from '@palace/platform/telemetry/port.ts';
import type { Principal, Reply, Route, RouteContext } from './contract.ts';

const MAX_TARGET = 500;

export interface AuditSink {
  readonly audit: Pick<Audit, 'append'>;
  readonly log: Log;
}

type AnyContext = RouteContext<unknown, unknown, unknown, unknown>;

export async function audited(sink: AuditSink, route: Route, context: AnyContext, url: string, act: () => Promise<Reply>): Promise<Reply> {
  const terms = route.audit;
  if (terms === undefined || 'none' in terms) return act();
  const { principal, tenant, clientAddress, params, query, body } = context;
  const entry: AuditEntry = {
    actor: { kind: principal.kind, id: principal.id, role: principal.role },
    action: terms.action,
    target: url.slice(0, MAX_TARGET),
    address: clientAddress,
    ...detailOf(terms.detail, principal, { params, query, body }),
  };
  const of = await sink.audit.append(tenant, entry);
  const ended = (status: number, code?: string): Promise<unknown> =>
    sink.audit
      .append(tenant, { ...entry, outcome: { of, status, ...(code !== undefined && { code }) } })
      .catch((error: unknown) => sink.log.warn('The end of an audited request could not be written', { action: terms.action, entry: of, error }));
  try {
    const reply = await act();
    await ended('status' in reply ? reply.status : 200);
    return reply;
  } catch (error) {
    const code = error instanceof PalaceError ? error.code : 'internal';
    await ended(ERRORS[code].status, code);
    throw error;
  }
}

type Tell = (said: never) => AuditDetail;

/** A person is named as well: an id says little to whoever reads the log after the person has gone. */
function detailOf(tell: Tell | undefined, { signedIn }: Principal, said: unknown): { detail?: AuditDetail } {
  if (tell === undefined && signedIn === undefined) return {};
  // A route is kept with its types forgotten (contract.ts): what was parsed by its schemas is what it asks for.
  return { detail: { ...tell?.(said as never), ...(signedIn !== undefined && { by: signedIn.person.name }) } };
}
