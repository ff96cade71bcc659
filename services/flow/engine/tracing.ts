// One trace a run: its id follows from the run's, so that every line, span and call of a run meets, over restarts and owners.
import { createHash } from 'node:crypto';
import type { LogFields } from '@palace/platform/telemetry/port.ts';
import type { RunRow } from '../store/port.ts';

const hashOf = (runId: string): string => createHash('sha256').update(`trace ${runId}`).digest('hex');

export const traceIdOf = (runId: string): string => hashOf(runId).slice(0, 32);

/** W3C traceparent of the run itself: the parent of each of its spans. */
export function traceparentOf(runId: string): string {
  const hash = hashOf(runId);
  return `00-${hash.slice(0, 32)}-${hash.slice(32, 48)}-01`;
}

/** What every log line of a run carries. */
export function aboutRun(row: Pick<RunRow, 'id' | 'flow' | 'version' | 'tenant'>): LogFields {
  return { runId: row.id, flow: row.flow, version: row.version, tenant: row.tenant, traceId: traceIdOf(row.id) };
}
