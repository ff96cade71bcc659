// AgentsFlow's routes: definitions, runs, what can be done to a run, events. The gateway mounts them.
import type { Route } from '@palace/gateway/contract.ts';
import { controlRoutes } from './routes/control.ts';
import { definitionRoutes } from './routes/definitions.ts';
import { breachRoutes } from './routes/breaches.ts';
import { eventRoutes } from './routes/events.ts';
import { haltRoutes } from './routes/halts.ts';
import { healthRoutes } from './routes/health.ts';
import { limitRoutes } from './routes/limits.ts';
import { runRoutes } from './routes/runs.ts';
import { summaryRoutes } from './routes/summary.ts';
import { storageRoutes } from './routes/storage.ts';
import type { FlowParts } from './parts.ts';
import { applyRoutes } from './applies/apply-routes.ts';
import { scheduleRoutes } from './triggers/schedule-routes.ts';
import { webhookRoutes } from './triggers/webhook-routes.ts';

export const flowRoutes = (parts: FlowParts): readonly Route[] => [
  ...definitionRoutes(parts),
  ...applyRoutes(parts),
  ...runRoutes(parts),
  ...summaryRoutes(parts),
  ...controlRoutes(parts),
  ...haltRoutes(parts),
  ...breachRoutes(parts),
  ...eventRoutes(parts),
  ...healthRoutes(parts),
  ...limitRoutes(parts),
  ...storageRoutes(parts),
  ...scheduleRoutes(parts),
  ...webhookRoutes(parts),
];
