// Settings of retention: how long what has ended is kept, how fast what is due goes, and how much room there is.
// A flow may say its own times for its runs (`document.metadata.palace.retention`).
import { z } from 'zod';
import { whole } from './setting.ts';

const DAY_MS = 86_400_000;
const TEN_YEARS_MS = 3_650 * DAY_MS;
/** Below it a period of the journal would be shorter than the pauses between two looks. */
const LEAST_MS = 10_000;

export const RETENTION = z.strictObject({
  completedMs: whole('PALACE_RETENTION_COMPLETED_MS', 30 * DAY_MS, LEAST_MS, TEN_YEARS_MS, 'How long a run is kept after it completed or was cancelled.'),
  failedMs: whole('PALACE_RETENTION_FAILED_MS', 90 * DAY_MS, LEAST_MS, TEN_YEARS_MS, 'How long a run is kept after it failed.'),
  keysMs: whole(
    'PALACE_RETENTION_KEYS_MS',
    DAY_MS,
    LEAST_MS,
    TEN_YEARS_MS,
    'How long an Idempotency-Key, a decided command and a published event are known: the window in which a repeated request is seen to be one.',
  ),
  blobGraceMs: whole('PALACE_RETENTION_BLOB_GRACE_MS', DAY_MS, 1_000, 30 * DAY_MS, 'How long a blob that no run names is left alone after it was last put.'),
  runsPerSecond: whole('PALACE_RETENTION_RUNS_PER_SECOND', 10_000, 1, 1_000_000, 'Runs that one process removes in a second, at most.'),
  capacityBytes: whole(
    'PALACE_RETENTION_CAPACITY_BYTES',
    0,
    0,
    1_000_000_000_000_000,
    'Bytes that the database may have; 0 asks the disk of the data folder, where the database is the embedded one.',
  ),
});
