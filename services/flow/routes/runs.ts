// /v1/runs: start one or many, look, list, read and follow the history.
import type { Json } from '@palace/jq/jq.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { route, type Reply, type Route } from '@palace/gateway/contract.ts';
import { z } from 'zod';
import {
  ENDED,
  history,
  historyQuery,
  listRuns,
  runDetail,
  runId,
  runList,
  startRun,
  startRuns,
  startedRun,
  startedRuns,
  waitForEndQuery,
} from '../contract.ts';
import type { RunEnd } from '../engine/slot.ts';
import { follow } from '../follow.ts';
import { runPage, runPageWithReason, seqs, summaryPage } from '../run-page.ts';
import type { FlowParts } from '../parts.ts';
import { REQUEST_SCOPE } from '../request-key.ts';
import { settledRun } from '../settled-run.ts';
import { signalWaits, type SignalWaits } from '../signal-waits.ts';
import { startMany } from '../start-many.ts';
import type { ListedRun } from '../store/run-list.ts';
import { historyReader } from '../history-page.ts';
import { endSoon, waitForEnd, waitForRest } from '../wait.ts';
import { requester } from './requester.ts';

export const oneRun = z.object({ id: runId });
const MAX_WAIT_MS = 60_000;

export function runRoutes(parts: FlowParts): Route[] {
  return [startRoute(parts), startManyRoute(parts), listRoute(parts), detailRoute(parts), historyRoute(parts)];
}

function waitMs(text: string | undefined): number {
  const match = /^(\d+)(ms|s|m)$/.exec(text ?? '');
  if (match === null) return 0;
  const unit = { ms: 1, s: 1000, m: 60_000 }[match[2] as 'ms' | 's' | 'm'];
  return Math.min(Number(match[1]) * unit, MAX_WAIT_MS);
}

function startRoute(parts: FlowParts): Route {
  return route({
    method: 'post',
    path: '/v1/runs',
    summary: 'Start a run; with `wait`, answer when it has ended or asks for something',
    permission: 'run.start',
    audit: { none: 'The run tells who started it.' },
    loader: 'collection',
    body: startRun,
    idempotent: true,
    answerFields: ['wait'],
    maxBodyBytes: 2_000_000,
    responses: { 201: startedRun, 200: startedRun },
    async handle({ tenant, principal, body, idempotency, signal, park, draining }): Promise<Reply> {
      const ended = Promise.withResolvers<RunEnd>();
      const limitMs = waitMs(body.wait);
      const untilMs = performance.now() + limitMs;
      const { id, repeated } = await parts.engine.accept.start({
        tenant,
        by: requester(principal),
        flow: body.flow,
        input: (body.input ?? {}) as Json,
        environment: body.environment,
        onEnd: ended.resolve,
        ...(idempotency !== undefined && { idempotency: { scope: REQUEST_SCOPE, ...idempotency } }),
      });
      const status = repeated ? 200 : 201;
      const headers = { location: `/v1/runs/${id}` };
      if (limitMs === 0 || !park()) return { status, headers, body: { id } };
      const end = repeated ? undefined : await endSoon(parts, id, ended.promise, Math.min(limitMs, SHORT_RUN_MS));
      if (end?.status === 'completed') return { status, headers, body: endPage(end) };
      if (end === undefined) await waitForRest(parts, tenant, id, untilMs - performance.now(), AbortSignal.any([signal, draining]));
      const row = await settledRun(parts, tenant, id);
      return { status, headers, body: row === undefined ? { id } : await runPage(parts, tenant, row) };
    },
  });
}

/** What the detail of a completed run says, out of memory: nothing has to be read again. */
function endPage({ row, status, endedMs, lastSeq, output }: RunEnd): z.input<typeof startedRun> {
  return { ...summaryPage({ ...row, status, endedMs }), ...seqs(row, lastSeq), waitingFor: [], ...(output !== undefined && { output }) };
}

/** Most runs end so soon that they are answered from memory; for the others the journal is looked at. */
const SHORT_RUN_MS = 2000;

function startManyRoute(parts: FlowParts): Route {
  return route({
    method: 'post',
    path: '/v1/runs/batch',
    summary: 'Start up to 1,000 runs; as an event stream, also hear each one end',
    permission: 'run.start',
    audit: { none: 'The runs tell who started them.' },
    loader: 'collection',
    body: startRuns,
    events: true,
    maxBodyBytes: 4_000_000,
    responses: { 200: startedRuns },
    async handle({ tenant, principal, body, wantsEvents, signal, draining }): Promise<Reply> {
      const started = startMany(parts, { tenant, by: requester(principal) }, body.items);
      if (wantsEvents) return { events: started.news(AbortSignal.any([signal, draining])) };
      return { status: 200, body: { items: await started.accepted } };
    },
  });
}

function listRoute(parts: FlowParts): Route {
  const signals = signalWaits(parts);
  return route({
    method: 'get',
    path: '/v1/runs',
    summary: 'List runs, newest first',
    permission: 'run.read',
    loader: 'collection',
    query: listRuns,
    responses: { 200: runList },
    async handle({ tenant, query }): Promise<Reply> {
      const { items, next } = await parts.reads.runs(tenant, query);
      return { status: 200, body: { items: await listedPages(signals, tenant, items), ...(next !== undefined && { next }) } };
    },
  });
}

/** Signals that a run listens for stand in its journal; who cannot be looked at this time is told with a later answer. */
async function listedPages(signals: SignalWaits, tenant: string, items: readonly ListedRun[]): Promise<z.input<typeof runList>['items']> {
  const waiting = items.flatMap(({ id, flow, lastEntry }) => (lastEntry === undefined ? [] : [{ id, flow, seq: lastEntry }]));
  const { waits } = await signals(tenant, waiting);
  const signalOf = new Map(waits.map(({ run, name = '' }) => [run, { kind: 'signal' as const, name }]));
  return items.map((run) => {
    const signal = signalOf.get(run.id);
    const waitsFor = [...(run.waitsFor ?? []), ...(signal === undefined ? [] : [signal])];
    return { ...summaryPage(run), ...(waitsFor.length > 0 && { waitsFor }) };
  });
}

function detailRoute(parts: FlowParts): Route {
  return route({
    method: 'get',
    path: '/v1/runs/{id}',
    summary: 'One run: state, result, what it waits for, why it failed; with `wait`, when it has ended',
    permission: 'run.read',
    params: oneRun,
    query: waitForEndQuery,
    loader: (tenant, { id }) => settledRun(parts, tenant, id),
    responses: { 200: runDetail },
    async handle({ tenant, resource, query, signal, park, draining }): Promise<Reply> {
      if (query.wait !== undefined && !ENDED.has(resource.status) && park())
        await waitForEnd(parts, tenant, resource.id, waitMs(query.wait), AbortSignal.any([signal, draining]));
      return { status: 200, body: await runPageWithReason(parts, tenant, resource) };
    },
  });
}

function historyRoute(parts: FlowParts): Route {
  return route({
    method: 'get',
    path: '/v1/runs/{id}/events',
    summary: 'The history of a run, as JSON or as a live event stream (Last-Event-ID resumes)',
    permission: 'run.read',
    params: oneRun,
    query: historyQuery,
    events: true,
    loader: (tenant, { id }) => settledRun(parts, tenant, id),
    responses: { 200: history },
    async handle({ tenant, resource, query, wantsEvents, lastEventId, signal, draining }): Promise<Reply> {
      if (wantsEvents) {
        const after = lastEventId === undefined ? query.after : seqOf(lastEventId);
        return { events: follow(parts, tenant, resource, { after, maxValueBytes: query.maxValueBytes }, AbortSignal.any([signal, draining])) };
      }
      const found = await parts.reads.history(tenant, resource.id, query.after, query.limit);
      const pageOf = await historyReader(parts, tenant, resource, query);
      const items: unknown[] = [];
      for (const item of found) items.push(await pageOf(item));
      const last = found.at(-1);
      return { status: 200, body: { items, ...(items.length === query.limit && last !== undefined && { next: last.seq }) } };
    },
  });
}

/** The id of an event is its seq. */
function seqOf(lastEventId: string): number {
  if (/^\d{1,15}$/.test(lastEventId)) return Number(lastEventId);
  throw new PalaceError('request.invalid', { errors: [{ path: 'Last-Event-ID', message: 'Send the id of the last event that was received, unchanged.' }] });
}
