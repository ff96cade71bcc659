// The door of a service process in a cluster (`palace start flow`): the same routes behind the gateway's signature.
// I1 Every route of the service needs a signed identity; only health, readiness, metrics and the description answer without (S41).
// I2 The permissions are those that were signed: the service checks each route against them again.
import type { Audit } from '@palace/platform/audit/port.ts';
import type { Telemetry } from '@palace/platform/telemetry/port.ts';
import { ANYBODY, checkPermission } from './admission.ts';
import type { Principal, Readiness, Route, ServiceDoor } from './contract.ts';
import type { Admission } from './endpoint.ts';
import type { Exchange } from './exchange.ts';
import { checkInternalKey, IDENTITY_HEADER, TIME_HEADER, verifyInternal } from './identity.ts';
import { createApp, dispatcher, mountEnd } from './mount.ts';
import { openApi } from './openapi.ts';
import { internalRoutes } from './routes.ts';
import { HttpDoor } from './server.ts';
import { DEFAULT_SETTINGS } from './settings.ts';
import type { GatewaySettings } from './settings.ts';
import { openWatch } from './watch.ts';

export interface InternalDoorOptions {
  readonly settings?: Partial<GatewaySettings>;
  readonly version?: string;
  /** This machine's clock, ms since the epoch; a test sets it wrong. */
  readonly nowMs?: () => number;
}

export interface InternalDoor {
  listen(): Promise<{ readonly url: string; readonly port: number }>;
  close(): Promise<void>;
}

export function openInternalDoor(
  platform: { readonly telemetry: Telemetry; readonly audit: Pick<Audit, 'append'> },
  doors: readonly ServiceDoor[],
  internalKey: string,
  options: InternalDoorOptions = {},
): InternalDoor {
  const key = checkInternalKey(internalKey);
  const settings: GatewaySettings = { ...DEFAULT_SETTINGS, ...options.settings };
  const door = new HttpDoor({ settings, publicUrl: undefined, anyHost: true, behindGateway: true, watch: openWatch(platform.telemetry) });
  const served = doors.flatMap((service) => service.routes);
  const routes = [
    ...served,
    ...internalRoutes({
      telemetry: platform.telemetry,
      ready: async () => statesOf(doors, door.draining),
      reasons: () => reasonsOf(doors),
      document: async () => openApi(served, options.version ?? '0', undefined),
    }),
  ];
  const app = createApp();
  const dispatch = dispatcher(routes, {
    admission: signedAdmission(key, options.nowMs ?? Date.now),
    settings,
    draining: door.draining,
    audit: { audit: platform.audit, log: platform.telemetry.log },
  });
  mountEnd(app, door.exchangeOf);
  return { listen: () => door.listen(dispatch, app), close: () => door.close() };
}

/** What the services of this process say of themselves, and whether it still accepts. */
export function statesOf(doors: readonly ServiceDoor[], draining: AbortSignal): Readiness {
  const states: Record<string, boolean> = { accepting: !draining.aborted };
  for (const service of doors) {
    for (const [part, ready] of Object.entries(service.ready())) states[`${service.name}.${part}`] = ready;
  }
  const held = doors.map((service) => service.held?.()).find((one) => one !== undefined);
  return { parts: states, ...(held !== undefined && { held }) };
}

/** Why parts of this process are not ready, by the names of `statesOf`. */
export function reasonsOf(doors: readonly ServiceDoor[]): Record<string, string> {
  return Object.fromEntries(doors.flatMap(({ name, reasons }) => Object.entries(reasons?.() ?? {}).map(([part, reason]) => [`${name}.${part}`, reason])));
}

function signedAdmission(key: string, nowMs: () => number): Admission {
  return {
    admit(exchange: Exchange, route: Route): Principal {
      exchange.headers.push(TIME_HEADER, String(nowMs()));
      const { method = '', url = '', headers } = exchange.request;
      // A route that is public at the gateway is still called by the gateway alone; only this door's own ones are open.
      if (route.permission === 'public' && isOwn(route)) return ANYBODY;
      const { principal, address } = verifyInternal(key, { method, url }, headers[IDENTITY_HEADER], nowMs());
      exchange.caller = { address, rateKey: address, loopback: false };
      checkPermission(route, principal);
      return principal;
    },
    // The gateway looks the key up again and cuts the connection; this process has no keys.
    stillAllowed: async () => true,
  };
}

const OWN = new Set(['/healthz', '/readyz', '/metrics', '/v1/openapi.json']);

function isOwn(route: Route): boolean {
  return OWN.has(route.path);
}
