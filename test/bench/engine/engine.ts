// The real engine with the benchmark's flows, over a database by URL: what the workloads and the peer folder measure.
// I1 Nothing is switched off: fsync, journal, fence, metrics are as in production; only the log is quiet.
import { loadConfig } from '@palace/platform/config.ts';
import { openPlatform, type Platform } from '@palace/platform/platform.ts';
import { openFlow, type FlowService } from '@palace/flow/service.ts';
import type { Executor } from '@palace/flow/executors/executor.ts';
import type { Json } from '@palace/jq/jq.ts';
import { openBenchDoor, type BenchDoor } from './door.ts';
import { FAN100, LOOP, SEQ3, SLEEP } from './flows.ts';
import { openHttpClient } from './http-client.ts';

export type Workload = 'seq3' | 'fan100' | 'loop' | 'sleep';

export interface BenchEngine {
  readonly flow: FlowService;
  /** Where the engine listens; undefined without HTTP. */
  readonly door: Pick<BenchDoor, 'port' | 'secret'> | undefined;
  /** The process of its own database server. */
  readonly postgres: number | undefined;
  /** Resolves when the run is done. */
  run(id: string, workload: Workload, input?: Record<string, Json>): Promise<void>;
  /** Resolves with the run's id when it is accepted. */
  submit(id: string, workload?: Workload): Promise<string>;
  /** Completed runs of the three-step flow. */
  countDone(): Promise<number>;
  /** Steps whose result was committed by then, engine time. */
  countSteps(beforeMs: number): Promise<number>;
  stop(): Promise<void>;
}

export interface BenchOptions {
  /** Without one the engine brings its own embedded database up in `dataDir`. */
  readonly databaseUrl?: string | undefined;
  readonly dataDir?: string | undefined;
  /** What a step does. */
  step(run: string, step: number): Promise<unknown>;
  /** Runs are started and awaited over HTTP on this port; 0 takes a free one. */
  readonly http?: { readonly port: number } | undefined;
}

export const TENANT = 'bench';

export async function openBenchEngine(options: BenchOptions): Promise<BenchEngine> {
  const platform = await openPlatform(configOf(options), { service: 'bench' });
  const step: Executor = async ({ args }) => {
    const { run, step: n } = args as { run: string; step: number };
    return { ok: true, result: (await options.step(run, n)) as Json };
  };
  const flow = await openFlow(platform, { executors: new Map([['step:1.0.0@default', step]]) });
  await flow.start();
  for (const source of [SEQ3, FAN100, LOOP, SLEEP]) await flow.publish(TENANT, source);
  const door = options.http === undefined ? undefined : await openBenchDoor(platform, flow, TENANT);
  return handle(platform, flow, door);
}

function configOf({ databaseUrl, dataDir, http }: BenchOptions) {
  return loadConfig({
    ...(databaseUrl !== undefined && { database: { url: databaseUrl } }),
    ...(dataDir !== undefined && { installation: { dataDir } }),
    telemetry: { logLevel: 'error' },
    http: { port: http?.port ?? 0 },
  });
}

function handle(platform: Platform, flow: FlowService, door: BenchDoor | undefined): BenchEngine {
  const client = door === undefined ? undefined : openHttpClient(door.port, door.secret);
  const start = (id: string, workload: Workload, input: Record<string, Json> = {}) => flow.startRun(TENANT, `bench/${workload}`, { run: id, ...input });
  return {
    flow,
    door,
    postgres: platform.embedded?.pid,
    async run(id, workload, input) {
      if (client !== undefined) return client.run(workload, { run: id, ...input });
      const end = await start(id, workload, input).ended;
      if (end.status !== 'completed') throw new Error(`${id} ended ${end.status}: ${end.fault?.detail}`);
    },
    submit: (id, workload = 'seq3') => start(id, workload).accepted,
    async countDone() {
      const found = await platform.database.owner.query<{ n: number }>(
        `select count(*)::int as n from flow.run where status = 'completed' and flow = 'bench/seq3'`,
      );
      return found.rows[0]?.n ?? 0;
    },
    async countSteps(beforeMs) {
      const found = await platform.database.owner.query<{ n: number }>(
        `select coalesce(sum((length(body) - length(replace(body, '"effect.completed"', ''))) / length('"effect.completed"')), 0)::int as n from flow.journal where at_ms <= $1`,
        [beforeMs],
      );
      return found.rows[0]?.n ?? 0;
    },
    async stop() {
      client?.close();
      await door?.close();
      await flow.stop();
      await platform.close();
    },
  };
}
