// What can be done to a run: signal, pause, resume, cancel, retry, fork, resolve, change context; in bulk by filter; and events from outside.
// Each verb is a row of the inbox, kept before the answer (202) and decided once by the run's owner (ENGINE E5). Verbs for many runs are
// kept together or not at all.
import { createHash, randomUUID } from 'node:crypto';
import type { Json } from '@palace/jq/jq.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { route, type Principal, type Reply, type Route, type RouteContext } from '@palace/gateway/contract.ts';
import { z } from 'zod';
import {
  accepted,
  BULK_STATES,
  bulkResult,
  bulkRuns,
  commandState,
  forked,
  forkRun,
  json,
  publishEvent,
  reason,
  resolveEffect,
  retryRun,
  sendSignal,
} from '../contract.ts';
import { isReserved } from '../core/program.ts';
import { homeShard } from '../engine/placement.ts';
import { fork } from '../fork.ts';
import type { FlowParts } from '../parts.ts';
import { answeredBefore, keepOnce } from '../request-key.ts';
import type { RunRow } from '../store/port.ts';
import { settledRun } from '../settled-run.ts';
import { oneRun } from './runs.ts';
import { requester } from './requester.ts';

type Ask = Pick<RouteContext<unknown, unknown, unknown, RunRow>, 'tenant' | 'principal' | 'idempotency' | 'resource'>;

export function controlRoutes(parts: FlowParts): Route[] {
  return [...verbRoutes(parts), ...answerRoutes(parts), forkRoute(parts), bulkRoute(parts), eventRoute(parts)];
}

const newCommandId = (): string => `cmd_${randomUUID()}`;

async function ask(parts: FlowParts, kind: string, context: Ask, body: Record<string, unknown>): Promise<Reply> {
  const { tenant, resource, principal } = context;
  const id = newCommandId();
  const row = { shard: resource.shard, tenant, key: resource.id, commandId: id, kind, body: JSON.stringify({ by: requester(principal), ...body }) };
  return kept((await keepOnce(parts, context, [row], { id })).answer);
}

function kept({ id }: { readonly id: string }): Reply {
  return { status: 202, body: { id }, headers: { location: `/v1/commands/${id}` } };
}

function verbRoutes(parts: FlowParts): Route[] {
  const loader = (tenant: string, { id }: { id: string }) => settledRun(parts, tenant, id);
  const simple = (verb: 'pause' | 'resume' | 'cancel', summary: string) =>
    route({
      method: 'post',
      path: `/v1/runs/{id}/${verb}`,
      summary,
      permission: 'run.control',
      audit: { action: `run.${verb}`, detail: ({ body }) => ({ reason: body.reason ?? null }) },
      params: oneRun,
      body: reason,
      loader,
      idempotent: true,
      responses: { 202: accepted },
      handle: (context) => ask(parts, verb, context, context.body.reason === undefined ? {} : { reason: context.body.reason }),
    });
  return [
    simple('pause', 'Start nothing new in the run until it is resumed'),
    simple('resume', 'Let a paused run go on'),
    simple('cancel', 'End the run now'),
    route({
      method: 'post',
      path: '/v1/runs/{id}/retry',
      summary: 'Run a failed run again from its failed step, or any run from a named step',
      permission: 'run.control',
      audit: { action: 'run.retry', detail: ({ body }) => ({ step: body.step ?? null, effects: body.effects }) },
      params: oneRun,
      body: retryRun,
      loader,
      idempotent: true,
      responses: { 202: accepted },
      async handle(context) {
        const { body, resource } = context;
        mayRepeat(context.principal, body.effects);
        if (body.step === undefined && resource.status !== 'failed' && resource.status !== 'quarantined') {
          // The retry that this one repeats may have moved it.
          const before = await answeredBefore(parts, context);
          if (before !== undefined) return kept(before as { id: string });
          throw new PalaceError('run.state', { detail: `The run is ${resource.status}; name the step to go back to with "step".` });
        }
        return ask(parts, 'retry', context, { effects: body.effects, ...(body.step !== undefined && { step: body.step }) });
      },
    }),
    route({
      method: 'put',
      path: '/v1/runs/{id}/context',
      summary: 'Replace the context ($context) of a run',
      permission: 'run.control',
      audit: { action: 'run.context' },
      params: oneRun,
      body: z.strictObject({ context: json }),
      loader,
      idempotent: true,
      responses: { 202: accepted },
      handle: (context) => ask(parts, 'context', context, { context: context.body.context ?? null }),
    }),
  ];
}

/** Performing confirmed effects again is its own permission (ENGINE E8). */
function mayRepeat(principal: Principal, effects: string): void {
  if (effects === 'again' && !principal.permissions.has('run.repeat-effects')) throw new PalaceError('run.effect-permission');
}

function answerRoutes(parts: FlowParts): Route[] {
  const loader = (tenant: string, { id }: { id: string }) => settledRun(parts, tenant, id);
  return [
    route({
      method: 'post',
      path: '/v1/runs/{id}/signals',
      summary: 'Send a signal to a run',
      permission: 'run.signal',
      audit: { none: 'The history of the run tells who sent it.' },
      params: oneRun,
      body: sendSignal,
      loader,
      idempotent: true,
      responses: { 202: accepted },
      handle: (context) => ask(parts, 'signal', context, { name: context.body.name, data: context.body.data ?? null }),
    }),
    route({
      method: 'post',
      path: '/v1/runs/{id}/effects/{key}',
      summary: 'Settle an effect in doubt: it happened, or it did not',
      permission: 'run.control',
      audit: { action: 'run.resolve', detail: ({ body }) => ({ outcome: body.outcome }) },
      params: z.object({ id: oneRun.shape.id, key: z.string().max(100) }),
      body: resolveEffect,
      idempotent: true,
      responses: { 202: accepted },
      loader: (tenant, { id }) => settledRun(parts, tenant, id),
      handle: (context) =>
        ask(parts, 'resolve', context, {
          key: context.params.key,
          outcome: context.body.outcome,
          ...(context.body.result !== undefined && { result: context.body.result }),
        }),
    }),
    route({
      method: 'get',
      path: '/v1/commands/{id}',
      summary: 'What became of a signal or control verb',
      permission: 'run.read',
      params: z.object({ id: z.string().max(100) }),
      loader: async (tenant, { id }) => {
        const state = await parts.node.commandState(tenant, id);
        return state === undefined ? undefined : { id, ...state };
      },
      responses: { 200: commandState },
      handle: async ({ resource }) => ({ status: 200, body: resource }),
    }),
  ];
}

function forkRoute(parts: FlowParts): Route {
  return route({
    method: 'post',
    path: '/v1/runs/{id}/fork',
    summary: 'A new run from any event of this one, with edited data',
    permission: 'run.control',
    audit: { action: 'run.fork', detail: ({ body }) => ({ at: body.atSeq, effects: body.effects }) },
    params: oneRun,
    body: forkRun,
    idempotent: true,
    loader: (tenant, { id }) => settledRun(parts, tenant, id),
    responses: { 200: forked, 201: forked },
    async handle({ tenant, principal, resource, body, idempotency }) {
      mayRepeat(principal, body.effects);
      const { answer, repeated } = await fork(parts, { tenant, idempotency }, resource, { ...body, by: requester(principal) });
      return { status: repeated || answer.id === undefined ? 200 : 201, body: answer };
    },
  });
}

function bulkRoute(parts: FlowParts): Route {
  return route({
    method: 'post',
    path: '/v1/runs/bulk',
    summary: 'One verb for every run that a filter finds and the verb can change; each is checked again by its owner',
    permission: 'run.control',
    audit: {
      action: 'run.bulk',
      detail: ({ body }) => ({
        verb: body.verb,
        flow: body.filter.flow ?? null,
        status: body.filter.status ?? null,
        ids: body.filter.ids?.length ?? null,
        dryRun: body.dryRun,
      }),
    },
    loader: 'collection',
    body: bulkRuns,
    idempotent: true,
    responses: { 202: bulkResult },
    async handle({ tenant, principal, body, idempotency }) {
      if (body.filter.flow === undefined && body.filter.status === undefined && body.filter.ids === undefined) {
        throw new PalaceError('request.invalid', { errors: [{ path: 'filter', message: 'Name at least one of flow, status, ids.' }] });
      }
      const { flow, status, ids } = body.filter;
      const states = BULK_STATES[body.verb].filter((state) => status === undefined || state === status);
      if (states.length === 0) {
        const message = `${body.verb} acts on runs that are ${BULK_STATES[body.verb].join(' or ')}.`;
        throw new PalaceError('request.invalid', { errors: [{ path: '/filter/status', message }] });
      }
      const found = await parts.reads.matching(tenant, { states, flow, ids, cursor: body.cursor }, body.limit);
      const { matched, next } = found;
      const more = next !== undefined;
      if (body.dryRun) return { status: 202, body: { matched, accepted: 0, more } };
      const rows = found.rows.map((row) => ({
        shard: row.shard,
        tenant,
        key: row.id,
        kind: body.verb,
        commandId: newCommandId(),
        body: JSON.stringify({ by: requester(principal) }),
      }));
      const told = { matched, accepted: rows.length, more, ...(more && { next }) };
      const { answer } = await keepOnce(parts, { tenant, idempotency }, rows, told);
      return { status: 202, body: answer };
    },
  });
}

const RESERVED = 'Events of this type are said by the engine alone; a signal is sent to its run.';

function eventRoute(parts: FlowParts): Route {
  return route({
    method: 'post',
    path: '/v1/events',
    summary: 'Publish a CloudEvent to the flows of this installation',
    permission: 'event.publish',
    audit: { none: 'The event is kept with its source.' },
    loader: 'collection',
    body: publishEvent,
    responses: { 202: accepted },
    async handle({ tenant, body }) {
      if (isReserved(body.type)) throw new PalaceError('request.invalid', { errors: [{ path: 'type', message: RESERVED }] });
      const shard = homeShard(tenant, body.type);
      // The event's own identity makes a repeat harmless.
      const commandId = `evt_${createHash('sha256').update([tenant, body.source, body.id].join('\u0000')).digest('base64url').slice(0, 32)}`;
      const event = { time: new Date(parts.node.timeMs()).toISOString(), ...body, data: (body.data ?? null) as Json };
      await parts.node.send([{ shard, tenant, key: `event/${body.type}`, commandId, kind: 'event', body: JSON.stringify(event) }]);
      return { status: 202, body: { id: commandId } };
    },
  });
}
