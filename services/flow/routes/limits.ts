// /v1/limits: what this installation allows, with the setting of each bound (R16). What is announced here is what is enforced.
import { route, type Route } from '@palace/gateway/contract.ts';
import { limits } from '../contract.ts';
import type { FlowParts } from '../parts.ts';

export function limitRoutes({ platform }: FlowParts): Route[] {
  const { flow, effect, http } = platform.config;
  const items = [
    { name: 'historyEvents', value: flow.historyEvents, unit: 'events of one segment of a run', setting: 'PALACE_FLOW_HISTORY_EVENTS' },
    { name: 'payloadBytes', value: flow.payloadBytes, unit: 'bytes of one value', setting: 'PALACE_FLOW_PAYLOAD_BYTES' },
    { name: 'fanOut', value: flow.fanOut, unit: 'branches of one fork, items of one map', setting: 'PALACE_FLOW_FAN_OUT' },
    { name: 'iterations', value: flow.iterations, unit: 'items of one loop', setting: 'PALACE_FLOW_ITERATIONS' },
    { name: 'nesting', value: flow.nesting, unit: 'flows that run flows', setting: 'PALACE_FLOW_NESTING' },
    {
      name: 'bufferedSignals',
      value: flow.bufferedSignals,
      unit: 'signals that wait for a listen, events that one listen holds',
      setting: 'PALACE_FLOW_BUFFERED_SIGNALS',
    },
    { name: 'expressionFuel', value: flow.expressionFuel, unit: 'steps of one expression', setting: 'PALACE_FLOW_EXPRESSION_FUEL' },
    { name: 'retriesPerRun', value: flow.retriesPerRun, unit: 'retries of one run', setting: 'PALACE_FLOW_RETRIES_PER_RUN' },
    { name: 'activeRuns', value: flow.maxActiveRuns, unit: 'runs of a tenant with work at once', setting: 'PALACE_FLOW_MAX_ACTIVE_RUNS' },
    { name: 'waitingEffects', value: flow.maxWaitingEffects, unit: 'effects of a tenant that wait', setting: 'PALACE_FLOW_MAX_WAITING_EFFECTS' },
    { name: 'lookBackMs', value: flow.lookBackMs, unit: 'ms that a listen looks back', setting: 'PALACE_FLOW_LOOK_BACK_MS' },
    { name: 'caughtUp', value: flow.maxCaughtUp, unit: 'missed times of one schedule that are caught up', setting: 'PALACE_FLOW_MAX_CAUGHT_UP' },
    { name: 'gathered', value: flow.maxGathered, unit: 'events of one schedule that wait for others', setting: 'PALACE_FLOW_MAX_GATHERED' },
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
