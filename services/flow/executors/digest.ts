// Digest access authentication (RFC 7616, and RFC 2617 where the server is that old): the answer to one challenge.
// I1 The strongest algorithm that both know is taken: SHA-256 before MD5. Only `auth`: a body is never part of the digest.
// I2 What a server says is bounded and put into quoted strings by us; it cannot add a header or a parameter.
import { createHash, randomBytes } from 'node:crypto';

interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

export interface DigestRequest {
  readonly method: string;
  /** Path and query, as they are sent. */
  readonly uri: string;
  readonly username: string;
  readonly password: string;
}

const LARGEST_HEADER = 8_192;
const ALGORITHMS: ReadonlyMap<string, 'sha256' | 'md5'> = new Map([
  ['sha-256', 'sha256'],
  ['sha-256-sess', 'sha256'],
  ['md5', 'md5'],
  ['md5-sess', 'md5'],
]);

/** The value of Authorization, or undefined when the challenge is none that can be answered. */
export function answerDigest(header: string, request: DigestRequest, clientNonce = randomBytes(16).toString('hex')): string | undefined {
  const known = readChallenges(header).filter(isAnswerable);
  const rank = (challenge: Challenge): number => [...ALGORITHMS.keys()].indexOf(algorithmOf(challenge));
  const best = known.toSorted((a, b) => rank(a) - rank(b))[0];
  return best === undefined ? undefined : credentials(best, request, clientNonce);
}

const algorithmOf = ({ parameters }: Challenge): string => (parameters.get('algorithm') ?? 'MD5').toLowerCase();

function isAnswerable(challenge: Challenge): boolean {
  const { scheme, parameters } = challenge;
  const qop = parameters.get('qop');
  const offersAuth = qop === undefined || qop.split(',').some((one) => one.trim().toLowerCase() === 'auth');
  return scheme === 'digest' && parameters.has('realm') && parameters.has('nonce') && offersAuth && ALGORITHMS.has(algorithmOf(challenge));
}

function credentials(challenge: Challenge, request: DigestRequest, clientNonce: string): string {
  const { parameters } = challenge;
  const [realm, nonce, opaque] = [parameters.get('realm') ?? '', parameters.get('nonce') ?? '', parameters.get('opaque')];
  const algorithm = algorithmOf(challenge);
  const hash = (text: string): string =>
    createHash(ALGORITHMS.get(algorithm) ?? 'md5')
      .update(text, 'utf8')
      .digest('hex');
  const plain = hash(`${request.username}:${realm}:${request.password}`);
  const secret = algorithm.endsWith('-sess') ? hash(`${plain}:${nonce}:${clientNonce}`) : plain;
  const what = hash(`${request.method}:${request.uri}`);
  const count = '00000001';
  const withQop = parameters.has('qop');
  const response = withQop ? hash(`${secret}:${nonce}:${count}:${clientNonce}:auth:${what}`) : hash(`${secret}:${nonce}:${what}`);
  const hidden = parameters.get('userhash')?.toLowerCase() === 'true';
  const parts = [
    hidden ? `username="${hash(`${request.username}:${realm}`)}"` : userParameter(request.username),
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(request.uri)}`,
    `response="${response}"`,
    ...(parameters.has('algorithm') ? [`algorithm=${algorithmName(parameters.get('algorithm') ?? '')}`] : []),
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ...(withQop ? ['qop=auth', `nc=${count}`, `cnonce="${clientNonce}"`] : algorithm.endsWith('-sess') ? [`cnonce="${clientNonce}"`] : []),
    ...(hidden ? ['userhash=true'] : []),
  ];
  return `Digest ${parts.join(', ')}`;
}

/** Only names that we know reach this. */
const algorithmName = (text: string): string => text.replace(/[^A-Za-z0-9-]/g, '');
const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
/** Names beyond ASCII travel by RFC 8187. */
const userParameter = (name: string): string => (/^[\x20-\x7e]*$/.test(name) ? `username=${quoted(name)}` : `username*=UTF-8''${extended(name)}`);
const extended = (name: string): string => encodeURIComponent(name).replace(/['()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);

const SCHEME = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?: +|$|(?=,))/y;
const PARAMETER = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+\-.^_`|~0-9A-Za-z]+))/y;
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=\s*(?:,|$))/y;
const BETWEEN = /[\s,]*/y;

/** WWW-Authenticate, with several challenges in one field or joined. What is no challenge ends the reading. */
export function readChallenges(header: string): Challenge[] {
  const text = header.slice(0, LARGEST_HEADER);
  const found: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  for (;;) {
    take(BETWEEN);
    if (at >= text.length) return found;
    const parameter = take(PARAMETER);
    if (parameter !== null) {
      const [, name = '', inQuotes, bare] = parameter;
      const parameters = found.at(-1)?.parameters;
      if (parameters === undefined) return found;
      // The first one counts: a second realm is not trusted over it.
      if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), inQuotes?.replace(/\\(.)/g, '$1') ?? bare ?? '');
      continue;
    }
    const scheme = take(SCHEME);
    if (scheme === null) return found;
    found.push({ scheme: (scheme[1] ?? '').toLowerCase(), parameters: new Map() });
    if (peek(PARAMETER, text, at) === null) take(TOKEN68);
  }
}

function peek(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
