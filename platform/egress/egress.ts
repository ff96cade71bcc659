// The egress client: the only place that opens connections for users' data (S33-S36). Read request() first.
// I1 Each hop: parse, resolve, classify and enforce, dial a checked address. A redirect is a new hop with all of it.
// I2 Once one hop was sent, no later failure may claim `not-sent`: the first server may have acted.
// I3 The deadline covers everything, from the rules to the last byte.
// I4 Only the identity encoding is asked for and nothing is unpacked here, so an answer is never larger than what was read.
// Called by the flow engine's `call` steps, webhooks out, and model providers.
import { performance } from 'node:perf_hooks';
import { type Answer, exchange } from './exchange.ts';
import { cachedRules, enforce, type Refusal, refusedByName } from './policy.ts';
import { Pools } from './pools.ts';
import { EgressFailure, type Egress, type EgressRequest, type EgressResponse, type EgressRules } from './port.ts';
import { type Hop, isRedirect, nextHop } from './redirect.ts';
import { cachedResolver, type Resolve, systemResolve } from './resolve.ts';
import { parseTarget } from './target.ts';

export interface EgressOptions {
  readonly rules: EgressRules;
  /** Default: the operating system's resolver. */
  readonly resolve?: Resolve;
  /** Connections a tenant may hold to one origin. */
  readonly maxConnections?: number;
  /** PEM certificates trusted instead of the built-in ones. */
  readonly ca?: string;
  /** Told about every refusal, for the metric and the audit log. */
  readonly onRefused?: (refusal: Refusal) => void;
}

const DEFAULT_CONNECTIONS = 128;
const METHOD = /^[A-Z]{1,20}$/;
const FORBIDDEN_METHODS: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);
/** Fields of the connection, which this client owns; a caller's values are dropped. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'upgrade',
  'te',
  'trailer',
  'expect',
  'accept-encoding',
  'proxy-authorization',
  'proxy-connection',
  'http2-settings',
]);

function firstHop(request: EgressRequest): Hop {
  const target = parseTarget(request.url);
  const method = request.method.toUpperCase();
  if (!METHOD.test(method) || FORBIDDEN_METHODS.has(method)) {
    throw new EgressFailure('bad-url', 'not-sent', `The method "${request.method.slice(0, 20)}" cannot be used.`);
  }
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    const lower = name.toLowerCase();
    if (!OWN_HEADERS.has(lower)) headers[lower] = value;
  }
  return { target, method, headers, body: request.body };
}

/** Ends the wait for rules or names at the deadline or on abort; their own work cannot be stopped and is ignored. */
async function within<T>(work: Promise<T>, leftMs: number, signal: AbortSignal | undefined, late: EgressFailure): Promise<T> {
  let stop: ((failure: EgressFailure) => void) | undefined;
  const stopped = new Promise<never>((_resolve, reject) => (stop = reject));
  const timer = setTimeout(() => stop?.(late), Math.max(0, leftMs));
  const onAbort = (): void => stop?.(new EgressFailure('aborted', 'not-sent', 'The request was aborted.'));
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

const unresolvedInTime = (): EgressFailure => new EgressFailure('timeout', 'not-sent', 'The name was not resolved within the deadline.');
/** No fault of the remote: our own database is slow to answer. */
const unreadInTime = (): EgressFailure => new EgressFailure('unready', 'not-sent', 'The egress rules were not read within the deadline.');

const tooManyRedirects = (limit: number, hop: Hop): EgressFailure =>
  new EgressFailure('redirect', 'maybe-received', `More than ${limit} redirects, the last from ${hop.target.origin}.`);

export function createEgress(options: EgressOptions): Egress {
  const now = (): number => performance.now();
  const rulesOf = cachedRules(options.rules, now);
  const resolve = cachedResolver(options.resolve ?? systemResolve, now);
  const pools = new Pools({ maxConnections: options.maxConnections ?? DEFAULT_CONNECTIONS, ca: options.ca, now });
  let closed = false;

  async function send(request: EgressRequest, hop: Hop, deadlineAt: number, isFirst: boolean): Promise<Answer> {
    const { tenant, signal, maxResponseBytes } = request;
    const { target } = hop;
    let index = rulesOf(tenant);
    let addresses = refusedByName(target) ? [] : resolve(target);
    if (addresses instanceof Promise) addresses.catch(() => undefined);
    if (index instanceof Promise) index = await within(index, deadlineAt - now(), signal, unreadInTime());
    if (addresses instanceof Promise) addresses = await within(addresses, deadlineAt - now(), signal, unresolvedInTime());
    enforce(tenant, target, index, addresses, options.onRefused);
    const open = pools.take(tenant, target, addresses);
    return exchange(open, { ...hop, deadlineAt, now, maxResponseBytes, signal, mayBegin: isFirst ? request.mayBegin : undefined });
  }

  async function request(input: EgressRequest): Promise<EgressResponse> {
    const deadlineAt = now() + input.deadlineMs;
    let hop = firstHop(input);
    let redirects = 0;
    try {
      for (;;) {
        if (closed || input.signal?.aborted === true) throw new EgressFailure('aborted', 'not-sent', 'The request was aborted.');
        const answer = await send(input, hop, deadlineAt, redirects === 0);
        if (input.maxRedirects === 0 || !isRedirect(answer.status, answer.headers)) return { ...answer, url: hop.target.href };
        redirects += 1;
        if (redirects > input.maxRedirects) throw tooManyRedirects(input.maxRedirects, hop);
        hop = nextHop(hop, answer.status, answer.headers['location'] ?? '');
      }
    } catch (error) {
      if (redirects === 0 || !(error instanceof EgressFailure) || error.reach === 'maybe-received') throw error;
      throw new EgressFailure(error.kind, 'maybe-received', `After ${redirects} redirect${redirects === 1 ? '' : 's'}: ${error.message}`);
    }
  }

  return {
    request,
    close: async () => {
      closed = true;
      await pools.close();
    },
  };
}
