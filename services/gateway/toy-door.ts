// A small service for tests of the gateway: things by tenant, a stream, a wait, a bug.
import { setTimeout as sleep } from 'node:timers/promises';
import { PalaceError } from '@palace/platform/errors.ts';
import { z } from 'zod';
import { route } from './contract.ts';
import type { RouteContext, ServiceDoor, SseEvent } from './contract.ts';

export interface Thing {
  readonly id: string;
  readonly name: string;
  readonly data?: unknown;
}

export interface ToyDoor extends ServiceDoor {
  /** By tenant and id. */
  readonly things: Map<string, Map<string, Thing>>;
  /** What the handlers were called with, newest last. */
  readonly seen: RouteContext<unknown, unknown, unknown, unknown>[];
  ready: () => Readonly<Record<string, boolean>>;
  readonly streams: { open: number };
}

const thing = z.object({ id: z.string(), name: z.string(), data: z.unknown().optional() });
const newThing = z.strictObject({ name: z.string().min(1).max(100), data: z.unknown().optional(), wait: z.string().max(10).optional() });
const byId = z.strictObject({ id: z.string().regex(/^[a-z0-9-]{1,40}$/) });
const listThings = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  sort: z.enum(['name', 'id']).default('id'),
});

export function toyDoor(): ToyDoor {
  const things: ToyDoor['things'] = new Map();
  const seen: ToyDoor['seen'] = [];
  const streams = { open: 0 };
  const of = (tenant: string): Map<string, Thing> => things.get(tenant) ?? things.set(tenant, new Map()).get(tenant)!;
  const load = async (tenant: string, { id }: { id: string }): Promise<Thing | undefined> => of(tenant).get(id);
  const note = (context: unknown): void => void seen.push(context as ToyDoor['seen'][number]);

  async function* ticks(context: { lastEventId: string | undefined; signal: AbortSignal }): AsyncGenerator<SseEvent> {
    streams.open += 1;
    try {
      for (let at = Number(context.lastEventId ?? 0) + 1; at <= 1_000; at += 1) {
        yield { id: String(at), event: 'tick', data: { at, text: 'line\nbreak' } };
        if (at >= 3) await sleep(20, undefined, { signal: context.signal });
      }
    } finally {
      streams.open -= 1;
    }
  }

  const routes = [
    route({
      method: 'get',
      path: '/v1/things',
      summary: 'List things',
      permission: 'run.read',
      loader: 'collection',
      query: listThings,
      responses: { 200: z.object({ items: z.array(thing) }) },
      handle: async ({ tenant, query }) => ({ status: 200, body: { items: [...of(tenant).values()].slice(0, query.limit) } }),
    }),
    route({
      method: 'post',
      path: '/v1/things',
      summary: 'Make a thing',
      permission: 'run.start',
      audit: { action: 'thing.make', detail: ({ body }) => ({ name: body.name }) },
      loader: 'collection',
      body: newThing,
      idempotent: true,
      answerFields: ['wait'],
      responses: { 201: thing },
      maxBodyBytes: 200_000,
      async handle(context) {
        note(context);
        const made = { id: `thing-${of(context.tenant).size + 1}`, ...context.body };
        of(context.tenant).set(made.id, made);
        return { status: 201, body: made, headers: { location: `/v1/things/${made.id}` } };
      },
    }),
    route({
      method: 'get',
      path: '/v1/things/{id}',
      summary: 'Read a thing',
      permission: 'run.read',
      loader: load,
      params: byId,
      responses: { 200: thing },
      async handle(context) {
        note(context);
        return { status: 200, body: context.resource };
      },
    }),
    route({
      method: 'put',
      path: '/v1/things/{id}',
      summary: 'Change a thing',
      permission: 'run.control',
      audit: { action: 'thing.change' },
      loader: load,
      params: byId,
      body: newThing,
      responses: { 200: thing },
      async handle({ tenant, params, body }) {
        of(tenant).set(params.id, { id: params.id, ...body });
        return { status: 200, body: of(tenant).get(params.id) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/things/{id}/events',
      summary: 'Follow a thing',
      permission: 'run.read',
      loader: load,
      params: byId,
      events: true,
      responses: { 200: z.object({ items: z.array(z.unknown()) }) },
      async handle(context) {
        return context.wantsEvents ? { events: ticks(context) } : { status: 200, body: { items: [] } };
      },
    }),
    route({
      method: 'post',
      path: '/v1/waits',
      summary: 'Wait',
      permission: 'run.start',
      audit: { none: 'It changes nothing.' },
      loader: 'collection',
      responses: { 200: undefined },
      body: z.strictObject({ waitMs: z.number().int().min(0).max(60_000), park: z.boolean().default(false) }),
      async handle({ body, park, draining }) {
        const parked = body.park && park();
        await sleep(body.waitMs, undefined, { signal: draining }).catch(() => undefined);
        return { status: 200, body: { parked, drained: draining.aborted } };
      },
    }),
    route({
      method: 'get',
      path: '/v1/bugs/{kind}',
      summary: 'Fail',
      permission: 'run.read',
      loader: 'collection',
      params: z.strictObject({ kind: z.enum(['bug', 'row', 'lost']) }),
      responses: {},
      async handle({ params }) {
        if (params.kind === 'row') throw new PalaceError('run.state', { detail: 'The run has ended.' });
        if (params.kind === 'lost') throw Object.assign(new Error('connect ECONNREFUSED /secret/socket'), { code: 'ECONNREFUSED' });
        throw new Error('select * from secret_table where password = hunter2');
      },
    }),
  ];
  return { name: 'toy', routes, things, seen, streams, ready: () => ({ engine: true }) };
}
