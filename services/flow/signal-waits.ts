// Which waiting runs listen for a signal, that is: wait for somebody's word. It stands in their journals alone; they are folded once for each
// entry that they end with.
// I1 A call folds at most MOST_FOLDED runs; who is left comes with a later call. I2 At most MOST_KNOWN runs are remembered.
// Called by routes/summary.ts.
import { waitingFor } from './core/view.ts';
import type { FlowParts } from './parts.ts';
import { readRun } from './read-run.ts';
import type { WaitForPerson, WaitingRun } from './store/summary.ts';

const MOST_FOLDED = 25;
const MOST_KNOWN = 5_000;

/** `complete`: all of them were looked at. */
export type SignalWaits = (tenant: string, runs: readonly WaitingRun[]) => Promise<{ readonly waits: readonly WaitForPerson[]; readonly complete: boolean }>;

interface Known {
  readonly seq: number;
  readonly wait: WaitForPerson | undefined;
}

export function signalWaits(parts: FlowParts): SignalWaits {
  const known = new Map<string, Known>();
  return async (tenant, runs) => {
    const unknown = runs.filter(({ id, seq }) => known.get(id)?.seq !== seq);
    for (const run of unknown.slice(0, MOST_FOLDED)) {
      known.delete(run.id);
      known.set(run.id, { seq: run.seq, wait: await waitOf(parts, tenant, run) });
    }
    for (const [id] of known) {
      if (known.size <= MOST_KNOWN) break;
      known.delete(id);
    }
    const waits = runs.flatMap(({ id, seq }) => {
      const one = known.get(id);
      return one?.wait === undefined || one.seq !== seq ? [] : [one.wait];
    });
    return { waits, complete: unknown.length <= MOST_FOLDED };
  };
}

async function waitOf(parts: FlowParts, tenant: string, { id, flow }: WaitingRun): Promise<WaitForPerson | undefined> {
  // One that cannot be folded is the reconciler's to find.
  const found = await readRun(parts, tenant, id).catch(() => undefined);
  if (found?.folded === undefined) return undefined;
  const signal = waitingFor(found.folded.run).find(({ kind }) => kind === 'signal');
  if (signal === undefined) return undefined;
  return { run: id, flow, kind: 'signal', sinceMs: Date.parse(signal.since), ...(signal.name !== undefined && { name: signal.name }) };
}
