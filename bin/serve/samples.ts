// The sample flows and the service on loopback that they call. The one egress rule that `palace up` writes is for it.
// I1 The service keeps its port over restarts where it can, so that a run interrupted in a call finds it again.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { FlowService } from '@palace/flow/service.ts';
import type { Gateway } from '@palace/gateway/service.ts';
import { PalaceError, type ErrorCode } from '@palace/platform/errors.ts';
import { startSampleService, type SampleService } from '../../samples/order-intake/service.ts';
import { readFlowFiles } from '../flow-files.ts';
import { placeLine } from '../report-failure.ts';
import { ROOT } from '../run-tool.ts';
import { LOCAL_TENANT } from './credentials.ts';

const PORT_FILE = 'sample-service.port';

export async function startSamples(dir: string): Promise<SampleService> {
  const service = await startSampleService(lastPort(dir)).catch(() => startSampleService());
  writeFileSync(join(dir, PORT_FILE), new URL(service.url).port);
  return service;
}

/** Publishes the sample flows; the same text again changes nothing. One that cannot be published is reported and stops nobody. */
export async function applySamples(flow: FlowService, gateway: Gateway, service: SampleService, report: (problem: string) => void): Promise<void> {
  await gateway.egress.allow(LOCAL_TENANT, new URL(service.url).host, 'the sample service of palace up');
  for (const { path, source } of readFlowFiles([join(ROOT, 'samples')])) {
    const file = relative(ROOT, path);
    try {
      await flow.publish(LOCAL_TENANT, source, file);
    } catch (error) {
      if (!(error instanceof PalaceError) || !NOT_PUBLISHED.has(error.code)) throw error;
      const place = error.errors?.[0];
      report(`the sample ${file} was not published: ${error.message}${place === undefined ? '' : ` (${placeLine(place)})`}`);
    }
  }
}

const NOT_PUBLISHED: ReadonlySet<string> = new Set<ErrorCode>(['flow.version-exists', 'flow.invalid', 'limit.exceeded']);

function lastPort(dir: string): number {
  try {
    const port = Number(readFileSync(join(dir, PORT_FILE), 'utf8'));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
  } catch {
    return 0;
  }
}
