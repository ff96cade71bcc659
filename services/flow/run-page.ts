// One run as people see it: the summary row, the run folded from its journal, what it waits for and why it failed.
// Secrets are masked here, at the last step before the door.
import { parseJsonText } from '@palace/platform/json.ts';
import { redact } from '@palace/platform/telemetry/redact.ts';
import type { z } from 'zod';
import type { runDetail, runSummary } from './contract.ts';
import { ENDED } from './contract.ts';
import type { RunEvent } from './core/model.ts';
import { failureOf, waitingFor } from './core/view.ts';
import { fold } from './engine/loading.ts';
import type { FlowParts } from './parts.ts';
import type { RunRow } from './store/port.ts';

const iso = (ms: number): string => new Date(ms).toISOString();

export function summaryPage(row: RunRow): z.input<typeof runSummary> {
  return {
    id: row.id,
    flow: row.flow,
    version: row.version,
    status: row.status,
    startedAt: iso(row.startedMs),
    ...(row.endedMs !== undefined && { endedAt: iso(row.endedMs) }),
    ...(row.parent !== undefined && { parent: row.parent }),
    ...(row.forkOf !== undefined && { forkOf: row.forkOf }),
  };
}

export async function runPage(parts: FlowParts, tenant: string, row: RunRow): Promise<z.input<typeof runDetail>> {
  const stored = await parts.reads.stored(tenant, row.id);
  const linked = stored === undefined ? undefined : await parts.programs.readable(tenant, stored.row.hash);
  if (stored === undefined) return { ...summaryPage(row), waitingFor: [], lastSeq: 0 };
  const page = summaryPage(stored.row);
  const quarantine = stored.row.status !== 'quarantined' ? {} : { quarantine: { reason: stored.row.quarantine ?? 'unknown', at: page.startedAt } };
  if (linked === undefined) return { ...page, waitingFor: [], lastSeq: 0, ...quarantine };
  try {
    const { run, lastSeq } = fold(stored, linked);
    const ended = ENDED.has(stored.row.status);
    const failed = stored.row.status === 'failed' ? failureOf(run, await failedEvents(parts, tenant, row.id)) : undefined;
    return {
      ...page,
      lastSeq,
      ...quarantine,
      input: redact(run.input),
      context: redact(run.context),
      ...(run.output !== undefined && { output: run.output }),
      ...(run.fault !== undefined && { error: run.fault }),
      ...(failed !== undefined && { failure: { ...failed, input: redact(failed.input) } }),
      waitingFor: ended ? [] : waitingFor(run),
    };
  } catch (error) {
    if (stored.row.status !== 'quarantined') throw error;
    return { ...page, waitingFor: [], lastSeq: 0, ...quarantine };
  }
}

/** The end of the journal is enough to tell why a run failed. */
async function failedEvents(parts: FlowParts, tenant: string, id: string): Promise<readonly RunEvent[]> {
  const whole = await parts.reads.stored(tenant, id, 2 ** 31 - 1);
  return (whole?.entries ?? []).slice(-400).flatMap((e) => parseJsonText(e.body) as RunEvent[]);
}
