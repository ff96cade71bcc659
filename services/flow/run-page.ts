// One run as people see it: the summary row, the run folded from its journal, what it waits for and why it failed.
// Secrets are masked here, at the last step before the door: in data by the names of its fields, in every text of an error or of a
// person by their shape. The output alone is shown as it is: it is what its owner asked for.
import { redact, redactText } from '@palace/platform/telemetry/redact.ts';
import type { z } from 'zod';
import type { runDetail, runSummary } from './contract.ts';
import { ENDED } from './contract.ts';
import { failureOf } from './core/failure.ts';
import type { RunEvent, RunFault } from './core/model.ts';
import type { Run } from './core/run.ts';
import { LIMIT_UNITS, nearLimitsAndSizes } from './core/near-limits.ts';
import { environmentOf } from './core/surroundings.ts';
import { settingOf } from './core/turn.ts';
import { waitingFor } from './core/view.ts';
import type { FlowParts } from './parts.ts';
import { readRun, type ReadRun } from './read-run.ts';
import type { RunRow } from './store/port.ts';
import { whyOf } from './why.ts';

type Detail = z.input<typeof runDetail>;

const FAILURE_ENTRIES = 400;

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
    ...(row.trigger !== undefined && { trigger: row.trigger }),
    environment: environmentOf(row),
  };
}

/** How far its history reaches: back (a fork goes no further) and up to now. */
export function seqs({ firstSeq, segment }: RunRow, lastSeq: number): Pick<Detail, 'lastSeq' | 'history'> {
  return { lastSeq, history: { firstSeq, lastSeq, segment } };
}

export async function runPage(parts: FlowParts, tenant: string, known: RunRow): Promise<Detail> {
  return pageOf(parts, tenant, (await readRun(parts, tenant, known.id)) ?? { row: known, folded: undefined });
}

/** With the reason why it does not go on: for who asks for one run, not for who waits for it. */
export async function runPageWithReason(parts: FlowParts, tenant: string, known: RunRow): Promise<Detail> {
  const found = await readRun(parts, tenant, known.id);
  const page = await pageOf(parts, tenant, found ?? { row: known, folded: undefined });
  const masked = found?.folded === undefined ? found : { ...found, folded: { ...found.folded, run: withSafeReason(found.folded.run) } };
  const why = await whyOf(parts, tenant, found?.row ?? known, masked);
  return why === undefined ? page : { ...page, why };
}

async function pageOf(parts: FlowParts, tenant: string, { row, folded }: ReadRun): Promise<Detail> {
  const quarantine = quarantineOf(row);
  if (folded === undefined) return { ...summaryPage(row), ...seqs(row, 0), waitingFor: [], ...quarantine };
  const { run, lastSeq } = folded;
  const failed = row.status === 'failed' ? failureOf(run, await lastEvents(parts, tenant, row)) : undefined;
  return {
    ...summaryPage(row),
    ...seqs(row, lastSeq),
    ...quarantine,
    input: redact(run.input),
    context: redact(run.context),
    ...(run.variables !== undefined && { variables: redact(run.variables) }),
    ...(run.output !== undefined && { output: run.output }),
    ...(run.fault !== undefined && { error: redact(run.fault) as RunFault }),
    ...(failed !== undefined && { failure: redact(failed) as typeof failed }),
    waitingFor: ENDED.has(row.status) ? [] : waitingFor(withSafeReason(run)),
    ...nearLimitsOf(parts, run),
  };
}

/** Computed now: it holds for a run of yesterday and for limits that were changed since. */
function nearLimitsOf({ platform }: FlowParts, run: Run): Pick<Detail, 'nearLimits'> {
  const near = nearLimitsAndSizes(run, platform.config.flow).map(({ setting, ...count }) => ({
    name: setting,
    ...count,
    unit: LIMIT_UNITS[setting],
    setting: settingOf(setting),
  }));
  return near.length === 0 ? {} : { nearLimits: near };
}

function quarantineOf({ quarantine }: RunRow): Pick<z.input<typeof runDetail>, 'quarantine'> {
  return quarantine === undefined ? {} : { quarantine: { reason: redactText(quarantine.reason), at: iso(quarantine.atMs) } };
}

/** Who paused it stays readable: what a person wrote is masked before the two are one text. */
function withSafeReason(run: Run): Run {
  const { paused } = run;
  return paused?.reason === undefined ? run : { ...run, paused: { ...paused, reason: redactText(paused.reason) } };
}

/** The end of the journal is enough to tell why a run failed: as far back as steps have the numbers of the program that it failed on. */
async function lastEvents(parts: FlowParts, tenant: string, row: RunRow): Promise<readonly RunEvent[]> {
  const items = await parts.reads.tail(tenant, row.id, FAILURE_ENTRIES);
  const first = items[0]?.seq ?? row.segmentSeq;
  let hash = first >= row.segmentSeq ? row.hash : await parts.reads.hashAt(tenant, row.id, first);
  let from = 0;
  for (const [i, { event }] of items.entries()) {
    if (event.type !== 'segment.opened' || event.hash === hash) continue;
    hash = event.hash;
    from = i;
  }
  return items.slice(from).map(({ event }) => event);
}
