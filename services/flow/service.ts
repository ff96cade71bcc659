// AgentsFlow, read first: everything the service does.
//   publish / unpublish / flows / flow      definitions: inert documents, compiled once with the functions they name, versions for ever the same
//   start / startMany / wait                a run begins in a shard that this process owns, or in the inbox of its home shard
//   run / runs / history / follow           what people see: summaries, one run folded from its journal, its events as they come
//   signal / control / resolve / bulk       rows of the inbox, decided once by the run's owner
//   fork                                    a new run from any event of another, with edits
//   publishEvent                            a CloudEvent from outside
// The engine (engine/) hosts the durable component; core/ decides; store/ reads; executors/ act on the world.
import type { Json } from '@palace/jq/jq.ts';
import { createDurableNode } from '@palace/platform/durable/node.ts';
import type { DurableNode, Scheduler } from '@palace/platform/durable/contract.ts';
import { postgresDurableStore } from '@palace/platform/durable/postgres.ts';
import { realScheduler } from '@palace/platform/durable/scheduler.ts';
import type { Platform } from '@palace/platform/platform.ts';
import type { Telemetry } from '@palace/platform/telemetry/port.ts';
import { fewRandomBytes } from '@palace/platform/random-bytes.ts';
import type { ServiceDoor } from '@palace/gateway/contract.ts';
import { startCanary, type Canary } from './canary/canary.ts';
import { openCodeExecutors } from './code-executors.ts';
import { heldSentence } from './core/halts.ts';
import { createCompiler, type Compiler } from './compiler.ts';
import { READS_FORMAT } from './core/model.ts';
import { periodMs } from './core/periods.ts';
import { createEngine, type Engine } from './engine/engine.ts';
import type { EngineMetrics } from './engine/parts.ts';
import { createPrograms } from './engine/programs.ts';
import { engineSettings } from './engine/settings.ts';
import type { RunEnd } from './engine/slot.ts';
import { createApiDocuments, MAX_DOCUMENT_BYTES } from './executors/api-documents.ts';
import type { Executor } from './executors/executor.ts';
import { createHttpClient, httpExecutor } from './executors/http.ts';
import { openapiExecutors } from './executors/openapi.ts';
import { countInDoubtRegularly } from './in-doubt.ts';
import { flowIndexes, flowMigrations } from './migrations.ts';
import { countOpenRunsRegularly } from './open-runs.ts';
import type { FlowParts } from './parts.ts';
import { publishSource } from './publishing.ts';
import { createRetention, type Retention } from './retention/retention.ts';
import type { TableBound } from './retention/storage.ts';
import { prepareJournal } from './retention/journal-periods.ts';
import { flowRoutes } from './routes.ts';
import { postgresFlowStore } from './store/postgres.ts';
import { invariantReads } from './store/invariants.ts';
import { flowReads } from './store/read.ts';
import type { Definition } from './store/port.ts';

export interface FlowService {
  readonly door: ServiceDoor;
  /** Takes its shards and begins to work. */
  start(): Promise<void>;
  /** Drains and hands its shards over (R10). */
  stop(): Promise<void>;
  publish(tenant: string, source: string, sourceName?: string): Promise<Definition & { created: boolean }>;
  /** In process: for tests and benchmarks. `accepted` follows the commit, `ended` the final commit in this process. */
  startRun(tenant: string, flow: string, input: Json): { readonly accepted: Promise<string>; readonly ended: Promise<RunEnd> };
  readonly engine: Engine;
  readonly node: DurableNode;
  readonly retention: Retention;
}

export interface FlowOptions {
  /** Functions beside `http`, by `name:version@catalog`. */
  readonly executors?: ReadonlyMap<string, Executor>;
  /** `$runtime.metadata` in expressions, e.g. where the sample service listens. */
  readonly runtimeMetadata?: Readonly<Record<string, Json>>;
  /** Starts the canary of the installation as its settings say; without it there is none. */
  readonly canary?: boolean;
  /** Who owns each table of the database, and what bounds it. */
  readonly tables?: ReadonlyMap<string, TableBound>;
}

function ownExecutors({ egress, config }: Platform, compiler: Compiler): [string, Executor][] {
  const { maxResponseBytes, maxRedirects } = config.effect;
  const http = httpExecutor(createHttpClient(egress, { maxResponseBytes, maxRedirects }));
  const large = httpExecutor(createHttpClient(egress, { maxResponseBytes: MAX_DOCUMENT_BYTES, maxRedirects }));
  const documents = createApiDocuments({ http: large, readYaml: compiler.read });
  return [['http', http], ...openapiExecutors(documents, http).map(([name, executor]): [string, Executor] => [name, executor])];
}

export async function openFlow(platform: Platform, options: FlowOptions = {}): Promise<FlowService> {
  const { config, database, telemetry } = platform;
  await database.migrate(flowMigrations());
  void database.buildIndexes(flowIndexes());
  await prepareJournal(database, periodMs(config.retention), telemetry.log);
  const store = postgresFlowStore(database, platform.blobs);
  const scheduler = realScheduler();
  const programs = createPrograms(store, scheduler);
  const compiler = createCompiler();
  const code = await openCodeExecutors(config);
  const engine: Engine = createEngine({
    node: () => node,
    store,
    invariants: invariantReads(database),
    blobs: platform.blobs,
    scheduler,
    entropy: fewRandomBytes,
    programs,
    secrets: platform.secrets,
    environments: platform.environments,
    settings: engineSettings(config, options.runtimeMetadata ?? {}),
    log: telemetry.log.child({ service: 'flow' }),
    span: (name, about) => telemetry.span(name, about),
    executors: new Map([...ownExecutors(platform, compiler), ...code.byName, ...(options.executors ?? [])]),
    metrics: engineMetrics(telemetry),
  });
  const node = joinNode(platform, engine, scheduler);
  const retention = createRetention({ platform, node, engine, scheduler, tables: options.tables ?? new Map() });
  const parts: FlowParts = { platform, engine, node, programs, reads: flowReads(database, platform.blobs), compiler, retention };
  const stopCounting = countRegularly(parts);
  let canary: Canary | undefined;
  const stopListening = platform.bus.subscribe('flow.published', ({ data }) =>
    programs.forget(String(data['tenant']), String(data['namespace']), String(data['name'])),
  );
  return {
    engine,
    node,
    door: doorOf(parts, () => canary),
    retention,
    async start() {
      await node.start();
      engine.reconciler?.start();
      retention.begin();
      if (options.canary === true && config.canary.everyMs > 0) canary = startCanary(parts, config.canary);
    },
    async stop() {
      stopListening();
      stopCounting();
      await canary?.stop();
      await retention.end();
      engine.reconciler?.stop();
      await node.stop();
      code.close();
      await parts.compiler.close();
    },
    publish: (tenant, source, sourceName) => publishSource(parts, tenant, { source, sourceName }),
    startRun(tenant, flow, input) {
      const ended = Promise.withResolvers<RunEnd>();
      const accepted = engine.accept.start({ tenant, flow, input, onEnd: ended.resolve }).then(({ id }) => id);
      return { accepted, ended: ended.promise };
    },
  };
}

/** What stands open, for the metrics. */
function countRegularly({ platform, node }: FlowParts): () => void {
  const { database, telemetry } = platform;
  const shared = {
    database,
    owned: () => node.owned().map(({ shard }) => shard),
    nowMs: () => node.timeMs(),
    oldest: telemetry.gauge('palace_run_oldest_seconds', 'Age of the oldest open run, by reason', ['reason']),
  };
  const stops = [
    countInDoubtRegularly({ ...shared, acts: telemetry.gauge('palace_effects_in_doubt', 'Acts whose outcome nobody knows') }),
    countOpenRunsRegularly({ ...shared, runs: telemetry.gauge('palace_runs', 'Runs that have not ended, by state', ['state']) }),
  ];
  return () => stops.forEach((stop) => stop());
}

function joinNode({ config, database, bus, telemetry, nodeName }: Platform, engine: Engine, scheduler: Scheduler): DurableNode {
  return createDurableNode({
    service: 'flow',
    nodeId: `${nodeName}-${Date.now().toString(36)}`,
    host: engine.host,
    scheduler,
    bus,
    telemetry,
    store: postgresDurableStore({ database, schema: 'flow', service: 'flow' }),
    settings: { ...config.durable, drainMs: config.installation.drainMs },
    readsFormat: READS_FORMAT,
  });
}

function doorOf(parts: FlowParts, canary: () => Canary | undefined): ServiceDoor {
  const { node } = parts;
  return {
    name: 'flow',
    routes: flowRoutes(parts),
    ready() {
      const running = canary();
      return {
        'flow.shards': node.owned().length > 0,
        room: node.shortage() === undefined,
        ...(running !== undefined && { canary: running.whyNotReady() === undefined }),
      };
    },
    held: () => heldSentence(node.halts().all),
    silence: () => node.silence(),
    reasons() {
      const [room, late] = [node.shortage(), canary()?.whyNotReady()];
      return { ...(room !== undefined && { room }), ...(late !== undefined && { canary: late }) };
    },
  };
}

function engineMetrics(telemetry: Telemetry): EngineMetrics {
  return {
    started: telemetry.counter('palace_runs_started_total', 'Runs accepted'),
    ended: telemetry.counter('palace_runs_ended_total', 'Runs ended, by final status', ['status']),
    inMemory: telemetry.gauge('palace_runs_in_memory', 'Runs in memory'),
    quarantined: telemetry.counter('palace_runs_quarantined_total', 'Runs set aside'),
    effects: telemetry.counter('palace_effects_total', 'Effects performed', ['class', 'outcome']),
    breaches: telemetry.counter('palace_invariant_breaches_total', 'Broken invariants that were found', ['invariant', 'outcome']),
    halts: telemetry.gauge('palace_halts', 'Halts in force, by level', ['level']),
    refused: telemetry.counter('palace_refused_total', 'Requests refused, by reason', ['reason']),
  };
}
