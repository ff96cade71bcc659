// /v1/events: what came from outside and what runs said, newest first, and whom it reached. Publishing is in control.ts.
import { route, type Route } from '@palace/gateway/contract.ts';
import { byPosition, eventDetail, eventList, listEvents } from '../event-contract.ts';
import type { FlowParts } from '../parts.ts';
import { keptEventAt, listKeptEvents, reachedBy, type KeptEvent } from '../store/events.ts';

const time = (ms: number): string => new Date(ms).toISOString();

export function eventRoutes({ platform: { database } }: FlowParts): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/events',
      summary: 'Events that are kept, newest first',
      permission: 'run.read',
      loader: 'collection',
      query: listEvents,
      responses: { 200: eventList },
      async handle({ tenant, query }) {
        const { items, next } = await database.asTenant(tenant, (sql) => listKeptEvents(sql, tenant, query));
        return { status: 200, body: { items: items.map(summary), ...(next !== undefined && { next }) } };
      },
    }),
    route({
      method: 'get',
      path: '/v1/events/{position}',
      summary: 'One event: the whole of it, the runs that it started, and who hears events of its type now',
      permission: 'run.read',
      params: byPosition,
      loader: (tenant, { position }) => database.asTenant(tenant, (sql) => keptEventAt(sql, tenant, position)),
      responses: { 200: eventDetail },
      async handle({ tenant, resource }) {
        const { started, starts, listening } = await database.asTenant(tenant, (sql) => reachedBy(sql, tenant, resource));
        const runs = started.map(({ startedMs, ...run }) => ({ ...run, startedAt: time(startedMs) }));
        return { status: 200, body: { ...summary(resource), event: resource.event, started: runs, starts, listening } };
      },
    }),
  ];
}

function summary({ position, id, type, source, atMs, matched, run, event }: KeptEvent) {
  const { subject } = event;
  return {
    position,
    id,
    type,
    source,
    receivedAt: time(atMs),
    matched,
    ...(typeof subject === 'string' && { subject }),
    ...(run !== undefined && { run }),
  };
}
