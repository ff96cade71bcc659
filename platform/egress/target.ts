// The one parse of a URL (I1 of the port): what policy checks is exactly what is dialled.
// I1 Only http and https, no credentials, no control characters, no backslashes, no empty labels, no port 0.
// I2 `host` is canonical: lower case, punycode, IPv4 in dotted form, IPv6 without brackets, no trailing dot.
import { isIP } from 'node:net';
import { EgressFailure } from './port.ts';

export interface Target {
  readonly secure: boolean;
  /** Canonical name or IP literal, no brackets. */
  readonly host: string;
  readonly port: number;
  /** 0 for a name, else 4 or 6. */
  readonly family: number;
  /** For the connection pool: scheme, host, and port. */
  readonly origin: string;
  /** Path with query. */
  readonly path: string;
  /** The whole URL without its fragment. */
  readonly href: string;
}

const MAX_URL_CHARS = 16_384;
const LABEL = /^[^.]{1,63}$/;

const bad = (why: string): never => {
  throw new EgressFailure('bad-url', 'not-sent', `The URL is refused: ${why}.`);
};

/** Strips what users and rules may write around a host: brackets, case, one trailing dot. */
export function canonicalHost(host: string): string {
  const lower = host.toLowerCase();
  const bare = lower.startsWith('[') && lower.endsWith(']') ? lower.slice(1, -1) : lower;
  if (isIP(bare) === 6) return new URL(`http://[${bare}]/`).hostname.slice(1, -1);
  return bare.endsWith('.') ? bare.slice(0, -1) : bare;
}

/** host:port as a person types it and as rules are keyed. */
export const hostPort = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

function checkedHost(url: URL): string {
  const host = canonicalHost(url.hostname);
  if (host === '' || host.length > 253) bad('its host is empty or too long');
  if (isIP(host) === 0 && !host.split('.').every((label) => LABEL.test(label))) bad('its host has an empty or overlong label');
  return host;
}

/** `base` is the URL that sent a redirect. Throws EgressFailure of kind `bad-url`. */
export function parseTarget(text: string, base?: string): Target {
  if (text.length > MAX_URL_CHARS) bad(`it is longer than ${MAX_URL_CHARS} characters`);
  if (/[\u0000-\u001f\u007f]/.test(text)) bad('it contains control characters');
  if (/^[^?#]*\\/.test(text)) bad('it contains a backslash');
  const url = URL.parse(text, base) ?? bad('it is not an absolute http or https URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') bad(`the scheme "${url.protocol.slice(0, -1)}" is not http or https`);
  if (url.username !== '' || url.password !== '') bad('it contains credentials; send them in a header');
  const secure = url.protocol === 'https:';
  const host = checkedHost(url);
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  if (port === 0) bad('port 0 cannot be called');
  const origin = `${url.protocol}//${hostPort(host, port)}`;
  const path = `${url.pathname}${url.search}`;
  const shown = url.port === '' ? origin.slice(0, origin.lastIndexOf(':')) : origin;
  return { secure, host, port, family: isIP(host), origin, path, href: `${shown}${path}` };
}
