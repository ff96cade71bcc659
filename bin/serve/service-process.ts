// One service in one process, for clusters: a flow process behind a signed door, or the gateway in front of some.
import { KEYED_PATHS } from '@palace/flow/contract.ts';
import { openFlow } from '@palace/flow/service.ts';
import { openHookIntake } from '@palace/flow/triggers/hook-intake.ts';
import { egressRules, environmentReader, openGateway, openInternalDoor, secretReader } from '@palace/gateway/service.ts';
import type { Config } from '@palace/platform/config.ts';
import { derivedKey } from '@palace/platform/installation-key.ts';
import { openPlatform, type Platform } from '@palace/platform/platform.ts';
import { writeFirstKey } from './credentials.ts';
import { gatewaySettings, publicUrl } from './gateway-settings.ts';
import { TABLES } from './tables.ts';

/** What a flow process answers, as the gateway sees it. Deliveries of webhooks the gateway keeps itself. */
export const FLOW_PREFIXES = [
  '/v1/flows',
  '/v1/runs',
  '/v1/commands',
  '/v1/events',
  '/v1/schedules',
  '/v1/webhooks',
  '/v1/applies',
  '/v1/sets',
  '/v1/halts',
  '/v1/health',
  '/v1/breaches',
  '/v1/limits',
  '/v1/storage',
];

export interface ServiceProcessOptions {
  readonly service: 'gateway' | 'flow';
  readonly config: Config;
  readonly flowUrls: readonly string[];
  /** For the gateway: where the first key goes. */
  readonly credentials: string | undefined;
  say(what: string): void;
}

export interface ServiceProcess {
  readonly url: string;
  close(): Promise<void>;
}

export async function openServiceProcess(options: ServiceProcessOptions): Promise<ServiceProcess> {
  const { service, config } = options;
  const opened = new AsyncDisposableStack();
  try {
    const platform = await openPlatform(config, { service, egressRules, secrets: secretReader, environments: environmentReader });
    opened.defer(() => platform.close());
    const url = service === 'flow' ? await openFlowProcess(platform, opened) : await openGatewayProcess(platform, options, opened);
    return { url, close: () => opened.disposeAsync() };
  } catch (error) {
    await opened.disposeAsync().catch(() => undefined);
    throw error;
  }
}

/** Both sides derive the same key from the installation's. */
function gatewayKey({ internalKey }: Platform): string {
  return derivedKey(internalKey, 'gateway').reveal();
}

async function openFlowProcess(platform: Platform, opened: AsyncDisposableStack): Promise<string> {
  const { config } = platform;
  const flow = await openFlow(platform, { canary: true, tables: TABLES });
  opened.defer(() => flow.stop());
  const door = openInternalDoor(platform, [flow.door], gatewayKey(platform), { settings: gatewaySettings(config) });
  opened.defer(() => door.close());
  await flow.start();
  return (await door.listen()).url;
}

async function openGatewayProcess(platform: Platform, { flowUrls, credentials, say }: ServiceProcessOptions, opened: AsyncDisposableStack): Promise<string> {
  const { config } = platform;
  const proxies = flowUrls.map((url, at) => ({ name: `flow-${at + 1}`, url, prefixes: FLOW_PREFIXES, keyed: KEYED_PATHS }));
  const hooks = await openHookIntake(platform);
  const gateway = await openGateway(platform, { proxies, hooks, internalKey: gatewayKey(platform), settings: gatewaySettings(config), ...publicUrl(config) });
  opened.defer(() => gateway.close());
  const { url } = await gateway.listen();
  const advice = credentials === undefined ? undefined : await writeFirstKey(gateway, credentials, url);
  if (advice !== undefined) say(advice);
  return url;
}
