// The gateway before the benchmark's engine: what a client needs to come in by HTTP.
import type { FlowService } from '@palace/flow/service.ts';
import { openGateway } from '@palace/gateway/service.ts';
import type { Platform } from '@palace/platform/platform.ts';

export interface BenchDoor {
  readonly port: number;
  /** An API key. */
  readonly secret: string;
  close(): Promise<void>;
}

export async function openBenchDoor(platform: Platform, flow: FlowService, tenant: string): Promise<BenchDoor> {
  const gateway = await openGateway(platform, { doors: [flow.door], settings: { port: platform.config.http.port } });
  const { port } = await gateway.listen();
  const { secret } = await gateway.keys.create(tenant, { name: 'bench', role: 'owner' });
  return { port, secret, close: () => gateway.close() };
}
