// Hides secrets before something is written or shown: by the name of a field, and by the shape of a value in any text.
// I1 Works on a copy, never throws, ends on cycles, and is bounded by its limits.
// I2 What a secret's shape is stands here once. Called by the log sink, traces, and what the API shows of runs.

export const MASK = '[redacted]';

export interface RedactLimits {
  readonly maxDepth: number;
  /** Entries of one object or array. */
  readonly maxEntries: number;
  /** Characters of one string; longer ones are cut and say so. */
  readonly maxChars: number;
}

const WHOLE: RedactLimits = { maxDepth: 64, maxEntries: 100_000, maxChars: 8_388_608 };

/** Compared without case and separators, so that apiKey, api-key, API_KEY, and x-api-key are one name. */
const SECRET_NAME =
  /password|passwd|passphrase|secret|credential|apikey|accesskey|privatekey|signingkey|encryptionkey|masterkey|cookie|authorization|bearer|jwt|sessionid|onetimecode|connectionstring|^auth$|^pwd$|^pass$|^dsn$/;
const TOKEN_NAME = /token$|^token|tokens$/;

type NameKind = 'secret' | 'token' | 'plain';

const MAX_KNOWN_NAMES = 2_000;
const knownNames = new Map<string, NameKind>();

/** Remembered, because the same few names stand in every line. */
function nameKind(name: string): NameKind {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  const plain = name
    .slice(0, 200)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '');
  const kind = SECRET_NAME.test(plain) ? 'secret' : TOKEN_NAME.test(plain) ? 'token' : 'plain';
  if (knownNames.size < MAX_KNOWN_NAMES && name.length <= 64) knownNames.set(name, kind);
  return kind;
}

/** Whether a field of that name holds a secret. */
export const isSecretName = (name: string): boolean => nameKind(name) !== 'plain';

// Counts such as maxTokens: 900 are no secrets; a number under a password's name is one.
const isMasked = (name: string, value: unknown): boolean => {
  if (value === null || value === undefined || value === '' || typeof value === 'boolean') return false;
  const kind = nameKind(name);
  return kind === 'secret' || (kind === 'token' && typeof value !== 'number');
};

// What every shape below contains: one look spares most strings the ten patterns.
const SUSPECT = /[=:]|[_-][A-Za-z0-9_-]{15}|eyJ|AKIA|ASIA|(?:bearer|basic|digest|apikey)\s|-BEGIN /i;

// Each pattern is linear: one class repeated, no nesting. `keep` is the part that is not secret and helps to find the owner.
const SHAPES: readonly (readonly [pattern: RegExp, keep: string])[] = [
  [/\b(Bearer|Basic|Digest|ApiKey)(\s+)[A-Za-z0-9._~+/=-]{6,}/gi, `$1$2${MASK}`],
  [/\b(pk|sk|palace|whsec)_(?=[A-Za-z0-9_-]{0,80}[0-9A-Z])([A-Za-z0-9]{2,40}_)?[A-Za-z0-9_-]{16,}/g, `$1_$2${MASK}`],
  [/\b(sk|rk|xox[abprs]|glpat)-[A-Za-z0-9_-]{16,}/g, `$1-${MASK}`],
  [/\b(gh[opsur]|github_pat|npm|hf)_[A-Za-z0-9_]{20,}/g, `$1_${MASK}`],
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/g, `$1${MASK}`],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, MASK],
  [/([a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@?#]{0,256}):[^\s/@?#]{1,512}@/gi, `$1:${MASK}@`],
  [/([?&;](?:access_token|api_key|apikey|key|token|secret|password|sig|signature|client_secret)=)[^&\s#"']{1,4096}/gi, `$1${MASK}`],
  [/((?:password|passwd|secret|api[_-]?key|token)["']?\s{0,4}[:=]\s{0,4}["']?)[^\s"',;&}]{4,4096}/gi, `$1${MASK}`],
  [/-----BEGIN ([A-Z ]{0,40})PRIVATE KEY-----[^-]{0,16384}(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g, `-----BEGIN $1PRIVATE KEY----- ${MASK}`],
];

/** Masks what has the shape of a secret inside any text. */
export function redactText(text: string): string {
  if (text.length < 8 || !SUSPECT.test(text)) return text;
  let safe = text;
  for (const [pattern, keep] of SHAPES) safe = safe.replace(pattern, keep);
  return safe;
}

function cutText(text: string, limits: RedactLimits): string {
  if (text.length <= limits.maxChars) return redactText(text);
  return `${redactText(text.slice(0, limits.maxChars))}… (${text.length} characters)`;
}

interface Walk {
  readonly limits: RedactLimits;
  /** Objects on the way down: meeting one again is a cycle. */
  readonly above: Set<object>;
}

function entries(value: object): Iterable<readonly [string, unknown]> {
  if (value instanceof Map) return [...value].map(([key, item]) => [String(key), item] as const);
  return Object.keys(value).map((key) => [key, (value as Record<string, unknown>)[key]] as const);
}

function copyObject(value: object, walk: Walk): Record<string, unknown> {
  const copy = Object.create(null) as Record<string, unknown>;
  let count = 0;
  for (const [name, item] of entries(value)) {
    if (typeof item === 'function' || item === undefined) continue;
    count += 1;
    if (count > walk.limits.maxEntries) {
      copy['…'] = 'more entries';
      break;
    }
    copy[name] = isMasked(name, item) ? MASK : copyValue(item, walk);
  }
  return copy;
}

function copyError(error: Error, walk: Walk): Record<string, unknown> {
  return { ...copyObject(error, walk), name: error.name, message: cutText(error.message, walk.limits) };
}

function copyInside(value: object, walk: Walk): unknown {
  if (Array.isArray(value) || value instanceof Set) {
    const items = [...(value as Iterable<unknown>)];
    const copy = items.slice(0, walk.limits.maxEntries).map((item) => copyValue(item, walk));
    return items.length > copy.length ? [...copy, `… (${items.length} entries)`] : copy;
  }
  if (value instanceof Error) return copyError(value, walk);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  const toJson = (value as { toJSON?: unknown }).toJSON;
  return typeof toJson === 'function' ? copyValue(toJson.call(value), walk) : copyObject(value, walk);
}

function copyValue(value: unknown, walk: Walk): unknown {
  if (typeof value === 'string') return cutText(value, walk.limits);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (walk.above.has(value)) return '[circular]';
  if (walk.above.size >= walk.limits.maxDepth) return '[deeper]';
  walk.above.add(value);
  try {
    return copyInside(value, walk);
  } catch {
    return MASK; // a value that refuses to be read (a Secret) stays hidden
  } finally {
    walk.above.delete(value);
  }
}

/** A copy fit for output: plain JSON values, secrets masked. */
export function redact(value: unknown, limits: Partial<RedactLimits> = {}): unknown {
  return copyValue(value, { limits: { ...WHOLE, ...limits }, above: new Set() });
}
