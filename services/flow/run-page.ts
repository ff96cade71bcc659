// One run as people see it: the summary row, the run folded from its journal, what it waits for and why it failed.
// Secrets are masked here, at the last step before the door: in data by the names of its fields, in every text of an error or of a
// person by their shape. The output alone is shown as it is: it is what its owner asked for.
import { parseJsonText } from '@palace/platform/json.ts';
import { redact, redactText } from '@palace/platform/telemetry/redact.ts';
import type { z } from 'zod';
import type { runDetail, runSummary } from './contract.ts';
import { ENDED } from './contract.ts';
import type { RunEvent, RunFault } from './core/model.ts';
import type { Run } from './core/run.ts';
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
  const quarantine = quarantineOf(stored.row);
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
      ...(run.fault !== undefined && { error: redact(run.fault) as RunFault }),
      ...(failed !== undefined && { failure: redact(failed) as typeof failed }),
      waitingFor: ended ? [] : waitingFor(withSafeReason(run)),
    };
  } catch (error) {
    if (stored.row.status !== 'quarantined') throw error;
    return { ...page, waitingFor: [], lastSeq: 0, ...quarantine };
  }
}

function quarantineOf({ quarantine }: RunRow): Pick<z.input<typeof runDetail>, 'quarantine'> {
  return quarantine === undefined ? {} : { quarantine: { reason: redactText(quarantine.reason), at: iso(quarantine.atMs) } };
}

/** Who paused it stays readable: what a person wrote is masked before the two are one text. */
function withSafeReason(run: Run): Run {
  const { paused } = run;
  return paused?.reason === undefined ? run : { ...run, paused: { ...paused, reason: redactText(paused.reason) } };
}

/** The end of the journal is enough to tell why a run failed. */
async function failedEvents(parts: FlowParts, tenant: string, id: string): Promise<readonly RunEvent[]> {
  const whole = await parts.reads.stored(tenant, id, 2 ** 31 - 1);
  return (whole?.entries ?? []).slice(-400).flatMap((e) => parseJsonText(e.body) as RunEvent[]);
}
