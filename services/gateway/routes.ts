// The gateway's own routes: keys, egress rules, the caller, the system.
import { whyNotAllowable } from '@palace/platform/egress/place.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import type { Telemetry } from '@palace/platform/telemetry/port.ts';
import { z } from 'zod';
import {
  apiKey,
  createdKey,
  createKey,
  egressAddress,
  egressRule,
  egressRuleList,
  keyId,
  keyList,
  listEgressRules,
  listKeys,
  me,
  putEgressRule,
  readiness,
  renameKey,
  route,
} from './contract.ts';
import type { Readiness, Role, Route } from './contract.ts';
import { listPage } from './list-page.ts';
import { canonicalAddress } from './host.ts';
import { mayManage } from './keys.ts';
import type { Keys } from './keys.ts';
import { PAGE_POLICY } from './reference.ts';
import { splitAddress } from './store.ts';
import type { GatewayStore } from './store.ts';
import { findPerson, personView } from './people/members.ts';
import type { People } from './people/people.ts';

export interface OwnParts {
  readonly store: GatewayStore;
  readonly keys: Keys;
  readonly people: People;
  readonly telemetry: Telemetry;
  ready(): Promise<Readiness>;
  reasons(): Readonly<Record<string, string>>;
  document(): Promise<unknown>;
  page(): Promise<string>;
}

export function ownRoutes(parts: OwnParts): Route[] {
  return [...keyRoutes(parts), ...keyChanges(parts), ...egressRoutes(parts), ...systemRoutes(parts)];
}

const byKeyId = z.strictObject({ id: keyId });

function keyRoutes({ store, keys }: OwnParts): Route[] {
  const load = (tenant: string, { id }: { id: string }) => store.getKey(tenant, id);
  return [
    route({
      method: 'get',
      path: '/v1/api-keys',
      summary: 'List API keys',
      permission: 'key.read',
      loader: 'collection',
      query: listKeys,
      responses: { 200: keyList },
      async handle({ tenant, query }) {
        const found = await store.listKeys(tenant, query.limit + 1, query.cursor);
        return { status: 200, body: listPage(found, query.limit, (key) => key.id) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/api-keys',
      summary: 'Create an API key',
      permission: 'key.write',
      audit: { action: 'key.create', detail: ({ body }) => ({ name: body.name, role: body.role, expiresAt: body.expiresAt ?? null }) },
      loader: 'collection',
      body: createKey,
      responses: { 201: createdKey },
      async handle({ tenant, principal, body }) {
        checkRank(principal.role, body.role);
        return { status: 201, body: await keys.create(tenant, body) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/api-keys/{id}',
      summary: 'Read one API key',
      permission: 'key.read',
      loader: load,
      params: byKeyId,
      responses: { 200: apiKey },
      handle: async ({ resource }) => ({ status: 200, body: resource }),
    }),
  ];
}

function keyChanges({ store, keys }: OwnParts): Route[] {
  const load = (tenant: string, { id }: { id: string }) => store.getKey(tenant, id);
  return [
    route({
      method: 'put',
      path: '/v1/api-keys/{id}',
      summary: 'Rename an API key',
      permission: 'key.write',
      audit: { action: 'key.rename', detail: ({ body }) => ({ name: body.name }) },
      loader: load,
      params: byKeyId,
      body: renameKey,
      responses: { 200: apiKey },
      async handle({ tenant, principal, params, body, resource }) {
        checkRank(principal.role, resource.role);
        return { status: 200, body: await store.renameKey(tenant, params.id, body.name) };
      },
    }),
    route({
      method: 'delete',
      path: '/v1/api-keys/{id}',
      summary: 'Revoke an API key; it stops working everywhere within 3 s',
      permission: 'key.write',
      audit: { action: 'key.revoke' },
      loader: load,
      params: byKeyId,
      responses: { 204: undefined },
      async handle({ tenant, principal, params, resource }) {
        checkRank(principal.role, resource.role);
        await keys.revoke(tenant, params.id);
        return { status: 204 };
      },
    }),
  ];
}

function checkRank(actor: Role, subject: Role): void {
  if (!mayManage(actor, subject)) throw new PalaceError('auth.forbidden', { detail: `Only a role not lower than "${subject}" may do that.` });
}

const byAddress = z.strictObject({ address: egressAddress });

/** One spelling an address, so that a rule is found again however it was typed. */
function place(address: string): { host: string; port: number } {
  const { host, port } = splitAddress(address);
  return { host: canonicalAddress(host), port };
}

function egressRoutes({ store }: OwnParts): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/egress',
      summary: 'List the rules for outgoing connections',
      permission: 'egress.read',
      loader: 'collection',
      query: listEgressRules,
      responses: { 200: egressRuleList },
      async handle({ tenant, query }) {
        const after = query.cursor === undefined ? undefined : egressAddress.safeParse(query.cursor).data;
        const found = await store.listRules(tenant, query.limit + 1, after === undefined ? undefined : place(after));
        return { status: 200, body: listPage(found, query.limit, (rule) => rule.address) };
      },
    }),
    route({
      method: 'put',
      path: '/v1/egress/{address}',
      summary: 'Allow or deny one HOST:PORT',
      permission: 'egress.write',
      audit: { action: 'egress.set', detail: ({ body }) => ({ action: body.action, reason: body.reason }) },
      loader: 'collection',
      params: byAddress,
      body: putEgressRule,
      responses: { 200: egressRule },
      async handle({ tenant, params, body }) {
        const where = place(params.address);
        const never = body.action === 'allow' ? whyNotAllowable(where) : undefined;
        if (never !== undefined) throw new PalaceError('egress.never', { detail: never });
        return { status: 200, body: await store.putRule({ tenant, ...where, ...body }) };
      },
    }),
    route({
      method: 'delete',
      path: '/v1/egress/{address}',
      summary: 'Remove a rule',
      permission: 'egress.write',
      audit: { action: 'egress.remove' },
      params: byAddress,
      responses: { 204: undefined },
      loader: (tenant, params) => store.getRule(tenant, place(params.address).host, place(params.address).port),
      async handle({ tenant, resource }) {
        await store.deleteRule(tenant, resource.host, resource.port);
        return { status: 204 };
      },
    }),
  ];
}

const OPEN = { method: 'get', permission: 'public', loader: 'collection' } as const;

function systemRoutes(parts: OwnParts): Route[] {
  return [
    meRoute(parts),
    metricsRoute(parts.telemetry, 'system.read'),
    ...openRoutes(parts),
    route({
      ...OPEN,
      path: '/docs',
      summary: 'The reference for people',
      responses: { 200: undefined },
      handle: async () => ({
        status: 200,
        body: await parts.page(),
        headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': PAGE_POLICY },
      }),
    }),
  ];
}

function meRoute({ people }: OwnParts): Route {
  return route({
    method: 'get',
    path: '/v1/me',
    summary: 'Who am I',
    permission: 'authenticated',
    loader: 'collection',
    responses: { 200: me },
    async handle({ principal: { id, kind, tenant, role, permissions, signedIn } }) {
      const caller = { id, kind, tenant, role, permissions: [...permissions] };
      const found = signedIn && (await findPerson(people.database.api, { id: signedIn.person.id }));
      return { status: 200, body: found === undefined ? caller : { ...caller, person: personView(found), session: signedIn?.session } };
    },
  });
}

type OpenParts = Pick<OwnParts, 'ready' | 'reasons' | 'document'>;

/** What a service process answers without a signature: its network lets only the gateway and the scraper in. */
export function internalRoutes(parts: OpenParts & Pick<OwnParts, 'telemetry'>): Route[] {
  return [metricsRoute(parts.telemetry, 'public'), ...openRoutes(parts)];
}

function metricsRoute(telemetry: Telemetry, permission: 'public' | 'system.read'): Route {
  return route({
    ...OPEN,
    path: '/metrics',
    summary: 'Prometheus metrics; without a key from this machine only',
    permission,
    openOnLoopback: true,
    responses: { 200: undefined },
    handle: async () => ({
      status: 200,
      body: await telemetry.metrics(),
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
    }),
  });
}

function openRoutes({ ready, reasons, document }: OpenParts): Route[] {
  return [
    route({
      ...OPEN,
      path: '/healthz',
      summary: 'The process answers',
      responses: { 200: z.object({ ok: z.boolean() }) },
      handle: async () => ({ status: 200, body: { ok: true } }),
    }),
    route({
      ...OPEN,
      path: '/readyz',
      summary: 'Every part can serve',
      responses: { 200: readiness, 503: readiness },
      async handle() {
        const states = await ready();
        const all = Object.values(states.parts).every(Boolean);
        if (all) return { status: 200, body: { ready: true, ...states } };
        const known = Object.entries(reasons()).filter(([part]) => states.parts[part] === false);
        const why = known.length > 0 ? { reasons: Object.fromEntries(known) } : {};
        return { status: 503, body: { ready: false, ...states, ...why }, headers: { 'retry-after': '1' } };
      },
    }),
    route({
      ...OPEN,
      path: '/v1/openapi.json',
      summary: 'This description',
      responses: { 200: undefined },
      handle: async () => ({ status: 200, body: await document() }),
    }),
  ];
}
