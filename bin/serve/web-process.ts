// The console in a process of its own, for clusters: pages here, the API from the gateway behind it. And its build alone,
// for a machine or an image that is made ready before anything is started.
import { openWebDoor } from '@palace/gateway/service.ts';
import type { Config } from '@palace/platform/config.ts';
import { openTelemetry } from '@palace/platform/platform.ts';
import { CommandFailure } from '../failure.ts';
import { buildConsole, openConsole } from './console.ts';
import { gatewaySettings, publicUrl } from './gateway-settings.ts';
import type { ServiceProcess } from './service-process.ts';

export interface WebProcessOptions {
  readonly config: Config;
  readonly gatewayUrl: string;
  readonly program: string;
  say(what: string): void;
}

export async function openWebProcess({ config, gatewayUrl, program, say }: WebProcessOptions): Promise<ServiceProcess> {
  const opened = new AsyncDisposableStack();
  try {
    const telemetry = openTelemetry(config, { service: 'web' });
    opened.defer(() => telemetry.close());
    const web = openConsole({ log: telemetry.log, dataDir: config.installation.dataDir, program, say });
    opened.defer(() => web.close());
    const door = openWebDoor({ telemetry, settings: gatewaySettings(config), gatewayUrl, ...publicUrl(config), pages: web.handle });
    opened.defer(() => door.close());
    const { url } = await door.listen();
    web.begin();
    return { url, close: () => opened.disposeAsync() };
  } catch (error) {
    await opened.disposeAsync().catch(() => undefined);
    throw error;
  }
}

export interface BuiltConsole {
  readonly folder: string;
  /** False when it lay there already. */
  readonly built: boolean;
  readonly seconds: number;
}

export async function buildOnly({ config, say }: Pick<WebProcessOptions, 'config' | 'say'>, signal: AbortSignal): Promise<BuiltConsole> {
  const beginMs = performance.now();
  const ensured = await buildConsole(config.installation.dataDir, signal, say);
  if (ensured.kind === 'stopped') throw new CommandFailure(130, 'The build of the console was stopped.');
  if (ensured.kind === 'failed') {
    throw new CommandFailure(1, 'The console could not be built.', {
      details: ensured.lines,
      next: 'Mend what the lines name. Without a console: palace up --no-console',
    });
  }
  return { folder: ensured.folder, built: ensured.built, seconds: Math.round((performance.now() - beginMs) / 100) / 10 };
}
