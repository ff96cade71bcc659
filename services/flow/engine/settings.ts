// From the configuration to the engine's bounds. Every bound is a setting; this is the one place that maps them.
import type { Json } from '@palace/jq/jq.ts';
import type { Config } from '@palace/platform/config.ts';
import { VERSION } from '@palace/platform/release.ts';
import type { EngineSettings } from './parts.ts';

export function engineSettings({ flow, database }: Config, runtimeMetadata: Readonly<Record<string, Json>>): EngineSettings {
  return {
    runtimeVersion: VERSION,
    runtimeMetadata: { ...runtimeMetadata },
    decide: {
      eventsPerDecision: 500,
      historyEvents: flow.historyEvents,
      payloadBytes: flow.payloadBytes,
      fanOut: flow.fanOut,
      iterations: flow.iterations,
      nesting: flow.nesting,
      bufferedSignals: flow.bufferedSignals,
      expressionFuel: flow.expressionFuel,
      retriesPerRun: flow.retriesPerRun,
    },
    acceptMs: database.connectTimeoutMs,
    maxPendingStarts: flow.maxPendingStarts,
    maxActiveRuns: flow.maxActiveRuns,
    maxIdleRuns: flow.maxIdleRuns,
    maxQueuedRuns: flow.maxQueuedRuns,
    maxWaitingStarts: flow.maxWaitingStarts,
    maxEffects: flow.maxEffects,
    maxWaitingEffects: flow.maxWaitingEffects,
    turnsPerTick: flow.turnsPerTick,
    eventsPerSnapshot: flow.eventsPerSnapshot,
    commandsPerTurn: 200,
    lookBackMs: flow.lookBackMs,
    reconcileMs: flow.reconcileMs,
    maxHeldRows: flow.maxHeldRows,
    maxCaughtUp: flow.maxCaughtUp,
    maxGathered: flow.maxGathered,
  };
}
