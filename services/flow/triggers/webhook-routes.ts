// /v1/webhooks: addresses that others send to. What they send comes in at the gateway (hook-intake.ts).
// I1 A secret is shown once, when it is made; afterwards it is only ever opened to verify a signature.
import { PalaceError } from '@palace/platform/errors.ts';
import { fewRandomBytes } from '@palace/platform/random-bytes.ts';
import { route, type Route } from '@palace/gateway/contract.ts';
import { z } from 'zod';
import {
  createdWebhook,
  createWebhook,
  deliveryList,
  listDeliveries,
  rotatedWebhook,
  rotateWebhook,
  type webhook,
  webhookList,
  webhookName,
} from '../contract.ts';
import { secretFrom, whyNoSecret, type WebhookScheme } from '../core/webhook.ts';
import { checkEnvironment, type FlowParts } from '../parts.ts';
import { makeCursor, readCursor } from '../store/cursor.ts';
import { sealedFor } from './hook-intake.ts';
import { addHook, addKey, getHook, listDeliveries as deliveries, listHooks, removeHook, type KeptDelivery, type Webhook } from './webhook-store.ts';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const DEFAULT_HEADER = 'x-webhook-token';
const byName = z.strictObject({ name: webhookName });

export const webhookRoutes = (parts: FlowParts): Route[] => [createRoute(parts), ...oneRoutes(parts), ...readRoutes(parts)];

const page = (hook: Webhook): z.input<typeof webhook> => ({
  name: hook.name,
  id: hook.id,
  path: `/v1/hooks/${hook.id}`,
  type: hook.type,
  scheme: hook.scheme,
  createdAt: new Date(hook.createdMs).toISOString(),
  ...(hook.flow !== undefined && { flow: hook.flow }),
  ...(hook.environment !== undefined && { environment: hook.environment }),
  ...(hook.scheme === 'token' && { header: hook.header }),
});

const newId = (): string => [...fewRandomBytes(26)].map((byte) => ALPHABET[byte & 31]).join('');

/** The one that was brought, or a new one. */
function secretOf(scheme: WebhookScheme, brought: string | undefined): string {
  const why = brought === undefined ? undefined : whyNoSecret(scheme, brought);
  if (why !== undefined) throw new PalaceError('request.invalid', { errors: [{ path: '/secret', message: why }] });
  return brought ?? secretFrom(scheme, fewRandomBytes(32));
}

function createRoute({ platform }: FlowParts): Route {
  return route({
    method: 'post',
    path: '/v1/webhooks',
    summary: 'Make an address that others deliver to',
    permission: 'webhook.write',
    audit: { action: 'webhook.create', detail: ({ body }) => ({ name: body.name, type: body.type, flow: body.flow ?? null, scheme: body.scheme }) },
    loader: 'collection',
    body: createWebhook,
    responses: { 201: createdWebhook },
    async handle({ tenant, body }) {
      const { name, type, flow, environment, scheme } = body;
      if (environment !== undefined) await checkEnvironment(platform, tenant, environment);
      const secret = secretOf(scheme, body.secret);
      const id = newId();
      const sealed = await platform.vault.seal(tenant, sealedFor(id), Buffer.from(secret));
      const header = body.header?.toLowerCase() ?? DEFAULT_HEADER;
      const hook = await platform.database.asTenant(tenant, (sql) => addHook(sql, tenant, { name, id, type, flow, environment, scheme, header }, sealed));
      return { status: 201, body: { ...page(hook), secret }, headers: { location: `/v1/webhooks/${name}` } };
    },
  });
}

function oneRoutes({ platform }: FlowParts): Route[] {
  const { database, vault } = platform;
  const loader = (tenant: string, { name }: { name: string }) => database.asTenant(tenant, (sql) => getHook(sql, name));
  return [
    route({
      method: 'delete',
      path: '/v1/webhooks/{name}',
      summary: 'Remove a webhook; what is delivered to it from now on is not known',
      permission: 'webhook.write',
      audit: { action: 'webhook.remove' },
      params: byName,
      loader,
      responses: { 204: undefined },
      async handle({ tenant, resource }) {
        await database.asTenant(tenant, (sql) => removeHook(sql, resource));
        return { status: 204 };
      },
    }),
    route({
      method: 'post',
      path: '/v1/webhooks/{name}/rotate',
      summary: 'A new secret; the one before counts for a while longer',
      permission: 'webhook.write',
      audit: { action: 'webhook.rotate', detail: ({ body }) => ({ overlapSeconds: body.overlapSeconds }) },
      params: byName,
      body: rotateWebhook,
      loader,
      responses: { 200: rotatedWebhook },
      async handle({ tenant, resource, body }) {
        const secret = secretOf(resource.scheme, body.secret);
        const sealed = await vault.seal(tenant, sealedFor(resource.id), Buffer.from(secret));
        const untilMs = await database.asTenant(tenant, (sql) => addKey(sql, tenant, resource.name, sealed, body.overlapSeconds * 1_000));
        return { status: 200, body: { ...page(resource), secret, ...(untilMs !== undefined && { oldSecretUntil: new Date(untilMs).toISOString() }) } };
      },
    }),
  ];
}

const deliveryPage = ({ atMs, message, outcome, reason, became }: KeptDelivery) => ({ at: new Date(atMs).toISOString(), message, outcome, reason, became });

function readRoutes({ platform }: FlowParts): Route[] {
  const { database } = platform;
  const loader = (tenant: string, { name }: { name: string }) => database.asTenant(tenant, (sql) => getHook(sql, name));
  return [
    route({
      method: 'get',
      path: '/v1/webhooks',
      summary: 'List webhooks',
      permission: 'webhook.read',
      loader: 'collection',
      responses: { 200: webhookList },
      handle: async ({ tenant }) => ({ status: 200, body: { items: (await database.asTenant(tenant, listHooks)).map(page) } }),
    }),
    route({
      method: 'get',
      path: '/v1/webhooks/{name}/deliveries',
      summary: 'What was delivered to a webhook, newest first, and what became of it',
      permission: 'webhook.read',
      params: byName,
      query: listDeliveries,
      loader,
      responses: { 200: deliveryList },
      async handle({ tenant, resource, query }) {
        const before = readCursor<[string]>(query.cursor, ['string'])?.[0];
        const found = await database.asTenant(tenant, (sql) => deliveries(sql, resource.name, query.limit + 1, before));
        const items = found.slice(0, query.limit);
        const last = found.length > items.length ? items.at(-1) : undefined;
        const body = { items: items.map(deliveryPage) };
        return { status: 200, body: { ...body, ...(last !== undefined && { next: makeCursor(last.seq) }) } };
      },
    }),
  ];
}
