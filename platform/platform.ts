// Opens the ports for a process: the scheme of a URL picks the adapter, here and nowhere else.
// I1 What was opened is closed in reverse order, also when a later part fails to open.
// I2 The embedded database ends last: everybody above it has said what they had to say.
// Called by bin/.
import { hostname } from 'node:os';
import { openAudit } from './audit/audit.ts';
import type { Audit } from './audit/port.ts';
import { fileBlobs } from './blobs/files.ts';
import { blobNamesKey } from './blobs/names-key.ts';
import type { Blobs } from './blobs/port.ts';
import { memoryBus } from './bus/memory.ts';
import type { Bus } from './bus/port.ts';
import { postgresBus } from './bus/postgres.ts';
import { memoryCache } from './cache/memory.ts';
import type { Cache } from './cache/port.ts';
import type { Config } from './config.ts';
import { startEmbedded, type EmbeddedPhase, type EmbeddedServer } from './database/embedded.ts';
import { openDatabase } from './database/pg.ts';
import type { Database } from './database/port.ts';
import { createEgress } from './egress/egress.ts';
import type { Egress, EgressRules } from './egress/port.ts';
import type { PalaceError } from './errors.ts';
import { derivedKey, installationKey } from './installation-key.ts';
import type { Secret } from './secret.ts';
import { noEnvironments, type EnvironmentReader, type EnvironmentReaderOf } from './environments.ts';
import { noSecrets, type SecretReader, type SecretReaderOf } from './secrets.ts';
import type { Log, Telemetry } from './telemetry/port.ts';
import { createTelemetry } from './telemetry/telemetry.ts';
import { openKeyFile } from './vault/key-file.ts';
import type { Vault } from './vault/port.ts';
import { openVault } from './vault/vault.ts';

export interface Platform {
  readonly config: Config;
  /** Name of this process: configured, or host name and process number. */
  readonly nodeName: string;
  /** Key between the processes of this installation; derive one for each purpose (`derivedKey`). */
  readonly internalKey: Secret<string>;
  readonly database: Database;
  readonly bus: Bus;
  readonly cache: Cache;
  readonly blobs: Blobs;
  readonly egress: Egress;
  readonly vault: Vault;
  /** Who did what; written by the doors of services. */
  readonly audit: Audit;
  /** What flows and others may use of what the tenant keeps; set and listed at the gateway. */
  readonly secrets: SecretReader;
  readonly environments: EnvironmentReader;
  readonly telemetry: Telemetry;
  /** The database server that this process runs; undefined where the database is given by URL. */
  readonly embedded: EmbeddedServer | undefined;
  close(): Promise<void>;
}

export interface PlatformOptions {
  /** Name in telemetry: `palace`, `flow`, `gateway`. */
  readonly service: string;
  /** Where egress rules come from; without them only public addresses may be called. */
  readonly egressRules?: (database: Database) => EgressRules;
  /** Where the secrets of tenants come from; without it there are none. */
  readonly secrets?: SecretReaderOf;
  /** Where their environments come from; without it every one is there, and empty. */
  readonly environments?: EnvironmentReaderOf;
  readonly onPhase?: (phase: EmbeddedPhase) => void;
  /** The embedded database cannot be kept running. */
  readonly onGone?: (error: PalaceError) => void;
  /** Gets each log line; default standard error. */
  readonly write?: (line: string) => void;
}

const WAIT_BUCKETS_SECONDS = [0.0005, 0.001, 0.005, 0.02, 0.1, 0.5, 2, 10];

export async function openPlatform(config: Config, options: PlatformOptions): Promise<Platform> {
  await using opened = new AsyncDisposableStack();
  const telemetry = openTelemetry(config, options);
  opened.defer(() => telemetry.close());
  const { log } = telemetry;
  const internalKey = installationKey(config);
  const embedded = await openEmbedded(config, options, log);
  if (embedded !== undefined) opened.defer(() => embedded.stop());
  const database = await connect(config, options, embedded, telemetry);
  opened.defer(() => database.close());
  const vault = await openVault(database, openKeyFile(config));
  const audit = openAudit(database, { key: derivedKey(internalKey, 'audit'), keepDays: config.installation.auditKeepDays });
  const secrets = options.secrets?.(database, vault) ?? noSecrets;
  const environments = options.environments?.(database) ?? noEnvironments;
  const cache = openCache(config);
  opened.defer(() => cache.close());
  const blobs = openBlobs(config, internalKey);
  opened.defer(() => blobs.close());
  const bus = openBus(config, database, log);
  opened.defer(() => bus.close());
  const egress = openEgress(options, database, telemetry);
  opened.defer(() => egress.close());
  const lifetime = opened.move();
  const nodeName = config.installation.nodeName || `${hostname()}-${process.pid}`;
  return {
    config,
    nodeName,
    internalKey,
    database,
    bus,
    cache,
    blobs,
    egress,
    vault,
    audit,
    secrets,
    environments,
    telemetry,
    embedded,
    close: () => lifetime.disposeAsync(),
  };
}

/** Alone for a process without a database. */
export function openTelemetry({ telemetry }: Config, { service, write }: Pick<PlatformOptions, 'service' | 'write'>): Telemetry {
  return createTelemetry({
    service,
    level: telemetry.logLevel,
    ...(telemetry.otlpEndpoint !== '' && { otlpEndpoint: telemetry.otlpEndpoint }),
    ...(write !== undefined && { write }),
  });
}

async function openEmbedded(config: Config, options: PlatformOptions, log: Log): Promise<EmbeddedServer | undefined> {
  if (config.database.url.reveal() !== '') return undefined;
  return startEmbedded({
    dataDir: config.installation.dataDir,
    log,
    ...(options.onPhase !== undefined && { onPhase: options.onPhase }),
    ...(options.onGone !== undefined && { onGone: options.onGone }),
  });
}

function connect({ database }: Config, options: PlatformOptions, embedded: EmbeddedServer | undefined, telemetry: Telemetry): Promise<Database> {
  const wait = telemetry.histogram('palace_pool_wait_seconds', 'Time a query waited for a database connection.', WAIT_BUCKETS_SECONDS);
  return openDatabase({
    url: embedded?.url ?? database.url.reveal(),
    log: telemetry.log,
    onWait: (seconds) => wait.observe(seconds),
    application: `palace ${options.service}`,
    enginePoolSize: database.enginePoolSize,
    apiPoolSize: database.apiPoolSize,
    connectTimeoutMs: database.connectTimeoutMs,
    apiStatementTimeoutMs: database.apiStatementTimeoutMs,
    pulse: true,
  });
}

function openBus({ bus }: Config, database: Database, log: Log): Bus {
  return schemeOf(bus.url) === 'postgres' ? postgresBus(database, log) : memoryBus(log);
}

function openCache({ cache }: Config): Cache {
  return memoryCache({ maxEntries: cache.maxEntries });
}

/** Also for a tool that works on an installation without opening all of it. */
export function openBlobs({ blobs }: Config, internalKey: Secret<string>): Blobs {
  const dir = blobs.url.slice('files:'.length);
  return fileBlobs({ dir, key: blobNamesKey(dir, internalKey) });
}

function openEgress(options: PlatformOptions, database: Database, telemetry: Telemetry): Egress {
  const refused = telemetry.counter('palace_egress_refused_total', 'Outgoing requests refused, by the class of the address.', ['class']);
  return createEgress({
    rules: options.egressRules?.(database) ?? { list: () => Promise.resolve([]) },
    onRefused: ({ tenant, host, port, addressClass }) => {
      refused.add(1, { class: addressClass });
      telemetry.log.warn('an outgoing request was refused', { tenant, address: `${host}:${port}`, class: addressClass });
    },
  });
}

function schemeOf(url: string): string {
  return url.slice(0, url.indexOf(':'));
}
