// A load of starts from processes of its own: what was offered, what was really sent, what became of it.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Told } from './load-process.ts';
import { newTally, type Plan, type Tally } from './offer.ts';

export interface Load {
  readonly url: string;
  readonly apiKey: string;
  readonly flow: string;
  readonly processes: number;
  readonly connections: number;
  readonly seconds: number;
  readonly rate?: number;
  /** All connections of all processes are open: the first requests are due. Called once, and not where a process fails before it. */
  readonly opened?: () => void;
}

export interface LoadResult extends Tally {
  /** The keys of acknowledged starts, by run. */
  readonly keys: ReadonlyMap<string, string>;
  /** Processor time of the load itself, seconds. */
  readonly cpuSeconds: number;
}

export async function runLoad(load: Load): Promise<LoadResult> {
  const series = `load-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
  let closed = load.processes;
  const opened = (): void => {
    if (--closed === 0) load.opened?.();
  };
  const parts = await Promise.all(Array.from({ length: load.processes }, (_, part) => runPart({ ...load, opened }, `${series}-${part}-`)));
  return merged(parts);
}

interface Part {
  readonly keyPrefix: string;
  readonly tally: Tally;
  readonly cpuSeconds: number;
}

async function runPart(load: Load, keyPrefix: string): Promise<Part> {
  const { processes, connections, seconds, rate } = load;
  const { port } = new URL(load.url);
  const plan: Plan = {
    port: Number(port),
    request: requestAround(load),
    keyPrefix,
    connections: Math.ceil(connections / processes),
    seconds,
    rate: rate === undefined ? undefined : rate / processes,
  };
  const child = fork(fileURLToPath(new URL('./load-process.ts', import.meta.url)), [JSON.stringify(plan)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    serialization: 'advanced',
  });
  return new Promise((resolve, reject) => {
    child.on('message', (told: Told) => {
      if (told.kind === 'opened') load.opened?.();
      else resolve({ keyPrefix, tally: told.tally, cpuSeconds: told.cpuSeconds });
    });
    child.once('exit', (code) => reject(new Error(`a process of load ended with ${code}`)));
  });
}

/** The bytes of one start, before and after its key. */
function requestAround({ url, apiKey, flow }: Load): [string, string] {
  const body = JSON.stringify({ flow, input: { n: 1 } });
  const head = ['POST /v1/runs HTTP/1.1', `host: ${new URL(url).host}`, `authorization: Bearer ${apiKey}`, 'content-type: application/json'];
  return [`${head.join('\r\n')}\r\nidempotency-key: `, `\r\ncontent-length: ${body.length}\r\n\r\n${body}`];
}

function merged(parts: readonly Part[]): LoadResult {
  const sum = newTally();
  const keys = new Map<string, string>();
  for (const { tally, keyPrefix } of parts) {
    for (const name of ['offered', 'sent', 'neverSent', 'accepted', 'refused', 'refusedWithoutRetryAfter', 'cut', 'unanswered', 'unopened'] as const)
      sum[name] += tally[name];
    for (const [status, count] of Object.entries(tally.other)) sum.other[status] = (sum.other[status] ?? 0) + count;
    for (const name of ['acceptedMs', 'refusedMs', 'lateMs'] as const) sum[name] = sum[name].concat(tally[name]);
    for (const [run, n] of tally.runs) keys.set(run, `${keyPrefix}${n}`);
  }
  return { ...sum, keys, cpuSeconds: parts.reduce((total, part) => total + part.cpuSeconds, 0) };
}
