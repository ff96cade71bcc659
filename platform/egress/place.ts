// HOST:PORT as a person types it for a rule, and whether a rule could ever open it. Pure.
// Called where rules are written: the gateway's egress routes and the command `palace egress allow|deny`.
import { isIP } from 'node:net';
import { classifyAddress, isAllowable, isMetadataName } from './classify.ts';
import { EgressFailure } from './port.ts';
import { hostPort, parseTarget } from './target.ts';

export interface Place {
  /** Canonical, as rules keep it. */
  readonly host: string;
  readonly port: number;
}

/** Throws EgressFailure of kind `bad-url`. The port must be written, because a rule is exact. */
export function parsePlace(text: string): Place {
  const wrong = (): never => {
    throw new EgressFailure('bad-url', 'not-sent', `"${text.slice(0, 100)}" is not HOST:PORT, such as 127.0.0.1:8000, box.example:443, or [::1]:8000.`);
  };
  if (!/^[^/?#@\s]{1,255}:\d{1,5}$/.test(text)) wrong();
  const target = parseTarget(`http://${text}/`);
  if (target.port !== Number(text.slice(text.lastIndexOf(':') + 1))) wrong();
  if (target.family === 0 && !/^[a-z0-9._-]+$/.test(target.host)) wrong(); // no patterns: a rule is one host
  return { host: target.host, port: target.port };
}

/** One sentence when an allow rule for this place would open nothing, so that it is refused instead of kept. */
export function whyNotAllowable({ host, port }: Place): string | undefined {
  const kind = isMetadataName(host) ? 'metadata' : isIP(host) === 0 ? 'public' : classifyAddress(host);
  if (kind === 'public' || isAllowable(kind)) return undefined;
  return `${hostPort(host, port)} is a ${kind} address: it can never be allowed.`;
}
