// The egress port: the only place that opens outgoing connections for users' data (S33-S36).
// I1 Parse once, resolve, classify every answer against our own deny table, dial the checked address, re-check each redirect.
// I2 Metadata and link-local addresses can never be allowed. Loopback and private ones need a rule by exact host:port.
// I3 A refusal names the address, its class, and the command that allows it.

export interface EgressRequest {
  readonly tenant: string;
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Hard deadline: the socket is destroyed then (ENGINE E8). */
  readonly deadlineMs: number;
  /** Largest response body read; more is an error of kind `too-large`. */
  readonly maxResponseBytes: number;
  readonly maxRedirects: number;
  readonly signal?: AbortSignal;
  /** Asked in the moment in which the first request is written: false means that it must not be (`aborted`, `not-sent`). */
  readonly mayBegin?: () => boolean;
}

export interface EgressResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The URL that answered, after redirects. */
  readonly url: string;
}

/** Whether the remote can have acted: decides between "retry" and "in doubt" for unique effects. */
export type EgressReach = 'not-sent' | 'maybe-received';

/** `unready`: what we must know ourselves cannot be read; it says nothing about the remote. */
export type EgressFailureKind = 'unready' | 'refused' | 'dns' | 'connect' | 'tls' | 'timeout' | 'reset' | 'too-large' | 'bad-url' | 'redirect' | 'aborted';

export class EgressFailure extends Error {
  readonly kind: EgressFailureKind;
  readonly reach: EgressReach;
  constructor(kind: EgressFailureKind, reach: EgressReach, message: string) {
    super(message);
    this.name = 'EgressFailure';
    this.kind = kind;
    this.reach = reach;
  }
}

export interface EgressRule {
  readonly tenant: string;
  /** Exact host name or IP literal, lower case. */
  readonly host: string;
  readonly port: number;
  readonly action: 'allow' | 'deny';
  readonly reason: string;
}

export interface Egress {
  /** Throws EgressFailure; an HTTP error status is an answer, not a failure. */
  request(request: EgressRequest): Promise<EgressResponse>;
  close(): Promise<void>;
}

/** Where the rules come from: the gateway's table in the database; a list in tests. Asked at most once a second per tenant. */
export interface EgressRules {
  list(tenant: string): Promise<readonly EgressRule[]>;
}
