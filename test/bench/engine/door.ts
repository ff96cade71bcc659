// The gateway before the benchmark's engine, and a client with keep-alive connections that starts a run and awaits its end.
import { Agent, request } from 'node:http';
import type { FlowService } from '@palace/flow/service.ts';
import { openGateway } from '@palace/gateway/service.ts';
import type { Json } from '@palace/jq/jq.ts';
import type { Platform } from '@palace/platform/platform.ts';

export interface BenchDoor {
  run(workload: string, input: Json): Promise<void>;
  close(): Promise<void>;
}

export async function openBenchDoor(platform: Platform, flow: FlowService, tenant: string): Promise<BenchDoor> {
  const gateway = await openGateway(platform, { doors: [flow.door] });
  const { port } = await gateway.listen();
  const key = await gateway.keys.create(tenant, { name: 'bench', role: 'owner' });
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const post = (body: string): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${key.secret}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const sent = request({ host: '127.0.0.1', port, path: '/v1/runs', method: 'POST', agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  return {
    async run(workload, input) {
      const { status, text } = await post(JSON.stringify({ flow: `bench/${workload}`, input, wait: '30s' }));
      const said = JSON.parse(text) as { status?: string };
      if (status !== 201 || said.status !== 'completed') throw new Error(`${status} ${text.slice(0, 300)}`);
    },
    async close() {
      agent.destroy();
      await gateway.close();
    },
  };
}
