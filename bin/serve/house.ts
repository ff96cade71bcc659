// All services in one process: opened in order, closed in reverse. Only here and in service-process.ts services are joined.
import { createWriteStream } from 'node:fs';
import { openFlow } from '@palace/flow/service.ts';
import { openHookIntake } from '@palace/flow/triggers/hook-intake.ts';
import { egressRules, environmentReader, openGateway, secretReader } from '@palace/gateway/service.ts';
import type { Config } from '@palace/platform/config.ts';
import { openDataFolder } from '@palace/platform/database/data-folder.ts';
import type { EmbeddedPhase } from '@palace/platform/database/embedded.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { openPlatform } from '@palace/platform/platform.ts';
import { LOCAL_TENANT, retireGeneratedKeys, writeCredentials } from './credentials.ts';
import { gatewaySettings, publicUrl } from './gateway-settings.ts';
import { isLoopbackHost } from './listen.ts';
import { applySamples, startSamples } from './samples.ts';
import { TABLES } from './tables.ts';

export interface HouseOptions {
  readonly config: Config;
  readonly dir: string;
  readonly samples: boolean;
  /** Aborted when somebody asked to stop, also during the start. */
  readonly stopping: AbortSignal;
  /** Where log lines go instead of standard error: a terminal is for people. */
  readonly logFile: string | undefined;
  say(what: string): void;
  /** The database cannot be kept running. */
  gone(error: PalaceError): void;
}

const PHASES: Readonly<Record<EmbeddedPhase, string>> = {
  'database-files': 'looking at the database files',
  'database-create': 'creating the database (once)',
  'database-adopt': 'taking over the database that was left running',
  'database-start': 'starting the database',
  'database-recover': 'the database is recovering what was committed',
  'database-ready': 'the database is ready',
};

export interface House {
  readonly url: string;
  /** The file with url and key; none when listening beyond this machine. */
  readonly credentials: string | undefined;
  /** Signs the owner in, once, within ten minutes; none where nobody can sign in. */
  signInUrl(): Promise<string | undefined>;
  readonly pids: { readonly palace: number; readonly postgres: number | null };
  close(): Promise<void>;
}

/** Undefined when it was asked to stop before it was ready. */
export async function openHouse(options: HouseOptions): Promise<House | undefined> {
  const opened = new AsyncDisposableStack();
  try {
    const house = await open(options, opened);
    if (house !== undefined) return house;
    await opened.disposeAsync();
    return undefined;
  } catch (error) {
    await opened.disposeAsync().catch(() => undefined);
    throw error;
  }
}

async function open({ config, dir, samples, stopping, logFile, say, gone }: HouseOptions, opened: AsyncDisposableStack): Promise<House | undefined> {
  openDataFolder(dir);
  const platform = await openPlatform(config, {
    service: 'palace',
    egressRules,
    secrets: secretReader,
    environments: environmentReader,
    onPhase: (phase) => say(PHASES[phase]),
    onGone: gone,
    ...(logFile === undefined ? {} : { write: logTo(logFile) }),
  });
  opened.defer(() => platform.close());
  if (stopping.aborted) return undefined;
  say('starting the services');
  const sampleService = samples ? await startSamples(dir) : undefined;
  opened.defer(() => sampleService?.close());
  const flow = await openFlow(platform, {
    canary: true,
    tables: TABLES,
    runtimeMetadata: sampleService === undefined ? {} : { sampleService: sampleService.url },
  });
  opened.defer(() => flow.stop());
  const hooks = await openHookIntake(platform);
  const gateway = await openGateway(platform, { doors: [flow.door], hooks, settings: gatewaySettings(config), ...publicUrl(config) });
  opened.defer(() => gateway.close());
  if (stopping.aborted) return undefined;
  if (!isLoopbackHost(config.http.host) && !(await retireGeneratedKeys(gateway, dir)))
    throw new PalaceError('boot.unsafe-listen', { detail: 'there is no key but the generated one' });
  await flow.start();
  if (sampleService !== undefined) await applySamples(flow, gateway, sampleService, say);
  const { url } = await gateway.listen();
  const credentials = isLoopbackHost(config.http.host) ? await writeCredentials(gateway, dir, url, platform.embedded !== undefined) : undefined;
  await gateway.people.ensureOwner(LOCAL_TENANT);
  if (stopping.aborted) return undefined;
  return {
    url,
    credentials,
    signInUrl: () => gateway.people.ownerLink(LOCAL_TENANT),
    pids: { palace: process.pid, postgres: platform.embedded?.pid ?? null },
    close: () => opened.disposeAsync(),
  };
}

function logTo(file: string): (line: string) => void {
  const stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
  stream.on('error', () => undefined);
  return (line) => void stream.write(line);
}
