// What others may know of what starts runs by itself, schedules and webhooks: part of contract.ts, which would be too long with it.
import { environmentName } from '@palace/gateway/contract.ts';
import { z } from 'zod';
import { namePattern } from './contract.ts';

/** How deliveries of a webhook prove from whom they are. */
export const WEBHOOK_SCHEMES = ['standard', 'github', 'token'] as const;

// ---- schedules ----
export const schedule = z.object({
  flow: z.string(),
  /** The version in force: the one published last. */
  version: z.string(),
  kind: z.enum(['cron', 'every', 'after', 'on']),
  /** In words. */
  schedule: z.string(),
  paused: z.boolean(),
  next: z.string().optional(),
  /** The last time that started a run, and that run. */
  last: z.string().optional(),
  lastRun: z.string().optional(),
  /** Times that passed, or events given up, without a run. */
  missed: z.number(),
  /** Times or events that have come and wait: too many runs of the flow are queued under its concurrency limit. */
  waiting: z.number(),
  /** The run after whose end the next one starts. */
  waitsFor: z.string().optional(),
  /** Events that wait for the others. */
  gathered: z.number().optional(),
});
export const listSchedules = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(300).optional(),
});
export const upcomingTimes = z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(10) });
export const upcoming = z.object({
  /** As far as they follow from the clock alone. */ times: z.array(z.string()),
  /** Of a cron expression: in which it counts. */ zone: z.string().optional(),
  /** What becomes of times that pass while nobody is there. */ catchUp: z.enum(['all', 'last', 'skip']),
});
export const scheduleList = z.object({ items: z.array(schedule), next: z.string().optional() });

// ---- webhooks ----
export const webhookName = z.string().regex(namePattern, 'Use lower-case letters, digits and "-", at most 63.');
export const createWebhook = z.strictObject({
  name: webhookName,
  /** Type of the events that deliveries become. */
  type: z.string().min(1).max(200),
  /** NAMESPACE/NAME: each delivery starts the newest version of it, with the body as input, instead of becoming an event. */
  /** In which such a run lives; without it the one of the flow (`palace apply --env`). */
  environment: environmentName.optional(),
  flow: z
    .string()
    .max(150)
    .regex(/^[a-z0-9-]{1,63}\/[a-z0-9-]{1,63}$/, 'Write NAMESPACE/NAME.')
    .optional(),
  /** `standard`: Standard Webhooks signatures. `github`: X-Hub-Signature-256. `token`: the secret itself in a header. */
  scheme: z.enum(WEBHOOK_SCHEMES).default('standard'),
  /** `token`: in which header; default X-Webhook-Token. */
  header: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,60}$/)
    .optional(),
  /** One that the sender gave you; without it a new one is made. */
  secret: z.string().min(1).max(300).optional(),
});
export const rotateWebhook = z.strictObject({
  /** How long the secret before still counts: a day, at most a week. */
  overlapSeconds: z.number().int().min(0).max(604_800).default(86_400),
  secret: z.string().min(1).max(300).optional(),
});
export const webhook = z.object({
  name: z.string(),
  id: z.string(),
  /** Where to deliver, on this server. */
  path: z.string(),
  type: z.string(),
  flow: z.string().optional(),
  environment: z.string().optional(),
  scheme: z.enum(WEBHOOK_SCHEMES),
  header: z.string().optional(),
  createdAt: z.string(),
});
export const createdWebhook = webhook.extend({ /** Shown this once. */ secret: z.string() });
export const rotatedWebhook = createdWebhook.extend({ oldSecretUntil: z.string().optional() });
export const webhookList = z.object({ items: z.array(webhook) });
export const listDeliveries = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50), cursor: z.string().max(300).optional() });
export const deliveryList = z.object({
  items: z.array(
    z.object({
      at: z.string(),
      /** As the sender calls it. */
      message: z.string().optional(),
      outcome: z.enum(['accepted', 'duplicate', 'refused']),
      reason: z.string().optional(),
      /** The run, or the command of its event. */
      became: z.string().optional(),
    }),
  ),
  next: z.string().optional(),
});
