// The real engine with the benchmark's flows, over a database by URL: what the workloads and the peer folder measure.
// I1 Nothing is switched off: fsync, journal, fence, metrics are as in production; only the log is quiet.
import { loadConfig } from '@palace/platform/config.ts';
import { openPlatform } from '@palace/platform/platform.ts';
import { openFlow, type FlowService } from '@palace/flow/service.ts';
import type { Executor } from '@palace/flow/executors/executor.ts';
import type { Json } from '@palace/jq/jq.ts';
import { openBenchDoor } from './door.ts';
import { FAN100, LOOP, SEQ3, SLEEP } from './flows.ts';

export type Workload = 'seq3' | 'fan100' | 'loop' | 'sleep';

export interface BenchEngine {
  readonly flow: FlowService;
  /** Resolves when the run is done. */
  run(id: string, workload: Workload, input?: Record<string, Json>): Promise<void>;
  /** Resolves when the run is accepted. */
  submit(id: string): Promise<string>;
  countDone(n: number): Promise<number>;
  stop(): Promise<void>;
}

export interface BenchOptions {
  readonly databaseUrl: string;
  /** What a step does. */
  step(run: string, step: number): Promise<unknown>;
  /** Runs are started and awaited over HTTP on this port. */
  readonly http?: { readonly port: number } | undefined;
}

const TENANT = 'bench';

export async function openBenchEngine(options: BenchOptions): Promise<BenchEngine> {
  const config = loadConfig({ database: { url: options.databaseUrl }, telemetry: { logLevel: 'error' }, http: { port: options.http?.port ?? 0 } });
  const platform = await openPlatform(config, { service: 'bench' });
  const step: Executor = async ({ args }) => {
    const { run, step: n } = args as { run: string; step: number };
    return { ok: true, result: (await options.step(run, n)) as Json };
  };
  const flow = await openFlow(platform, { executors: new Map([['step:1.0.0@default', step]]) });
  await flow.start();
  for (const source of [SEQ3, FAN100, LOOP, SLEEP]) await flow.publish(TENANT, source);
  const door = options.http === undefined ? undefined : await openBenchDoor(platform, flow, TENANT);
  const start = (id: string, workload: Workload, input: Record<string, Json> = {}) => flow.startRun(TENANT, `bench/${workload}`, { run: id, ...input });
  return {
    flow,
    async run(id, workload, input) {
      if (door !== undefined) return door.run(workload, { run: id, ...input });
      const end = await start(id, workload, input).ended;
      if (end.status !== 'completed') throw new Error(`${id} ended ${end.status}: ${end.fault?.detail}`);
    },
    submit: (id) => start(id, 'seq3').accepted,
    async countDone() {
      const found = await platform.database.owner.query<{ n: number }>(`select count(*)::int as n from flow.run where status = 'completed' and flow = 'bench/seq3'`);
      return found.rows[0]?.n ?? 0;
    },
    async stop() {
      await door?.close();
      await flow.stop();
      await platform.close();
    },
  };
}
