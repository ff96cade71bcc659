// The sample flows and the service on loopback that they call. The one egress rule that `palace up` writes is for it.
// I1 The service keeps its port over restarts where it can, so that a run interrupted in a call finds it again.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { FlowService } from '@palace/flow/service.ts';
import type { Gateway } from '@palace/gateway/service.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import type { Log } from '@palace/platform/telemetry/port.ts';
import { startSampleService, type SampleService } from '../../samples/order-intake/service.ts';
import { readFlowFiles } from '../flow-files.ts';
import { ROOT } from '../run-tool.ts';
import { LOCAL_TENANT } from './credentials.ts';

const PORT_FILE = 'sample-service.port';

export async function startSamples(dir: string): Promise<SampleService> {
  const service = await startSampleService(lastPort(dir)).catch(() => startSampleService());
  writeFileSync(join(dir, PORT_FILE), new URL(service.url).port);
  return service;
}

/** Publishes the sample flows; publishing the same text again changes nothing. */
export async function applySamples(flow: FlowService, gateway: Gateway, service: SampleService, log: Log): Promise<void> {
  await gateway.egress.allow(LOCAL_TENANT, new URL(service.url).host, 'the sample service of palace up');
  for (const { path, source } of readFlowFiles([join(ROOT, 'samples')])) {
    await flow.publish(LOCAL_TENANT, source, relative(ROOT, path)).catch((error: unknown) => {
      if (!(error instanceof PalaceError) || error.code !== 'flow.version-exists') throw error;
      log.warn('a sample was changed and keeps its version; the published one stays', { file: relative(ROOT, path) });
    });
  }
}

function lastPort(dir: string): number {
  try {
    const port = Number(readFileSync(join(dir, PORT_FILE), 'utf8'));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
  } catch {
    return 0;
  }
}
