// Every bound of the gateway with a default that fits a laptop. `bin/` fills it from the configuration; tests lower the bounds.
// The rates are generous on purpose: they stop runaway clients, the bound on open requests and the engine's admission stop overload.

export interface RatePolicy {
  /** Requests per window. */
  readonly quota: number;
  readonly windowMs: number;
  /** How many of them may come at once; without it evenness.ts says. */
  readonly atOnce?: number;
}

export interface GatewaySettings {
  /** The address to bind. Anything but loopback is the caller's decision. */
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Host names that the server answers for, besides loopback names and the host of `publicUrl`. */
  readonly allowedHosts: readonly string[];
  /** Origins of other sites that may call from a browser, e.g. `https://console.example`. Closed by default (S14). */
  readonly allowedOrigins: readonly string[];
  /** CIDR ranges of reverse proxies whose X-Forwarded-For counts. None by default (S05). */
  readonly trustedProxies: readonly string[];

  /** Requests being worked on; more are refused before their body is read. */
  readonly maxOpenRequests: number;
  /** Requests that wait for a run to end; more answer at once instead of waiting. */
  readonly maxParkedRequests: number;
  readonly maxStreams: number;
  readonly maxConnections: number;
  readonly maxHeaderBytes: number;
  readonly maxUrlBytes: number;
  readonly maxBodyBytes: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  /** A socket on which nothing moves for so long is closed. Longer than the longest wait of a route. */
  readonly idleSocketTimeoutMs: number;

  readonly ratePerKey: RatePolicy;
  readonly ratePerAddress: RatePolicy;
  /** Refused credentials per address. */
  readonly rateRefused: RatePolicy;

  /** Tries to sign in to one account, whoever tries. */
  readonly ratePerAccount: RatePolicy;
  /** Tries to sign in from one address: with a password all, with a link those that failed. */
  readonly rateSignIn: RatePolicy;
  /** Invitations of one tenant. */
  readonly rateInvitations: RatePolicy;

  /** A session lives so long, and so long without being used. */
  readonly sessionMs: number;
  readonly sessionIdleMs: number;
  readonly signInLinkMs: number;
  readonly invitationMs: number;

  /** A revoked key works at most so long (S09: 5 s), and so does a session that was ended. */
  readonly credentialCacheMs: number;
  readonly heartbeatMs: number;
  /** How often an open stream's key is looked up again (S18: 30 s). */
  readonly streamCheckMs: number;
  readonly drainMs: number;
}

const DAY_MS = 86_400_000;
/** A page whose session has ended asks for a good many things before it knows; a refusal is cheap. */
export const REFUSED_AT_ONCE = 100;

export const DEFAULT_SETTINGS: GatewaySettings = {
  host: '127.0.0.1',
  port: 8080,
  allowedHosts: [],
  allowedOrigins: [],
  trustedProxies: [],
  maxOpenRequests: 512,
  maxParkedRequests: 4_000,
  maxStreams: 2_000,
  maxConnections: 8_192,
  maxHeaderBytes: 16_384,
  maxUrlBytes: 4_096,
  maxBodyBytes: 1_048_576,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 65_000,
  idleSocketTimeoutMs: 120_000,
  ratePerKey: { quota: 600_000, windowMs: 60_000 },
  ratePerAddress: { quota: 1_200_000, windowMs: 60_000 },
  rateRefused: { quota: 1_200, windowMs: 60_000, atOnce: REFUSED_AT_ONCE },
  ratePerAccount: { quota: 30, windowMs: 900_000 },
  rateSignIn: { quota: 100, windowMs: 900_000 },
  rateInvitations: { quota: 100, windowMs: 3_600_000 },
  sessionMs: 30 * DAY_MS,
  sessionIdleMs: 7 * DAY_MS,
  signInLinkMs: 600_000,
  invitationMs: 7 * DAY_MS,
  credentialCacheMs: 3_000,
  heartbeatMs: 15_000,
  streamCheckMs: 10_000,
  drainMs: 20_000,
};
