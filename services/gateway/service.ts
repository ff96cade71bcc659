// The gateway, read first. It is the one public door: it decides who calls (admission, credentials), how often (limits), from where
// (host), and gives every request to a declared route: its own (routes) or a service's, mounted here (mount, endpoint) or in another
// process (proxy). Failures leave as problems, streams as server-sent events, the description as OpenAPI.
//
//   listen -> server (slot, host, origin, path) -> mount -> endpoint (admission, params, loader, query, body, handler) -> answer
//
// I1 Nothing reaches a service without a verified principal, a checked permission and a parsed body.
// I2 Revoking a key is effective within `credentialCacheMs` everywhere and ends its streams within 30 s.
import type { Audit, AuditDetail } from '@palace/platform/audit/port.ts';
import type { Cache } from '@palace/platform/cache/port.ts';
import type { Database } from '@palace/platform/database/port.ts';
import type { Telemetry } from '@palace/platform/telemetry/port.ts';
import { VERSION } from '@palace/platform/release.ts';
import type { Vault } from '@palace/platform/vault/port.ts';
import type { Express } from 'express';
import { publicAdmission } from './admission.ts';
import { auditRoutes } from './audit-routes.ts';
import type { EgressRuleView, HookIntake, Readiness, Route, ServiceDoor } from './contract.ts';
import { Credentials } from './credentials.ts';
import { openKeys } from './keys.ts';
import type { Keys } from './keys.ts';
import { RateLimiter } from './limits.ts';
import { migrations } from './migrations.ts';
import { reasonsOf, statesOf } from './internal-door.ts';
import { createApp, dispatcher, mountEnd } from './mount.ts';
import { openApi } from './openapi.ts';
import type { OpenApi } from './openapi.ts';
import { mountProxies } from './proxy.ts';
import type { Proxies, ProxyTarget } from './proxy.ts';
import { referencePage } from './reference.ts';
import { meRoutes } from './people/me-routes.ts';
import { openPeople } from './people/people.ts';
import type { People } from './people/people.ts';
import { peopleRoutes } from './people/people-routes.ts';
import { signInRoutes } from './people/sign-in-routes.ts';
import { ownRoutes } from './routes.ts';
import { secretRoutes } from './secret-routes.ts';
import { environmentRoutes } from './environment-routes.ts';
import { openEnvironments } from './environments.ts';
import { openSecrets } from './secrets.ts';
import { hookRoute } from './hook-route.ts';
import { HttpDoor } from './server.ts';
import { DEFAULT_SETTINGS } from './settings.ts';
import type { GatewaySettings } from './settings.ts';
import { GatewayStore, splitAddress } from './store.ts';
import { openWatch } from './watch.ts';

export { openInternalDoor } from './internal-door.ts';
export { environmentReader } from './environments.ts';
export { secretReader } from './secrets.ts';
export { egressRules } from './store.ts';

const LAST_USED_MS = 30_000;
const READY_MS = 1_000;

/** The part of the platform that the gateway stands on. */
export interface GatewayPlatform {
  readonly database: Database;
  readonly cache: Cache;
  readonly telemetry: Telemetry;
  readonly vault: Vault;
  readonly audit: Audit;
}

export interface GatewayOptions {
  /** Services of this process. */
  readonly doors?: readonly ServiceDoor[];
  /** Services in other processes; needs `internalKey`. */
  readonly proxies?: readonly ProxyTarget[];
  /** Shared with the service processes, at least 32 characters. */
  readonly internalKey?: string;
  readonly publicUrl?: string;
  /** Without it there are no webhooks. */
  readonly hooks?: HookIntake;
  readonly settings?: Partial<GatewaySettings>;
}

export interface Gateway {
  listen(): Promise<{ readonly url: string; readonly port: number }>;
  /** Stops accepting, ends streams cleanly, waits for open requests up to the drain limit. */
  close(): Promise<void>;
  readonly keys: Keys;
  readonly people: {
    /** The installation has a person who owns it: made when there is none. */
    ensureOwner(tenant: string): Promise<void>;
    /** A link that signs the first owner in, once; undefined where nobody can sign in. */
    ownerLink(tenant: string): Promise<string | undefined>;
  };
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
  const listening = { url: `http://${settings.host}:${settings.port}` };
  const people = openPeople(platform, { settings, address: () => options.publicUrl ?? listening.url });
  const unasked = bySystem(platform.audit, store, keys, people);
  const unavailable = (): string | undefined => platform.database.away() ?? doors.map((service) => service.silence?.()).find((reason) => reason !== undefined);
  const door = new HttpDoor({ settings, publicUrl: options.publicUrl, watch: openWatch(platform.telemetry), unavailable });
  const admission = publicAdmission({
    credentials,
    people,
    perKey: new RateLimiter('key', settings.ratePerKey, platform.cache),
    perAddress: new RateLimiter('address', settings.ratePerAddress, platform.cache),
    refused: new RateLimiter('refused', settings.rateRefused, platform.cache),
  });

  const app = createApp();
  const routes: Route[] = [];
  const terms = {
    admission,
    settings,
    draining: door.draining,
    exchangeOf: door.exchangeOf,
    internalKey: options.internalKey,
    audit: { audit: platform.audit, log: platform.telemetry.log },
  };
  const later: { proxies?: Proxies } = {};
  const ready = readiness(store, async () => joinReadiness(statesOf(doors, door.draining), await later.proxies?.ready()));
  const description = describe(routes, options.publicUrl, async (own) => later.proxies?.describe(own) ?? own);
  routes.push(...ownRoutes({ store, keys, people, telemetry: platform.telemetry, ready, reasons: () => reasonsOf(doors), ...description }));
  routes.push(...secretRoutes(openSecrets(platform.database, platform.vault), platform.telemetry.log));
  routes.push(...auditRoutes(platform.audit));
  routes.push(...signInRoutes(people), ...meRoutes(people));
  routes.push(...peopleRoutes(people, async (tenant, id) => (await store.getKey(tenant, id))?.name));
  routes.push(...environmentRoutes(openEnvironments(platform.database), platform.telemetry.log));
  routes.push(...doors.flatMap((service) => service.routes));
  if (options.hooks !== undefined) routes.push(hookRoute(options.hooks));
  const dispatch = dispatcher(routes, terms);
  // Declared routes win over a prefix: they are asked first.
  later.proxies = mountProxies(app, options.proxies ?? [], terms);
  mountEnd(app, door.exchangeOf);

  const writer = writeLastUsedLazily(store, credentials, people, platform.telemetry);
  return {
    app,
    ...unasked,
    async listen() {
      const bound = await door.listen(dispatch, app);
      listening.url = bound.url;
      return bound;
    },
    async close() {
      await door.close();
      later.proxies?.close();
      await writer.close();
      people.close();
    },
  };
}

/** What the server does by itself stands in the audit log as well. */
function bySystem(audit: Audit, store: GatewayStore, keys: Keys, people: People): Pick<Gateway, 'keys' | 'egress' | 'people'> {
  const tell = (tenant: string, action: string, target: string, detail: AuditDetail = {}): Promise<number> =>
    audit.append(tenant, { actor: { kind: 'system', id: 'palace' }, action, target, detail });
  return {
    keys: {
      ...keys,
      async create(tenant, key, handOver) {
        await tell(tenant, 'key.create', '/v1/api-keys', { name: key.name, role: key.role });
        return keys.create(tenant, key, handOver);
      },
      async revoke(tenant, id) {
        await tell(tenant, 'key.revoke', `/v1/api-keys/${id}`);
        return keys.revoke(tenant, id);
      },
    },
    people: {
      async ensureOwner(tenant) {
        await people.owner(tenant);
      },
      async ownerLink(tenant) {
        if (people.channel().kind === 'readable') return undefined;
        await tell(tenant, 'person.sign-in-link', '/v1/sign-in-links', { person: 'the first owner' });
        return (await people.link(tenant)).url;
      },
    },
    egress: {
      async allow(tenant, address, reason) {
        await tell(tenant, 'egress.allow', `/v1/egress/${address}`, { reason });
        return store.putRule({ tenant, ...splitAddress(address), action: 'allow', reason });
      },
    },
  };
}

/** Built when first asked for: most processes never show it. */
function describe(
  routes: readonly Route[],
  publicUrl: string | undefined,
  complete: (own: OpenApi) => Promise<OpenApi>,
): { document(): Promise<OpenApi>; page(): Promise<string> } {
  let own: OpenApi | undefined;
  const document = async (): Promise<OpenApi> => complete((own ??= openApi(routes, VERSION, publicUrl)));
  let shown: { readonly of: OpenApi; readonly page: string } | undefined;
  return {
    document,
    async page() {
      const of = await document();
      if (shown?.of !== of) shown = { of, page: referencePage(of) };
      return shown.page;
    },
  };
}

function joinReadiness(own: Readiness, others: Readiness | undefined): Readiness {
  return { ...own, ...others, parts: { ...own.parts, ...others?.parts } };
}

/** Asks the database and the other processes at most once a second, however often it is asked itself. */
function readiness(store: GatewayStore, others: () => Promise<Readiness>): () => Promise<Readiness> {
  let asked: { readonly atMs: number; readonly states: Promise<Readiness> } | undefined;
  const ask = async (): Promise<Readiness> => {
    const answered = store.ping().then(
      () => true,
      () => false,
    );
    const [database, states] = await Promise.all([Promise.race([answered, falseAfter(READY_MS)]), others()]);
    return { ...states, parts: { ...states.parts, database } };
  };
  return () => {
    if (asked === undefined || performance.now() - asked.atMs > READY_MS) asked = { atMs: performance.now(), states: ask() };
    return asked.states;
  };
}

function falseAfter(delayMs: number): Promise<boolean> {
  return new Promise((resolve) => setTimeout(() => resolve(false), delayMs).unref());
}

function writeLastUsedLazily(store: GatewayStore, credentials: Credentials, { sessions }: People, telemetry: Telemetry): { close(): Promise<void> } {
  const write = async (): Promise<void> => {
    try {
      await store.writeLastUsed(credentials.takeUsed());
      await sessions.writeUsed();
    } catch (error) {
      telemetry.log.warn('The last use of keys and sessions could not be written', { error });
    }
  };
  const timer = setInterval(() => void write(), LAST_USED_MS);
  timer.unref();
  return {
    close() {
      clearInterval(timer);
      return write();
    },
  };
}
