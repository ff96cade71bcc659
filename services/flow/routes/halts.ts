// /v1/halts: holding back a flow, a tenant or the whole installation, and letting it go on (ENGINE E19, S53).
// I1 Whoever controls runs holds back flows of the own tenant and that tenant; anything wider is for an owner of the installation.
// I2 What an owner of the installation holds back, no tenant lets go.
// I3 The answer follows the commit: an act that begins later than a second after it does not exist (engine/halts.ts).
import { ownsInstallation, route, type Principal, type Route } from '@palace/gateway/contract.ts';
import type { Halt } from '@palace/platform/durable/contract.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { redactText } from '@palace/platform/telemetry/redact.ts';
import type { z } from 'zod';
import { haltList, haltView, liftedHalt, liftHalt, setHalt, type haltScope } from '../diagnosis-contract.ts';
import { ALL, flowScope, readScope, shownBy, tenantScope } from '../core/halts.ts';
import type { FlowParts } from '../parts.ts';
import { requester } from './requester.ts';

/** Of one tenant: flows that are held back one by one. */
const MOST_OF_A_TENANT = 100;

type View = z.input<typeof haltView>;
type Scope = z.output<typeof haltScope>;

export const haltRoutes = (parts: FlowParts): Route[] => [listRoute(parts), setRoute(parts), liftRoute(parts)];

function listRoute(parts: FlowParts): Route {
  return route({
    method: 'get',
    path: '/v1/halts',
    summary: 'What is held back: of this tenant, and of the whole installation',
    permission: 'run.read',
    loader: 'collection',
    responses: { 200: haltList },
    handle: async ({ principal }) => ({ status: 200, body: { items: visible(parts, principal) } }),
  });
}

function setRoute(parts: FlowParts): Route {
  return route({
    method: 'post',
    path: '/v1/halts',
    summary: 'Begin no new act and start nothing by itself, within a second, for a flow, a tenant or everybody',
    permission: 'run.control',
    loader: 'collection',
    body: setHalt,
    audit: { action: 'halt.set', detail: ({ body }) => detailOf(body) },
    responses: { 200: haltView },
    async handle({ principal, body }) {
      const scope = scopeOf(principal, body);
      await refuseUnknown(parts, principal, body);
      refuseTooMany(parts, scope, principal.tenant);
      const halt = await parts.node.halt({
        scope,
        level: 'effects',
        by: `${principal.tenant}/${requester(principal)}`,
        ...(body.reason !== undefined && { reason: body.reason }),
      });
      parts.platform.telemetry.log.warn('held back', { scope, by: halt.by, reason: halt.reason });
      return { status: 200, body: haltPage(halt, principal.tenant) };
    },
  });
}

function liftRoute(parts: FlowParts): Route {
  return route({
    method: 'post',
    path: '/v1/halts/lift',
    summary: 'Let what was held back go on; what a wider scope holds back stays so',
    permission: 'run.control',
    loader: 'collection',
    body: liftHalt,
    audit: { action: 'halt.lift', detail: ({ body }) => detailOf(body) },
    responses: { 200: liftedHalt },
    async handle({ principal, body }) {
      const scope = scopeOf(principal, body);
      const standing = parts.node.halts().all.find((halt) => halt.scope === scope);
      if (standing !== undefined && !mayLift(principal, standing))
        throw new PalaceError('auth.forbidden', { detail: 'An owner of the installation holds it back; only an owner of the installation lets it go on.' });
      const lifted = await parts.node.liftHalt(scope);
      if (lifted !== undefined) parts.platform.telemetry.log.warn('goes on', { scope, by: `${principal.tenant}/${requester(principal)}` });
      const still = visible(parts, principal);
      return { status: 200, body: { ...(lifted !== undefined && { lifted: haltPage(lifted, principal.tenant) }), still } };
    },
  });
}

const detailOf = ({ flow, tenant, all }: Scope) => ({ flow: flow ?? null, tenant: tenant ?? null, all: all === true });

/** I2 */
const mayLift = (principal: Principal, { by }: Halt): boolean => ownsInstallation(principal) || by.startsWith(`${principal.tenant}/`);

/** I1 */
function scopeOf(principal: Principal, wish: Scope): string {
  if (wish.flow !== undefined) return flowScope(principal.tenant, wish.flow);
  if (wish.tenant === principal.tenant) return tenantScope(wish.tenant);
  if (!ownsInstallation(principal))
    throw new PalaceError('auth.forbidden', { detail: 'Another tenant, or the whole installation, is held back by an owner of the installation.' });
  return wish.tenant === undefined ? ALL : tenantScope(wish.tenant);
}

/** A slip of the finger must not look like a halt. */
async function refuseUnknown({ platform, programs }: FlowParts, { tenant: own }: Principal, { flow, tenant }: Scope): Promise<void> {
  if (flow !== undefined && (await programs.resolve(own, flow)) === undefined)
    throw new PalaceError('not-found', { detail: `There is no flow ${flow}. List them with: palace get flows` });
  if (tenant === undefined || tenant === own) return;
  const { rows } = await platform.database.asTenant(tenant, (sql) => sql.query('select from flow.definition limit 1'));
  if (rows.length === 0) throw new PalaceError('not-found', { detail: `The tenant ${tenant} has no flows.` });
}

function refuseTooMany({ node }: FlowParts, scope: string, tenant: string): void {
  const { all } = node.halts();
  const own = all.filter((halt) => halt.scope.startsWith(flowScope(tenant, '')));
  if (own.length < MOST_OF_A_TENANT || all.some((halt) => halt.scope === scope)) return;
  throw new PalaceError('limit.exceeded', { detail: `${own.length} flows are held back one by one. Hold back the tenant: palace pause --tenant ${tenant}` });
}

function visible({ node }: FlowParts, principal: Principal): View[] {
  const everything = ownsInstallation(principal);
  return node
    .halts()
    .all.filter(({ scope }) => {
      const read = readScope(scope);
      return everything || read?.kind === 'all' || (read !== undefined && read.tenant === principal.tenant);
    })
    .map((halt) => haltPage(halt, principal.tenant));
}

export function haltPage({ scope, level, reason, by, sinceMs }: Halt, tenant: string): View {
  const read = readScope(scope);
  return {
    scope: read?.kind ?? 'all',
    ...(read !== undefined && 'tenant' in read && { tenant: read.tenant }),
    ...(read?.kind === 'flow' && { flow: read.flow }),
    level,
    ...(reason !== undefined && { reason: redactText(reason) }),
    by: shownBy(by, tenant),
    since: new Date(sinceMs).toISOString(),
  };
}
