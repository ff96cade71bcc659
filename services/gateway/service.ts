// The gateway, read first. It is the one public door: it decides who calls (admission, credentials), how often (limits), from where
// (host), and gives every request to a declared route: its own (routes) or a service's, mounted here (mount, endpoint) or in another
// process (proxy). Failures leave as problems, streams as server-sent events, the description as OpenAPI.
//
//   listen -> server (slot, host, origin, path) -> Express -> endpoint (admission, params, loader, query, body, handler) -> answer
//
// I1 Nothing reaches a service without a verified principal, a checked permission and a parsed body.
// I2 Revoking a key is effective within `credentialCacheMs` everywhere and ends its streams within 30 s.
import type { Cache } from '@palace/platform/cache/port.ts';
import type { Database } from '@palace/platform/database/port.ts';
import type { Telemetry } from '@palace/platform/telemetry/port.ts';
import type { Express } from 'express';
import { publicAdmission } from './admission.ts';
import type { EgressRuleView, Route, ServiceDoor } from './contract.ts';
import { Credentials } from './credentials.ts';
import { openKeys } from './keys.ts';
import type { Keys } from './keys.ts';
import { RateLimiter } from './limits.ts';
import { migrations } from './migrations.ts';
import { createApp, mountEnd, mountRoutes } from './mount.ts';
import { openApi } from './openapi.ts';
import type { OpenApi } from './openapi.ts';
import { referencePage } from './reference.ts';
import { ownRoutes } from './routes.ts';
import { HttpDoor } from './server.ts';
import { DEFAULT_SETTINGS } from './settings.ts';
import type { GatewaySettings } from './settings.ts';
import { GatewayStore, splitAddress } from './store.ts';
import { openWatch } from './watch.ts';

export { egressRules } from './store.ts';

const VERSION = '0.1.0';
const LAST_USED_MS = 30_000;
const READY_MS = 1_000;

/** The part of the platform that the gateway stands on. */
export interface GatewayPlatform {
  readonly database: Database;
  readonly cache: Cache;
  readonly telemetry: Telemetry;
}

export interface GatewayOptions {
  /** Services of this process. */
  readonly doors?: readonly ServiceDoor[];
  readonly publicUrl?: string;
  readonly settings?: Partial<GatewaySettings>;
}

export interface Gateway {
  listen(): Promise<{ readonly url: string; readonly port: number }>;
  /** Stops accepting, ends streams cleanly, waits for open requests up to the drain limit. */
  close(): Promise<void>;
  readonly keys: Keys;
  readonly egress: { allow(tenant: string, address: string, reason: string): Promise<EgressRuleView> };
  readonly app: Express;
}

export async function openGateway(platform: GatewayPlatform, options: GatewayOptions = {}): Promise<Gateway> {
  const settings: GatewaySettings = { ...DEFAULT_SETTINGS, ...options.settings };
  const doors = options.doors ?? [];
  await platform.database.migrate({ schema: 'gateway', migrations });

  const store = new GatewayStore(platform.database);
  const credentials = new Credentials({ find: (id) => store.findKey(id) }, settings.credentialCacheMs);
  const keys = openKeys(store, credentials);
  const door = new HttpDoor({ settings, publicUrl: options.publicUrl, watch: openWatch(platform.telemetry) });
  const admission = publicAdmission({
    credentials,
    perKey: new RateLimiter('key', settings.ratePerKey, platform.cache),
    perAddress: new RateLimiter('address', settings.ratePerAddress, platform.cache),
    refused: new RateLimiter('refused', settings.rateRefused, platform.cache),
  });

  const routes: Route[] = [];
  const description = describe(routes, options.publicUrl);
  routes.push(
    ...ownRoutes({ store, keys, telemetry: platform.telemetry, ready: readiness(store, doors, door.draining), ...description }),
    ...doors.flatMap((service) => service.routes),
  );
  const app = createApp();
  mountRoutes(app, routes, { admission, settings, draining: door.draining }, door.exchangeOf);
  mountEnd(app, door.exchangeOf);

  const writer = writeLastUsedLazily(store, credentials, platform.telemetry);
  return {
    app,
    keys,
    egress: { allow: (tenant, address, reason) => store.putRule({ tenant, ...splitAddress(address), action: 'allow', reason }) },
    listen: () => door.listen(app),
    async close() {
      await door.close();
      await writer.close();
    },
  };
}

/** Built when first asked for: most processes never show it. */
function describe(routes: readonly Route[], publicUrl: string | undefined): { document(): Promise<OpenApi>; page(): Promise<string> } {
  let document: OpenApi | undefined;
  let page: string | undefined;
  const build = async (): Promise<OpenApi> => (document ??= openApi(routes, VERSION, publicUrl));
  return { document: build, page: async () => (page ??= referencePage(await build())) };
}

function readiness(store: GatewayStore, doors: readonly ServiceDoor[], draining: AbortSignal): () => Promise<Readonly<Record<string, boolean>>> {
  let asked: { readonly atMs: number; readonly database: Promise<boolean> } | undefined;
  return async () => {
    if (asked === undefined || performance.now() - asked.atMs > READY_MS) {
      const answered = store.ping().then(() => true, () => false);
      asked = { atMs: performance.now(), database: Promise.race([answered, falseAfter(READY_MS)]) };
    }
    const parts: Record<string, boolean> = { accepting: !draining.aborted, database: await asked.database };
    for (const service of doors) {
      for (const [part, ready] of Object.entries(service.ready())) parts[`${service.name}.${part}`] = ready;
    }
    return parts;
  };
}

function falseAfter(delayMs: number): Promise<boolean> {
  return new Promise((resolve) => setTimeout(() => resolve(false), delayMs).unref());
}

function writeLastUsedLazily(store: GatewayStore, credentials: Credentials, telemetry: Telemetry): { close(): Promise<void> } {
  const write = (): Promise<void> =>
    store.writeLastUsed(credentials.takeUsed()).catch((error: unknown) => telemetry.log.warn('The last use of keys could not be written', { error }));
  const timer = setInterval(() => void write(), LAST_USED_MS);
  timer.unref();
  return {
    close() {
      clearInterval(timer);
      return write();
    },
  };
}
