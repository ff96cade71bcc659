// /v1/health: how the installation does. /readyz says whether it serves; this says how, to people who are signed in.
import { route, type Route } from '@palace/gateway/contract.ts';
import { health } from '../diagnosis-contract.ts';
import { healthReader } from '../health/health.ts';
import type { FlowParts } from '../parts.ts';

export function healthRoutes(parts: FlowParts): Route[] {
  const read = healthReader(parts);
  return [
    route({
      method: 'get',
      path: '/v1/health',
      summary: 'Processes and their shards, figures of the process that answers, the canary, the last backup, the upgrade',
      permission: 'system.read',
      loader: 'collection',
      responses: { 200: health },
      handle: async () => ({ status: 200, body: await read() }),
    }),
  ];
}
