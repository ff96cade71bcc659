// One process of AgentsFlow in the simulator: the real engine over the model's store, executors and blobs.
// I1 After close(shard) the engine knows no run of the shard. I2 A promise that the engine gave a caller is kept while the process lives.
import { createHash } from 'node:crypto';
import type { Json } from '@palace/jq/jq.ts';
import type { DurableHost } from '@palace/platform/durable/contract.ts';
import { FairShare } from '@palace/platform/durable/core/fair-share.ts';
import { noEnvironments } from '@palace/platform/environments.ts';
import { noSecrets } from '@palace/platform/secrets.ts';
import type { Log, Span } from '@palace/platform/telemetry/port.ts';
import { createEngine, type Engine } from '@palace/flow/engine/engine.ts';
import type { EngineSettings } from '@palace/flow/engine/parts.ts';
import { createPrograms } from '@palace/flow/engine/programs.ts';
import { HastyEffects, mistakenNode, mistakenStore } from './flow-mistakes.ts';
import type { FlowOutside } from './flow-outside.ts';
import { simulatedStore } from './flow-store.ts';
import type { FlowTables } from './flow-tables.ts';
import type { LaunchedService, LaunchParts } from './service.ts';

export const TENANT = 'acme';
/** Who listens for events of others lives where these are published. */
const AMONG_OTHERS = new Set(['hears', 'both', 'tells', 'collects', 'gathers', 'ears', 'told-of', 'watches']);

/** Two tenants share the processes: every third run that stands alone is of the second. */
export function tenantOf(flow: string, { token }: { readonly token: string }): string {
  return !AMONG_OTHERS.has(flow) && Number(token.slice(1)) % 3 === 0 ? 'beta' : TENANT;
}

export const ENGINE_SETTINGS: EngineSettings = {
  decide: {
    eventsPerDecision: 40,
    historyEvents: 120,
    payloadBytes: 1_000_000,
    fanOut: 100,
    iterations: 1_000,
    nesting: 20,
    bufferedSignals: 100,
    expressionFuel: 100_000,
    retriesPerRun: 1_000,
  },
  runtimeVersion: '0.0.0',
  runtimeMetadata: {},
  acceptMs: 10_000,
  maxPendingStarts: 500,
  maxActiveRuns: 500,
  // Few, so that times and events meet a line that is full.
  maxQueuedRuns: 4,
  maxWaitingStarts: 1_000,
  maxIdleRuns: 6,
  maxEffects: 12,
  maxWaitingEffects: 10_000,
  turnsPerTick: 4,
  eventsPerSnapshot: 12,
  commandsPerTurn: 20,
  lookBackMs: 600_000,
  reconcileMs: 60_000,
  maxHeldRows: 40,
  maxCaughtUp: 1_000,
  maxGathered: 100,
};

const counter = { add: (): void => undefined };
const span: Span = { traceId: '', traceparent: '', set: () => undefined, end: () => undefined };

export class FlowProcess implements LaunchedService {
  readonly host: DurableHost;
  readonly engine: Engine;
  /** Starts that a caller still waits for. */
  waiting = 0;
  private readonly parts: LaunchParts;

  constructor(parts: LaunchParts, tables: FlowTables, outside: FlowOutside, ways: Parameters<typeof simulatedStore>[3]) {
    this.parts = parts;
    const { world, process, switches } = parts;
    const hasty = new HastyEffects(outside.executor(process));
    const away = (): boolean => !outside.calm && world.random.chance(0.1);
    const store = mistakenStore(
      simulatedStore(tables, (query) => parts.read(query), { get: (hash) => (away() ? undefined : tables.blobs.get(hash)) }, ways),
      switches.flow,
    );
    const { scheduler } = process;
    this.engine = createEngine({
      node: () => (switches.flow === 'none' ? parts.node() : mistakenNode(parts.node(), switches.flow, hasty)),
      store,
      blobs: { put: (_tenant, content, type) => put(tables, content, type, away()) },
      scheduler,
      entropy: (bytes) => Uint8Array.from({ length: bytes }, () => world.random.between(0, 255)),
      programs: createPrograms(store, scheduler),
      executors: new Map([
        ['http', hasty.perform],
        ['openapi', hasty.perform],
        ['openapi.effect', outside.question(process)],
      ]),
      secrets: noSecrets,
      environments: noEnvironments,
      settings: ENGINE_SETTINGS,
      log: this.logTo(),
      span: () => span,
      metrics: {
        started: counter,
        ended: counter,
        inMemory: { set: () => undefined },
        quarantined: counter,
        effects: counter,
        refused: counter,
        halts: { set: () => undefined },
        breaches: counter,
      },
    });
    this.host = this.watched(tables);
  }

  async start(flow: string, input: Json & { readonly token: string }, key: string | undefined): Promise<string> {
    this.waiting++;
    try {
      const idempotency = key === undefined ? {} : { idempotency: { scope: 'POST /v1/runs', key, fingerprint: `${flow} ${JSON.stringify(input)}` } };
      return (await this.engine.accept.start({ tenant: tenantOf(flow, input), flow: `sim/${flow}`, input, ...idempotency })).id;
    } finally {
      this.waiting--;
    }
  }

  /** What it still holds although everything is done; undefined when nothing. */
  holds(): string | undefined {
    const { slots, idle, effects, pendingStarts } = this.engine.load();
    if (slots + idle + effects + pendingStarts + this.waiting > 0) {
      return `${this.parts.process.id} holds ${slots} runs, ${idle} idle ones, ${effects} effects, ${pendingStarts} pending starts, ${this.waiting} callers`;
    }
    const node = this.parts.node();
    const roomOf = (shard: number): number => this.host.appetite(shard).rows;
    const room = new FairShare(ENGINE_SETTINGS.maxHeldRows).room;
    const short = node.owned().find(({ shard }) => roomOf(shard) < room);
    return short === undefined ? undefined : `${this.parts.process.id} believes it holds ${room - roomOf(short.shard)} rows of shard ${short.shard}`;
  }

  private watched(tables: FlowTables): DurableHost {
    const { host } = this.engine;
    const { world, process } = this.parts;
    return {
      ...host,
      close: (shard, reason) => {
        host.close(shard, reason);
        const left = tables.inShard(shard).find(({ row }) => this.engine.peek(row.id) !== undefined);
        if (left !== undefined) world.violate(`${process.id} closed shard ${shard} and still knows ${left.row.id}`);
      },
    };
  }

  private logTo(): Log {
    const { world, process } = this.parts;
    const say =
      (level: string) =>
      (message: string, fields: object = {}) => {
        const { error, runId } = fields as { error?: unknown; runId?: string };
        world.note(
          `${process.id} ${level}: ${message}${runId === undefined ? '' : ` (${runId})`}${error === undefined ? '' : `: ${error instanceof Error ? error.message : String(error)}`}`,
        );
      };
    const log: Log = { debug: () => undefined, info: () => undefined, warn: say('warns'), error: say('errs'), child: () => log };
    return log;
  }
}

async function put(tables: FlowTables, content: Uint8Array, type: string, away: boolean): Promise<{ hash: string; size: number; type: string }> {
  if (away) throw new Error('the blob store is away');
  const hash = createHash('sha256').update(content).digest('hex');
  tables.blobs.set(hash, Buffer.from(content).toString('utf8'));
  return { hash, size: content.byteLength, type };
}
