// A run by its id, also in the moments between the answer to its start (or fork) and the commit of its owner that writes it.
import { setTimeout as delay } from 'node:timers/promises';
import type { FlowParts } from './parts.ts';
import type { RunRow } from './store/port.ts';

const LOOKS = 10;
const PAUSE_MS = 50;

/** Most are written within milliseconds, which this waits for. A run whose shard has no owner just now is pending. */
export async function settledRun({ reads }: FlowParts, tenant: string, id: string): Promise<RunRow | undefined> {
  const row = await reads.run(tenant, id);
  if (row !== undefined) return row;
  const kept = await reads.kept(tenant, id);
  // Decided in this very moment: it is there now, or it was refused.
  if (kept === undefined) return reads.run(tenant, id);
  for (let look = 0; look < LOOKS; look++) {
    await delay(PAUSE_MS);
    const now = await reads.run(tenant, id);
    if (now !== undefined) return now;
  }
  return kept;
}
