// Why a run does not go on: what it says of itself, what stands around it in the database, and of a sub-flow why that does not go on.
// The sentence is made by core/why.ts. Texts of people and remotes are masked here, as on the page of a run.
import { redactText } from '@palace/platform/telemetry/redact.ts';
import { isObject, type Json } from '@palace/jq/json.ts';
import type { z } from 'zod';
import { ENDED, type why as whyShape } from './contract.ts';
import { haltOver } from './core/halts.ts';
import { openEffect, stepAt, type Run } from './core/run.ts';
import { waitingFor } from './core/view.ts';
import { reasonOf, type OpenAct, type Reason, type WhyFacts } from './core/why.ts';
import type { FlowParts } from './parts.ts';
import { readRun, type ReadRun } from './read-run.ts';
import type { RunRow } from './store/port.ts';
import { readSurroundings, type Surroundings } from './store/why.ts';

type Why = z.input<typeof whyShape>;

/** Sub-flows of sub-flows are followed so far down. */
const DEEPEST = 5;
const MOST_ACTS = 100;
const MOST_LETTERS = 300;
/** In which the last failure of a retry is looked for. */
const LAST_ENTRIES = 20;

const iso = (ms: number): string => new Date(ms).toISOString();

/** `found`: undefined while the run is kept and its owner has not written it yet. The run of `found` is masked already. */
export async function whyOf(parts: FlowParts, tenant: string, row: RunRow, found: ReadRun | undefined): Promise<Why | undefined> {
  if (ENDED.has(row.status)) return undefined;
  const { reason, around } = await reasonFor(parts, tenant, row, found, 0);
  if (reason === undefined) return undefined;
  const { shard, epoch, node, seenMs } = around.owner;
  const [last] = (await parts.reads.tail(tenant, row.id, 1)).slice(-1);
  return {
    cause: reason.cause,
    text: reason.text,
    since: iso(reason.sinceMs),
    owner: { shard, epoch, ...(node !== null && { node }), ...(seenMs !== null && { seen: iso(seenMs) }) },
    ...(last !== undefined && { lastEvent: { seq: last.seq, type: last.event.type, at: iso(last.atMs) } }),
    commands: [...reason.commands],
  };
}

async function reasonFor(
  parts: FlowParts,
  tenant: string,
  row: RunRow,
  found: ReadRun | undefined,
  depth: number,
): Promise<{ reason: Reason | undefined; around: Surroundings }> {
  const { shard, id, permit } = row;
  const around = await parts.platform.database.asEngine({ shards: [shard], tenants: [tenant] }, (sql) =>
    readSurroundings(sql, { shard, tenant, run: id, permit }),
  );
  const run = found?.folded?.run;
  const waiting = run === undefined ? [] : waitingFor(run);
  const [first] = waiting;
  const child = first?.kind === 'run' && first.name !== undefined && depth < DEEPEST ? await childOf(parts, tenant, first.name, depth) : undefined;
  const { all } = parts.node.halts();
  const halt = haltOver(all, tenant, row.flow);
  const shortage = parts.node.shortage();
  const { owner, timer } = around;
  const facts: WhyFacts = {
    nowMs: around.nowMs,
    run: { id, tenant, flow: row.flow, version: row.version, status: row.status, startedMs: row.startedMs, ...quarantineOf(row) },
    waiting,
    readable: found === undefined || run !== undefined,
    ...(run === undefined ? { acts: [], correlation: {} } : ownFacts(run)),
    faults: run !== undefined && first?.kind === 'retry' ? await lastFault(parts, tenant, run) : {},
    owner: {
      shard,
      epoch: owner.epoch,
      leaseUntilMs: owner.leaseUntilMs,
      alive: owner.alive,
      minReader: owner.minReader,
      bestReader: owner.bestReader,
      ...(owner.node !== null && { node: owner.node }),
      ...(owner.seenMs !== null && { seenMs: owner.seenMs }),
    },
    ...(halt !== undefined && { halt: { ...halt, ...(halt.reason !== undefined && { reason: redactText(halt.reason) }) } }),
    ...(shortage !== undefined && { shortage }),
    commands: around.commands,
    deliveries: around.deliveries,
    ...(timer !== null && { timer }),
    ...(permit !== undefined && { line: { limit: run?.linked.program.concurrency?.limit ?? 1, holders: around.holders, before: around.before } }),
    ...(child !== undefined && { child }),
  };
  return { reason: reasonOf(facts), around };
}

const quarantineOf = ({ quarantine }: RunRow) => (quarantine === undefined ? {} : { quarantine: { ...quarantine, reason: redactText(quarantine.reason) } });

async function childOf(parts: FlowParts, tenant: string, id: string, depth: number): Promise<WhyFacts['child']> {
  const found = await readRun(parts, tenant, id);
  if (found === undefined) return undefined;
  const { reason } = await reasonFor(parts, tenant, found.row, found, depth + 1);
  return { id, status: found.row.status, ...(reason !== undefined && { text: reason.text, commands: reason.commands }) };
}

function ownFacts(run: Run): Pick<WhyFacts, 'acts' | 'correlation'> {
  const acts: OpenAct[] = [];
  const correlation: Record<string, string> = {};
  for (const act of [...run.acts.values()].slice(-MOST_ACTS)) {
    const step = stepAt(run, act);
    const { own } = act;
    const effect = openEffect(run, act.id);
    if (effect !== undefined) {
      const { function: called, attempt, atMs: sinceMs, deadlineMs, state } = effect;
      acts.push({ step: step.pointer, name: step.name, function: called, attempt, sinceMs, deadlineMs, state, ...remoteOf(effect.args) });
    }
    if (own.kind === 'listen' && own.correlation !== undefined)
      correlation[step.pointer] = shown(
        Object.entries(own.correlation)
          .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
          .join(' and '),
      );
  }
  return { acts, correlation };
}

/** By step: what a body that is tried again failed with, as the end of its journal tells it. */
async function lastFault(parts: FlowParts, tenant: string, run: Run): Promise<Record<string, string>> {
  const faults: Record<string, string> = {};
  for (const { event } of await parts.reads.tail(tenant, run.id, LAST_ENTRIES)) {
    if (event.type !== 'error.caught') continue;
    const act = run.acts.get(event.act);
    if (act !== undefined) faults[stepAt(run, act).pointer] = shown(event.fault.detail ?? event.fault.title ?? event.fault.type);
  }
  return faults;
}

const shown = (text: string): string => redactText(text).slice(0, MOST_LETTERS);

/** Whom an act calls: scheme, host and path. What stands behind may be a secret. */
function remoteOf(args: Json): { remote?: string } {
  if (!isObject(args)) return {};
  const { endpoint } = args;
  const text = isObject(endpoint) ? endpoint['uri'] : endpoint;
  if (typeof text !== 'string' || !URL.canParse(text)) return {};
  const { origin, pathname } = new URL(text);
  const method = typeof args['method'] === 'string' ? `${args['method'].toUpperCase()} ` : '';
  return { remote: shown(`${method}${origin}${pathname}`) };
}
