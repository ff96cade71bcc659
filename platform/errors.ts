// The error table: every failure that a user, a client or an operator can meet is one row here.
// Owns the codes; docs/errors.md is written from this table and a test holds the two together.
// I1 A code never changes its meaning and is never reused.
// I2 `next` says what to do, in words that work for somebody who has never read the source.

/** What a caller may do with the same request. `never`: it will fail again as it is. */
export type RetryMeaning = 'never' | 'after-change' | 'later' | 'safe';

export interface ErrorRow {
  /** HTTP status when it reaches a client. */
  readonly status: number;
  readonly title: string;
  readonly retry: RetryMeaning;
  /** What to do next, one sentence. */
  readonly next: string;
}

const row = (status: number, title: string, retry: RetryMeaning, next: string): ErrorRow => ({ status, title, retry, next });

export const ERRORS = {
  // requests
  'request.invalid': row(400, 'The request does not fit its schema', 'after-change', 'Correct the fields named in "errors".'),
  'request.malformed': row(400, 'The request body cannot be read', 'after-change', 'Send well-formed UTF-8 JSON without duplicate keys.'),
  'request.too-large': row(413, 'The request is too large', 'after-change', 'Send less, or split the work.'),
  'request.media-type': row(415, 'This content type is not accepted here', 'after-change', 'Send the content type named in "detail".'),
  'request.host': row(421, 'This server does not answer for that host', 'after-change', 'Use an address that the server was started for.'),
  'request.origin': row(403, 'That origin may not call this server', 'never', 'Call from an allowed origin or without a browser.'),
  'request.expectation': row(417, 'The expectation of the request cannot be met', 'after-change', 'Send no Expect header but "100-continue".'),
  'request.timeout': row(408, 'The request took too long to arrive', 'safe', 'Send it again.'),
  'not-found': row(404, 'There is nothing here by that name', 'after-change', 'Check the name; you may also lack access to it.'),
  'method-not-allowed': row(405, 'That method is not available here', 'after-change', 'Use a method listed in the Allow header.'),
  // identity
  'auth.missing': row(401, 'No credential was sent', 'after-change', 'Send "Authorization: Bearer <API key>".'),
  'auth.invalid': row(
    401,
    'The credential is not valid',
    'after-change',
    'Use a current API key; `palace up` writes one to credentials.json. In a browser: sign in again.',
  ),
  'auth.forbidden': row(403, 'This credential may not do that', 'after-change', 'Ask an owner or admin for the permission named in "detail".'),
  'auth.cross-site': row(
    403,
    'A signed-in browser changes things from the pages of this server alone',
    'after-change',
    'Open the console at the address named in "detail"; programs use an API key.',
  ),
  'auth.person-only': row(403, 'That is for people who are signed in', 'never', 'Sign in: `palace login` prints a link.'),
  // people
  'sign-in.failed': row(
    401,
    'E-mail and password do not fit',
    'after-change',
    'Check both. Whoever has an owner’s API key makes a link that signs in: `palace login`.',
  ),
  'sign-in.link': row(
    401,
    'The link does not work any more',
    'after-change',
    'A link works once and not for long: `palace login` prints a new one; for an invitation ask who invited you.',
  ),
  'sign-in.insecure': row(403, 'Nobody signs in over an address that others can read', 'after-change', 'Do what "detail" says.'),
  'person.last-owner': row(409, 'The last owner stays', 'after-change', 'Make somebody else an owner first.'),
  'person.exists': row(409, 'That person is there already', 'after-change', 'See "detail".'),
  // idempotency
  'idempotency.mismatch': row(422, 'This Idempotency-Key was used for a different request', 'after-change', 'Use a new key for a new request.'),
  'idempotency.in-flight': row(409, 'A request with this Idempotency-Key is under way', 'later', 'Wait a moment and send the same request again.'),
  // load
  'overload.rate': row(429, 'Too many requests', 'later', 'Wait for the seconds in Retry-After.'),
  'overload.busy': row(503, 'The server is at its limit and accepted nothing', 'later', 'Wait for the seconds in Retry-After.'),
  'unavailable.database': row(503, 'The database does not answer', 'later', 'Wait for the seconds in Retry-After; nothing was accepted.'),
  'unavailable.resources': row(
    503,
    'The database lacks what is named in "detail"',
    'later',
    'Wait for the seconds in Retry-After; nothing was accepted. Whoever runs the server gives the database disk, memory or connections.',
  ),
  'unavailable.service': row(503, 'The service named in "detail" does not answer', 'later', 'Wait for the seconds in Retry-After; nothing was accepted.'),
  'unavailable.blobs': row(
    503,
    'The store of large payloads does not answer',
    'later',
    'Wait for the seconds in Retry-After; look at disk space and rights of the folder blobs.',
  ),
  'unavailable.held': row(503, 'Whoever runs this holds it back', 'later', 'Wait until it is released as "detail" says; nothing was accepted.'),
  'unavailable.draining': row(503, 'The server is shutting down', 'later', 'Send the request to another node, or again in a moment.'),
  'outcome.unknown': row(
    503,
    'The connection to the database broke while the request was being kept',
    'safe',
    'Send the same request with the same Idempotency-Key.',
  ),
  internal: row(500, 'The server failed', 'safe', 'Look up the trace id in the server log.'),
  // flows
  'flow.invalid': row(422, 'The flow does not compile', 'after-change', 'Correct the places listed in "errors".'),
  'flow.version-exists': row(409, 'This version is published with other content', 'after-change', 'Raise document.version.'),
  'flow.in-use': row(409, 'The flow has open runs', 'after-change', 'Wait for them, or cancel them: palace cancel --flow NAMESPACE/NAME.'),
  'apply.conflict': row(
    409,
    'Another apply of this set came first',
    'after-change',
    'Look at it with `palace get applies`, then apply again; nothing was changed.',
  ),
  'apply.owned': row(409, 'A document belongs to another set', 'after-change', 'Apply it in the set named in "detail", or take it over with --adopt.'),
  'apply.gone': row(
    410,
    'What that apply had published is not kept any more',
    'after-change',
    'Choose a later one from `palace get applies`, or apply the files of that commit.',
  ),
  // environments
  'environment.unknown': row(422, 'There is no such environment', 'after-change', 'Create it with `palace env create NAME`, or name another: palace env list.'),
  'environment.in-use': row(409, 'The environment cannot be removed', 'after-change', 'Remove what it holds first; the default one always stays.'),
  'run.variables-missing': row(
    422,
    'The environment lacks variables that the flow uses',
    'after-change',
    'Set them as "detail" says, or start the run in another environment.',
  ),
  // runs
  'run.input-refused': row(422, 'The input does not fit the flow’s input schema', 'after-change', 'Correct the fields named in "errors".'),
  'run.state': row(409, 'The run is not in a state that allows this', 'after-change', 'Look at the run first: palace get run ID.'),
  'run.history-gone': row(
    410,
    'That part of the run’s history is not kept any more',
    'after-change',
    'Choose an event from "history.firstSeq" on: palace get run ID --json.',
  ),
  'run.effect-permission': row(
    403,
    'Repeating confirmed effects needs its own permission',
    'after-change',
    'Ask for the permission run.repeat-effects, or fork without --effects again.',
  ),
  // webhooks
  'webhook.signature': row(
    401,
    'The delivery is not signed by a key of this webhook',
    'after-change',
    'See "detail"; compare the secret, and the clock of the sender.',
  ),
  'webhook.exists': row(409, 'There is a webhook by that name', 'after-change', 'Choose another name, or remove it first: palace webhook rm NAME.'),
  'limit.exceeded': row(422, 'A limit was reached', 'after-change', 'See "detail" for the limit and its setting.'),
  // egress
  'egress.refused': row(403, 'That address may not be called', 'after-change', 'Allow it with the command in "detail".'),
  'egress.never': row(
    403,
    'That address can never be allowed',
    'never',
    'Use another address: metadata, link-local and reserved ones stay closed for everybody.',
  ),
  // sealed values
  'vault.closed': row(503, 'This server has no key for sealed values', 'after-change', 'Whoever runs the server gives it the key as "detail" says.'),
  'vault.unreadable': row(
    500,
    'A sealed value cannot be opened',
    'after-change',
    'Set the value again; after a restore, use the database and the key file of the same time.',
  ),
  // backups
  'backup.damaged': row(
    500,
    'The file is no whole backup of AgentsPalace',
    'never',
    'Use another copy of it; palace backup --verify FILE says of each whether it is whole.',
  ),
  'backup.foreign': row(500, 'The backup does not fit this release', 'after-change', 'Restore it with the release that made it, then start the newer one.'),
  'backup.refused': row(500, 'The backup cannot be written', 'after-change', 'Change what "detail" names; no half backup is left under its name.'),
  'backup.key': row(
    500,
    'The keys in the backup cannot be had',
    'after-change',
    'Give the passphrase of the backup, or restore with --without-key and bring the key file.',
  ),
  'restore.refused': row(500, 'The backup cannot be restored there', 'after-change', 'Change what "detail" names; nothing was left there.'),
  // start-up
  'boot.config': row(500, 'The configuration is not valid', 'after-change', 'Correct the setting named in "detail".'),
  'boot.port-busy': row(500, 'The port is in use', 'after-change', 'Choose another with --port, or stop the program that uses it.'),
  'boot.data-locked': row(
    500,
    'Another AgentsPalace uses this data folder',
    'after-change',
    'Use that one, stop it with `palace down`, or choose another --data DIR.',
  ),
  'boot.data-unwritable': row(500, 'The data folder cannot be written', 'after-change', 'Choose a folder you own with --data DIR.'),
  'boot.disk-full': row(500, 'Too little disk space', 'after-change', 'Free at least 500 MB or choose another --data DIR.'),
  'boot.unsafe-listen': row(
    500,
    'Refusing to listen beyond this machine with the generated key',
    'after-change',
    'Create your own key first and pass --listen with PALACE_ALLOW_REMOTE=yes, or stay on loopback.',
  ),
  'boot.vault-key': row(
    500,
    'The key that opens the secrets is missing, or another one',
    'after-change',
    'Put the key file back from its backup, as "detail" says.',
  ),
  'boot.schema-newer': row(500, 'The database was written by a newer release', 'after-change', 'Start the newer release.'),
  'boot.database': row(500, 'The database cannot be started or reached', 'after-change', 'Run `palace doctor`: it checks the usual causes.'),
  'boot.code-sandbox': row(
    500,
    'The sandbox for scripts cannot be used',
    'after-change',
    'Install or allow what is missing, or choose another with PALACE_CODE_SANDBOX; `palace doctor` tries it.',
  ),
  'boot.containers': row(
    500,
    'Containers are allowed and cannot be run',
    'after-change',
    'Install podman or docker, name another program with PALACE_CONTAINER_PROGRAM, or unset PALACE_ALLOW_CONTAINERS.',
  ),
  'boot.route-undeclared': row(500, 'A route lacks its permission or loader', 'never', 'Declare both where the route is defined.'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** A place in the caller's input that is wrong. `path` is a JSON pointer or a field path. */
export interface ErrorPlace {
  readonly path: string;
  readonly message: string;
  /** Where several documents came together: the one. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly suggestion?: string;
}

export interface PalaceErrorOptions {
  readonly detail?: string;
  readonly errors?: readonly ErrorPlace[];
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** A failure with a row in the table. Anything else that is thrown is a bug and reads `internal`. */
export class PalaceError extends Error {
  readonly code: ErrorCode;
  readonly row: ErrorRow;
  readonly detail: string | undefined;
  readonly errors: readonly ErrorPlace[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, options: PalaceErrorOptions = {}) {
    super(options.detail ?? ERRORS[code].title, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PalaceError';
    this.code = code;
    this.row = ERRORS[code];
    this.detail = options.detail;
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
