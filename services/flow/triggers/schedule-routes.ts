// /v1/schedules: what starts runs by itself, when next, and holding it.
import { randomUUID } from 'node:crypto';
import { route, type Route, type RouteContext } from '@palace/gateway/contract.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { z } from 'zod';
import { accepted, listSchedules, reason, scheduleList } from '../contract.ts';
import { upcoming as timesOf } from '../core/schedule.ts';
import { upcoming, upcomingTimes } from '../event-contract.ts';
import type { FlowParts } from '../parts.ts';
import { keepOnce } from '../request-key.ts';
import { requester } from '../routes/requester.ts';
import { makeCursor, readCursor } from '../store/cursor.ts';
import { listSchedules as listed, readListed, type ListedSchedule } from '../store/schedules.ts';
import { scheduleCommand } from './schedules.ts';

const named = z.object({ namespace: z.string().max(63), name: z.string().max(63) });

export const scheduleRoutes = (parts: FlowParts): Route[] => [
  listRoute(parts),
  upcomingRoute(parts),
  holdRoute(parts, 'pause', 'Start nothing from this schedule until it is resumed'),
  holdRoute(parts, 'resume', 'Let a paused schedule start runs again; times of the pause are not caught up'),
];

function listRoute({ platform }: FlowParts): Route {
  return route({
    method: 'get',
    path: '/v1/schedules',
    summary: 'Schedules in force: next time, last run, missed times',
    permission: 'flow.read',
    loader: 'collection',
    query: listSchedules,
    responses: { 200: scheduleList },
    async handle({ tenant, query }) {
      const after = readCursor<[string]>(query.cursor, ['string'])?.[0] ?? '';
      const rows = await platform.database.asTenant(tenant, (sql) => listed(sql, after, query.limit + 1));
      const items = rows.slice(0, query.limit);
      const more = rows.length > items.length ? items.at(-1) : undefined;
      return { status: 200, body: { items: items.map(page), ...(more !== undefined && { next: makeCursor(more.flow) }) } };
    },
  });
}

const time = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString());

function page({ flow, text, state, waitingStarts }: ListedSchedule): Record<string, unknown> {
  const next = state.paused ? undefined : time(state.nextMs);
  const last = time(state.lastMs);
  return {
    flow,
    version: state.version,
    kind: state.kind,
    schedule: text,
    paused: state.paused,
    missed: state.missed,
    waiting: state.waiting + waitingStarts,
    ...(next !== undefined && { next }),
    ...(last !== undefined && { last }),
    ...(state.lastRun !== undefined && { lastRun: state.lastRun }),
    ...(state.awaits !== undefined && { waitsFor: state.awaits }),
    ...(state.gathered.length > 0 && { gathered: state.gathered.reduce((sum, { events }) => sum + Object.keys(events).length, 0) }),
  };
}

function upcomingRoute({ platform, node, programs }: FlowParts): Route {
  return route({
    method: 'get',
    path: '/v1/schedules/{namespace}/{name}/upcoming',
    summary: 'The next times of a schedule, as far as they follow from the clock',
    permission: 'flow.read',
    params: named,
    query: upcomingTimes,
    loader: (tenant, { namespace, name }) => platform.database.asTenant(tenant, (sql) => readListed(sql, `${namespace}/${name}`)),
    responses: { 200: upcoming },
    async handle({ tenant, query, resource: { state } }) {
      const schedule = (await programs.byHash(tenant, state.hash))?.program.schedule;
      if (schedule === undefined) throw new PalaceError('not-found');
      const times = timesOf(state, schedule, node.timeMs(), query.limit).map((ms) => new Date(ms).toISOString());
      return { status: 200, body: { times, catchUp: schedule.catchUp, ...(schedule.kind === 'cron' && { zone: schedule.zone }) } };
    },
  });
}

type Hold = Pick<RouteContext<unknown, unknown, unknown, { flow: string }>, 'tenant' | 'principal' | 'idempotency' | 'resource'>;

function holdRoute(parts: FlowParts, verb: 'pause' | 'resume', summary: string): Route {
  return route({
    method: 'post',
    path: `/v1/schedules/{namespace}/{name}/${verb}`,
    summary,
    permission: 'run.control',
    audit: { action: `schedule.${verb}`, detail: ({ body }) => ({ reason: body.reason ?? null }) },
    params: named,
    body: reason,
    idempotent: true,
    loader: (tenant, { namespace, name }) => knownSchedule(parts, tenant, `${namespace}/${name}`),
    responses: { 202: accepted },
    handle: (context) => hold(parts, verb, context),
  });
}

async function knownSchedule({ platform }: FlowParts, tenant: string, flow: string): Promise<{ flow: string } | undefined> {
  const { rows } = await platform.database.asTenant(tenant, (sql) => sql.query<{ flow: string }>('select flow from flow.schedule where flow = $1', [flow]));
  return rows[0];
}

async function hold(parts: FlowParts, verb: 'pause' | 'resume', { tenant, principal, idempotency, resource }: Hold) {
  const { flow } = resource;
  const id = `cmd_${randomUUID()}`;
  const by = requester(principal);
  const row = { ...scheduleCommand(tenant, flow), commandId: id, kind: `schedule-${verb}`, body: JSON.stringify({ flow, by }) };
  const { answer } = await keepOnce(parts, { tenant, idempotency }, [row], { id });
  return { status: 202, body: answer, headers: { location: `/v1/commands/${answer.id}` } };
}
