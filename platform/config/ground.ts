// Settings of the installation and of the platform's ports.
import { z } from 'zod';
import { choice, list, origin, schemeUrl, secretText, secretUrl, text, whole, yesOrNo } from './setting.ts';

export const INSTALLATION = z.strictObject({
  dataDir: text('PALACE_DATA', '~/.agentspalace', 'Folder of this installation: embedded database, blobs, credentials.'),
  nodeName: text('PALACE_NODE_NAME', '', 'Name of this process in logs and in the table of nodes; empty takes host name and process number.'),
  internalKey: secretText('PALACE_INTERNAL_KEY', 'Key between the processes of a cluster, at least 32 characters; empty makes one in the data folder.'),
  vaultKeyFile: text(
    'PALACE_VAULT_KEY_FILE',
    '',
    'File with the key that opens the secrets, the same for every process of a cluster; empty takes vault.key in the data folder.',
  ),
  auditKeepDays: whole('PALACE_AUDIT_KEEP_DAYS', 400, 1, 36_500, 'How long entries of the audit log are kept.'),
  drainMs: whole('PALACE_DRAIN_MS', 20_000, 0, 600_000, 'How long a stopping process waits for running steps.'),
});

export const DATABASE = z.strictObject({
  url: secretUrl('PALACE_DATABASE_URL', ['postgres', 'postgresql'], 'PostgreSQL 15 or newer; empty starts the embedded one in the data folder.'),
  enginePoolSize: whole('PALACE_DATABASE_ENGINE_POOL_SIZE', 8, 1, 200, 'Connections of the engine for reading and loading, besides the commit lanes.'),
  apiPoolSize: whole('PALACE_DATABASE_API_POOL_SIZE', 8, 1, 200, 'Connections for requests of people and clients.'),
  connectTimeoutMs: whole(
    'PALACE_DATABASE_CONNECT_TIMEOUT_MS',
    5_000,
    100,
    60_000,
    'How long to wait for a connection, or for a commit, before answering that the database is away.',
  ),
  apiStatementTimeoutMs: whole('PALACE_DATABASE_API_STATEMENT_TIMEOUT_MS', 10_000, 100, 600_000, 'Longest query of a request.'),
});

export const BUS = z.strictObject({
  url: schemeUrl('PALACE_BUS_URL', ['memory', 'postgres'], 'memory:', 'Carries news between processes: `memory:` within one, `postgres:` over the database.'),
});

export const CACHE = z.strictObject({
  url: schemeUrl('PALACE_CACHE_URL', ['memory'], 'memory:', 'Traffic limits and short-lived copies.'),
  maxEntries: whole('PALACE_CACHE_MAX_ENTRIES', 100_000, 100, 10_000_000, 'Entries of the memory cache; the oldest give way.'),
});

export const BLOBS = z.strictObject({
  url: schemeUrl('PALACE_BLOBS_URL', ['files'], 'files:', 'Payloads above 64 KiB: `files:DIR`; `files:` alone is the folder blobs in the data folder.'),
});

export const TELEMETRY = z.strictObject({
  logLevel: choice('PALACE_LOG_LEVEL', ['debug', 'info', 'warn', 'error'], 'info', 'The least severe log lines that are written.'),
  otlpEndpoint: text('PALACE_OTLP_ENDPOINT', '', 'Base address of an OTLP/HTTP collector for spans; empty sends none.'),
});

export const HTTP = z.strictObject({
  host: text('PALACE_LISTEN', '127.0.0.1', 'Address to listen on.'),
  port: whole('PALACE_PORT', 8080, 0, 65_535, 'Port to listen on; 0 takes a free one.'),
  allowRemote: yesOrNo('PALACE_ALLOW_REMOTE', false, 'Confirms that listening beyond this machine is meant.'),
  publicUrl: origin(
    'PALACE_PUBLIC_URL',
    'Address that people use, such as https://palace.example: links are made of it, and its host is answered for. Empty takes the address it listens on.',
  ),
  publicHosts: list('PALACE_PUBLIC_HOSTS', 'Host names that the server answers for besides its own, separated by commas.'),
  allowedOrigins: list('PALACE_ALLOWED_ORIGINS', 'Origins of other sites that may call from a browser, separated by commas.'),
  trustedProxies: list('PALACE_TRUSTED_PROXIES', 'CIDR ranges of proxies whose X-Forwarded-For counts, separated by commas.'),
  maxBodyBytes: whole(
    'PALACE_HTTP_MAX_BODY_BYTES',
    1_048_576,
    1_024,
    67_108_864,
    'Largest request body of a route that names no bound of its own (a flow and a start 2 MB, a batch of starts 4 MB).',
  ),
  maxHeaderBytes: whole('PALACE_HTTP_MAX_HEADER_BYTES', 16_384, 2_048, 262_144, 'Largest sum of request headers.'),
  maxUrlBytes: whole('PALACE_HTTP_MAX_URL_BYTES', 4_096, 256, 65_536, 'Longest request address.'),
  maxConnections: whole('PALACE_HTTP_MAX_CONNECTIONS', 8_192, 16, 1_000_000, 'Open sockets.'),
  maxOpenRequests: whole('PALACE_HTTP_MAX_OPEN_REQUESTS', 512, 1, 100_000, 'Requests being worked on; more are refused before their body is read.'),
  maxParkedRequests: whole('PALACE_HTTP_MAX_PARKED_REQUESTS', 4_000, 0, 1_000_000, 'Requests that wait for a run to end.'),
  maxStreams: whole('PALACE_HTTP_MAX_STREAMS', 2_000, 1, 1_000_000, 'Open event streams.'),
  headersTimeoutMs: whole('PALACE_HTTP_HEADERS_TIMEOUT_MS', 10_000, 100, 600_000, 'How long the headers of a request may take.'),
  requestTimeoutMs: whole('PALACE_HTTP_REQUEST_TIMEOUT_MS', 30_000, 100, 600_000, 'How long a whole request may take to arrive.'),
  keepAliveTimeoutMs: whole('PALACE_HTTP_KEEP_ALIVE_TIMEOUT_MS', 65_000, 0, 3_600_000, 'How long an idle connection stays open.'),
  idleSocketTimeoutMs: whole('PALACE_HTTP_IDLE_SOCKET_TIMEOUT_MS', 120_000, 1_000, 3_600_000, 'How long a socket may rest within a request.'),
  ratePerKey: whole('PALACE_HTTP_RATE_PER_KEY', 600_000, 1, 1_000_000_000, 'Requests of one API key in a minute.'),
  ratePerAddress: whole('PALACE_HTTP_RATE_PER_ADDRESS', 1_200_000, 1, 1_000_000_000, 'Requests from one address in a minute.'),
  rateRefused: whole('PALACE_HTTP_RATE_REFUSED', 1_200, 1, 1_000_000_000, 'Refused credentials from one address in a minute.'),
  ratePerAccount: whole('PALACE_HTTP_RATE_PER_ACCOUNT', 30, 1, 1_000_000_000, 'Tries to sign in to one account in a quarter of an hour.'),
  rateSignIn: whole('PALACE_HTTP_RATE_SIGN_IN', 100, 1, 1_000_000_000, 'Tries to sign in from one address in a quarter of an hour.'),
  sessionDays: whole('PALACE_SESSION_DAYS', 30, 1, 365, 'How long people stay signed in at most.'),
  sessionIdleDays: whole('PALACE_SESSION_IDLE_DAYS', 7, 1, 365, 'How long people stay signed in without doing anything.'),
  credentialCacheMs: whole('PALACE_HTTP_CREDENTIAL_CACHE_MS', 3_000, 0, 3_000, 'How long a looked-up API key or session is believed.'),
  heartbeatMs: whole('PALACE_HTTP_HEARTBEAT_MS', 15_000, 1_000, 300_000, 'Pause between signs of life on an event stream.'),
  streamCheckMs: whole('PALACE_HTTP_STREAM_CHECK_MS', 10_000, 1_000, 30_000, 'How often the key of an open stream is looked up again.'),
});
