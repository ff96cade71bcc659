// /v1/limits: what this installation allows, with the setting of each bound (R16). What is announced here is what is enforced.
import { route, type Route } from '@palace/gateway/contract.ts';
import { limits } from '../contract.ts';
import { LIMIT_UNITS, type RunLimit } from '../core/near-limits.ts';
import { settingOf } from '../core/turn.ts';
import type { FlowParts } from '../parts.ts';

export function limitRoutes({ platform }: FlowParts): Route[] {
  const { flow, effect, http, retention } = platform.config;
  const ofRuns = (Object.keys(LIMIT_UNITS) as RunLimit[]).map((name) => ({ name, value: flow[name], unit: LIMIT_UNITS[name], setting: settingOf(name) }));
  const items = [
    ...ofRuns,
    { name: 'expressionFuel', value: flow.expressionFuel, unit: 'steps of one expression', setting: 'PALACE_FLOW_EXPRESSION_FUEL' },
    { name: 'activeRuns', value: flow.maxActiveRuns, unit: 'runs of a tenant with work at once', setting: 'PALACE_FLOW_MAX_ACTIVE_RUNS' },
    { name: 'queuedRuns', value: flow.maxQueuedRuns, unit: 'runs of a tenant queued in one shard', setting: 'PALACE_FLOW_MAX_QUEUED_RUNS' },
    {
      name: 'waitingStarts',
      value: flow.maxWaitingStarts,
      unit: 'events of a tenant in one shard that wait for room among queued runs',
      setting: 'PALACE_FLOW_MAX_WAITING_STARTS',
    },
    { name: 'waitingEffects', value: flow.maxWaitingEffects, unit: 'effects of a tenant that wait', setting: 'PALACE_FLOW_MAX_WAITING_EFFECTS' },
    { name: 'lookBackMs', value: flow.lookBackMs, unit: 'ms that a listen looks back', setting: 'PALACE_FLOW_LOOK_BACK_MS' },
    { name: 'caughtUp', value: flow.maxCaughtUp, unit: 'missed times of one schedule that are caught up', setting: 'PALACE_FLOW_MAX_CAUGHT_UP' },
    { name: 'gathered', value: flow.maxGathered, unit: 'events of one schedule that wait for others', setting: 'PALACE_FLOW_MAX_GATHERED' },
    { name: 'completedRunsMs', value: retention.completedMs, unit: 'ms that a completed or cancelled run is kept', setting: 'PALACE_RETENTION_COMPLETED_MS' },
    { name: 'failedRunsMs', value: retention.failedMs, unit: 'ms that a failed run is kept', setting: 'PALACE_RETENTION_FAILED_MS' },
    {
      name: 'repeatedRequestMs',
      value: retention.keysMs,
      unit: 'ms in which a request or an event that comes again is known',
      setting: 'PALACE_RETENTION_KEYS_MS',
    },
    { name: 'responseBytes', value: effect.maxResponseBytes, unit: 'bytes of one response', setting: 'PALACE_EFFECT_MAX_RESPONSE_BYTES' },
    {
      name: 'requestBytes',
      value: http.maxBodyBytes,
      unit: 'bytes of one request, where its route names no bound of its own',
      setting: 'PALACE_HTTP_MAX_BODY_BYTES',
    },
    { name: 'requestsPerMinute', value: http.ratePerKey, unit: 'requests of one API key in a minute', setting: 'PALACE_HTTP_RATE_PER_KEY' },
  ];
  return [
    route({
      method: 'get',
      path: '/v1/limits',
      summary: 'The limits of this installation and the setting of each',
      permission: 'run.read',
      loader: 'collection',
      responses: { 200: limits },
      handle: async () => ({ status: 200, body: { items } }),
    }),
  ];
}
