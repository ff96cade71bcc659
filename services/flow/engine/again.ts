// What must be done for a row while its shard is held, and may fail for a while because the database is away.
import type { EngineParts } from './parts.ts';

const RETRY_MS = 500;

/** Tries until it succeeds, or the shard is not held any more without a break: then the row is handed over anew. */
export function again(parts: EngineParts, shard: number, trouble: string, runId: string, task: (held: () => boolean) => Promise<void>): void {
  const held = parts.tenure(shard);
  function attempt(): void {
    task(held).catch((error: unknown) => {
      parts.log.warn(`${trouble}; trying again`, { error, runId });
      parts.scheduler.after(RETRY_MS, () => {
        if (held()) attempt();
      });
    });
  }
  attempt();
}
