// What others may know of AgentsFlow: the shapes of its HTTP API (docs, clients and validation come from here).
// Times are RFC 3339 in UTC; ids are opaque strings; JSON values are any JSON.
import { environmentName } from '@palace/gateway/contract.ts';
import { z } from 'zod';

/** How deliveries of a webhook prove from whom they are. */
export const WEBHOOK_SCHEMES = ['standard', 'github', 'token'] as const;

/** What keeps its Idempotency-Key with its effect when it is posted there: repeating it is harmless. */
export const KEYED_PATHS = /^\/v1\/runs(?!\/batch$)/;

export const RUN_STATES = ['pending', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled', 'quarantined'] as const;
export type RunStatus = (typeof RUN_STATES)[number];

export const json: z.ZodType<unknown> = z.unknown();
export const namePattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
export const versionPattern = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-[0-9A-Za-z.-]{1,64})?(?:\+[0-9A-Za-z.-]{1,64})?$/;
/** `namespace/name`, optionally `@version`. */
export const flowRef = z
  .string()
  .max(200)
  .regex(/^[a-z0-9-]{1,63}\/[a-z0-9-]{1,63}(@[0-9A-Za-z.+-]{1,100})?$/, 'Write NAMESPACE/NAME or NAMESPACE/NAME@VERSION.');
export const runId = z.string().regex(/^run_[0-9a-hjkmnp-tv-z]{26}$/, 'A run id looks like run_ and 26 letters and digits.');

// ---- flows ----
export const publishFlow = z.strictObject({
  /** The document's text, YAML or JSON, as written. */
  source: z.string().min(1).max(1_000_000),
  /** Shown in messages, e.g. the file's name. */
  sourceName: z.string().max(300).optional(),
});
export const flowVersion = z.object({
  namespace: z.string(),
  name: z.string(),
  version: z.string(),
  /** SHA-256 of the normalised document and of the texts of elsewhere that it was published with, hex. */
  hash: z.string(),
  title: z.string().optional(),
  publishedAt: z.string(),
  latest: z.boolean(),
  /** False when the same content was published before. */
  created: z.boolean().optional(),
});
export const flowDetail = flowVersion.extend({
  source: z.string(),
  document: json,
  /** Functions, scripts and schemas of elsewhere as they were at publishing: where they were fetched, and the SHA-256 of their text. */
  fetched: z.array(z.object({ address: z.string(), hash: z.string() })).optional(),
});
export const listFlows = z.strictObject({
  namespace: z.string().max(63).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(300).optional(),
});
export const flowList = z.object({ items: z.array(flowVersion), next: z.string().optional() });
/** With the run that started last, of any version. */
export const listedFlow = flowVersion.extend({
  lastRun: z.object({ id: z.string(), status: z.enum(RUN_STATES), startedAt: z.string(), endedAt: z.string().optional() }).optional(),
});
export const listedFlows = z.object({ items: z.array(listedFlow), next: z.string().optional() });
/** JSON Schema, draft 2020-12. */
export const flowSchema = z.record(z.string(), z.unknown());
export const validation = z.object({
  ok: z.boolean(),
  /** Addresses that publishing would fetch; nothing was fetched to validate. */
  fetchedAtPublishing: z.array(z.string()).optional(),
  errors: z.array(
    z.object({ path: z.string(), message: z.string(), line: z.number().optional(), column: z.number().optional(), suggestion: z.string().optional() }),
  ),
});

// ---- runs ----
export const ENDED: ReadonlySet<RunStatus> = new Set(['completed', 'failed', 'cancelled']);

const waitLimit = z
  .string()
  .regex(/^\d{1,6}(ms|s|m)$/)
  .optional();
export const startRun = z.strictObject({
  flow: flowRef,
  input: json.optional(),
  environment: environmentName.optional().describe('Where the run lives: its secrets and variables are those of this environment. Default: default.'),
  wait: waitLimit.describe(
    'Answer when the run has ended, or as soon as only an answer from outside moves it (a signal, an event, a word about an act in doubt, a resume) ' +
      'or the time-out of that answer; at the latest after so long: 500ms, 30s, 1m, at most 60 s. A run that calls out, tries again, sleeps or waits for its place is waited for. ' +
      'The answer is the run as it is then: see status, and in waitingFor what it waits for, by name, and until when.',
  ),
});
export const startRuns = z.strictObject({
  items: z
    .array(z.strictObject({ flow: flowRef, input: json.optional(), environment: environmentName.optional(), key: z.string().min(1).max(200).optional() }))
    .min(1)
    .max(1000),
});

/** OWS error as problem details. `instance` is the step's JSON pointer. */
export const runError = z.object({
  type: z.string(),
  status: z.number(),
  title: z.string().optional(),
  detail: z.string().optional(),
  instance: z.string().optional(),
});
export const waitingFor = z.object({
  kind: z.enum(['signal', 'event', 'timer', 'effect', 'run', 'in-doubt', 'place', 'paused', 'retry']),
  /** The step's JSON pointer; empty for what concerns the whole run. */
  step: z.string(),
  name: z.string().optional(),
  /** Of a place: the key of its concurrency limit, when it has one; `name` is the flow. */
  key: json.optional(),
  until: z.string().optional(),
  since: z.string(),
  /** One sentence for people. */
  text: z.string(),
  /** The command that moves it, when one does. */
  command: z.string().optional(),
});
export const whyCause = z.enum([
  // What stands in the way of everything.
  'quarantined',
  'program',
  'shortage',
  'format',
  'no-owner',
  'frozen-owner',
  'halt',
  // What should have come by now.
  'command',
  'delivery',
  'overdue-timer',
  // What the run itself waits for.
  'paused',
  'in-doubt',
  'signal',
  'event',
  'timer',
  'retry',
  'function',
  'effect',
  'child',
  'place',
  // Nothing.
  'start',
  'working',
]);
/** Why a run does not go on. */
export const why = z.object({
  cause: whyCause,
  /** One sentence for people. */
  text: z.string(),
  since: z.string(),
  owner: z.object({
    shard: z.number(),
    /** Rises with every change of the owner. */
    epoch: z.number(),
    /** The process that works on its shard; absent when none does. */
    node: z.string().optional(),
    /** Its last proof of life. */
    seen: z.string().optional(),
  }),
  lastEvent: z.object({ seq: z.number(), type: z.string(), at: z.string() }).optional(),
  /** Commands that move it, the first one first. */
  commands: z.array(z.string()),
});
export const runSummary = z.object({
  id: z.string(),
  flow: z.string(),
  version: z.string(),
  status: z.enum(RUN_STATES),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  parent: z.string().optional(),
  forkOf: z.string().optional(),
  /** What started it, when nobody did: `schedule/TIME`, `after/TIME`, `event/ID`, `webhook/NAME/ID`. */
  trigger: z.string().optional(),
  environment: z.string(),
});
export const failure = z.object({
  /** JSON pointer of the step; for what concerns the run as a whole, of that part of the document: `/input/from`, `/timeout`, ... */
  step: z.string(),
  line: z.number().optional(),
  column: z.number().optional(),
  name: z.string(),
  /** The resolved input of the step, secrets masked. */
  input: json.optional(),
  /** Since the run was last sent back by a person; earlier ones are in its history. */
  attempts: z.array(z.object({ attempt: z.number(), startedAt: z.string(), endedAt: z.string().optional(), error: z.string().optional() })),
  /** The run of the sub-flow that failed, and the command that shows it. */
  child: z.object({ id: z.string(), command: z.string() }).optional(),
  /** The cause in one sentence. */
  cause: z.string(),
});
export const runDetail = runSummary.extend({
  input: json.optional(),
  output: json.optional(),
  error: runError.optional(),
  context: json.optional(),
  /** Those of its environment that its flow names, as they were when it was accepted. */
  variables: json.optional(),
  waitingFor: z.array(waitingFor),
  /** Limits of which it has used half (of its history three quarters), while it is near them. `name` as in /v1/limits. */
  nearLimits: z.array(z.object({ name: z.string(), used: z.number(), limit: z.number(), unit: z.string(), setting: z.string() })).optional(),
  /** Of a run that has not ended; not in the answer to a start. */
  why: why.optional(),
  failure: failure.optional(),
  lastSeq: z.number(),
  /** The events that are kept, from `firstSeq` to `lastSeq`: fork and retry reach back so far. `segment`: the number of the open one. */
  history: z.object({ firstSeq: z.number(), lastSeq: z.number(), segment: z.number() }),
  quarantine: z.object({ reason: z.string(), at: z.string() }).optional(),
});
/** The answer to a start: the id alone, or with `wait` the detail. */
export const startedRun = z.union([runDetail, z.object({ id: z.string() })]);
export const waitForEndQuery = z.strictObject({
  wait: waitLimit.describe('Answer when the run has ended (or is set aside), whatever it waits for; at the latest after so long, at most 60 s.'),
});
/** What began a run: somebody's request, one of its flow's triggers, the run above it, or a fork. */
export const RUN_ORIGINS = ['request', 'schedule', 'after', 'event', 'webhook', 'parent', 'fork'] as const;
export const listRuns = z.strictObject({
  flow: z.string().max(200).optional(),
  status: z.enum(RUN_STATES).optional(),
  environment: environmentName.optional(),
  origin: z.enum(RUN_ORIGINS).optional().describe('What began it: request, schedule, after, event, webhook, parent (a run of another flow) or fork.'),
  id: z
    .string()
    .max(40)
    .regex(/^[a-z0-9_]+$/, 'A run id looks like run_ and 26 letters and digits.')
    .optional()
    .describe('The beginning of its id, or all of it.'),
  startedAfter: z.iso.datetime().optional(),
  startedBefore: z.iso.datetime().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(300).optional(),
});
/** Of a run that waits: the signals and events that it has asked for, acts in doubt. Time and other runs are told by its detail alone. */
export const waitsFor = z.array(z.object({ kind: z.enum(['signal', 'event', 'in-doubt']), name: z.string() }));
export const runList = z.object({ items: z.array(runSummary.extend({ waitsFor: waitsFor.optional() })), next: z.string().optional() });
const countsByState = z.partialRecord(z.enum(RUN_STATES), z.number().int());
/** How it goes: runs of the last hours, what is open, and what waits for a person. At most a few seconds old. */
export const runsSummary = z.object({
  /** As of when. */
  at: z.string(),
  /** Runs that started in each of the last 24 hours, the oldest first, by their state as of now. */
  hours: z.array(z.object({ from: z.string(), counts: countsByState })),
  /** False when there are more than are counted: then the oldest hours lack some, the newest 200,000 runs are complete. */
  complete: z.boolean(),
  /** Runs that have not ended, whenever they started; each state counted up to 100,000. */
  open: countsByState,
  people: z.object({
    /** Runs for which somebody has to say something: counted up to 10,000. */
    runs: z.number().int(),
    /** False while not every waiting run was looked at; signals are looked for in the newest 100. */
    complete: z.boolean(),
    /** The oldest of them, at most 20. */
    items: z.array(
      z.object({
        run: z.string(),
        flow: z.string(),
        /** `signal`: it listens for one; `in-doubt`: an act of it may have happened or not; `quarantined`: it was set aside. */
        kind: z.enum(['signal', 'in-doubt', 'quarantined']),
        /** Of the signal, or of the function that was called. */
        name: z.string().optional(),
        since: z.string(),
      }),
    ),
  }),
});
export const startedRuns = z.object({ items: z.array(z.union([z.object({ id: z.string() }), z.object({ problem: json })])) });

/** A step that is open: `act` is the number of this instance of it, `parent` of the one around it (0: the run). */
export const openStep = z.object({ act: z.number(), parent: z.number(), path: z.string(), step: z.string(), name: z.string(), kind: z.string() });
export const historyEvent = z.object({
  seq: z.number(),
  at: z.string(),
  type: z.string(),
  /** JSON pointer, name and kind (`do`, `call`, `for`, ...; as in docs/flow-language.md) of the step that the event names by its place in the program. */
  step: z.string().optional(),
  name: z.string().optional(),
  kind: z.string().optional(),
  data: json,
  /** Of an event that begins with a state (`run.rewound`, `segment.opened`): the steps that are open in it. After a rewind they are new
   * instances: their numbers count from 1 above the highest number that the history has had until then. */
  open: z.array(openStep).optional(),
  /** Values of `data` that are longer than `maxValueBytes`. Ask for the event alone to have them. */
  leftOut: z.array(z.object({ name: z.string(), bytes: z.number() })).optional(),
});
export const history = z.object({ items: z.array(historyEvent), next: z.number().optional() });
export const historyQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  maxValueBytes: z.coerce
    .number()
    .int()
    .min(0)
    .max(10_000_000)
    .optional()
    .describe('Values inside of events that are longer than so many bytes of JSON are left out, and named in `leftOut`. Default: whole events.'),
});

// ---- control ----
export const sendSignal = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(100)
    .regex(/^[A-Za-z0-9._-]+$/),
  data: json.optional(),
});
export const accepted = z.object({ id: z.string() });
export const commandState = z.object({ id: z.string(), state: z.enum(['open', 'done', 'unused', 'refused']), detail: z.string().optional() });
export const reason = z.strictObject({ reason: z.string().max(500).optional() });
export const retryRun = z.strictObject({
  /** JSON pointer; default: the failed step. */ step: z.string().max(1000).optional(),
  effects: z.enum(['keep', 'again']).default('keep'),
});
export const forkRun = z.strictObject({
  /** The last event kept from the original. */
  atSeq: z.number().int().min(1),
  /** Replaces the data at that point. */
  context: json.optional(),
  input: json.optional(),
  effects: z.enum(['keep', 'again', 'dry']).default('keep'),
  /** Only shows which effects would be performed again. */
  preview: z.boolean().default(false),
});
export const forked = z.object({
  id: z.string().optional(),
  repeats: z.array(z.object({ step: z.string(), class: z.string(), key: z.string(), answeredFromLedger: z.boolean() })),
  /** The history is longer than what was looked through: acts after this event are not in the list. */
  repeatsUpTo: z.number().optional(),
});
export const resolveEffect = z.strictObject({ /** Did the act happen? */ outcome: z.enum(['done', 'absent']), result: json.optional() });
export const BULK_VERBS = ['pause', 'resume', 'cancel', 'retry'] as const;
/** What a verb can change; it finds no other runs. */
export const BULK_STATES: Readonly<Record<(typeof BULK_VERBS)[number], readonly RunStatus[]>> = {
  pause: ['running', 'waiting'],
  resume: ['paused'],
  cancel: ['pending', 'running', 'waiting', 'paused'],
  retry: ['failed', 'quarantined'],
};
export const bulkRuns = z.strictObject({
  verb: z.enum(BULK_VERBS),
  filter: z.strictObject({ flow: z.string().max(200).optional(), status: z.enum(RUN_STATES).optional(), ids: z.array(runId).max(1000).optional() }),
  /** The oldest ones first. */
  limit: z.number().int().min(1).max(10_000).default(1000),
  /** The `next` of an answer before: goes on behind the runs that it has seen. */
  cursor: z.string().max(300).optional(),
  dryRun: z.boolean().default(false),
});
export const bulkResult = z.object({
  /** Runs that fit, counted up to 100,000. */
  matched: z.number(),
  /** Runs for which the verb is kept; each is checked again by its owner. */
  accepted: z.number(),
  /** True when more fit than the limit: send the same again with `next` as `cursor`. */
  more: z.boolean(),
  next: z.string().optional(),
});

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

const ATTRIBUTE = 'An attribute has a name of lower-case letters and digits and is text, a whole number, true or false; the rest belongs under "data".';
/** A CloudEvent from outside, structured mode; keys beside these are extension attributes. */
export const publishEvent = z
  .object({
    specversion: z.literal('1.0'),
    id: z.string().min(1).max(200),
    source: z.string().min(1).max(500),
    type: z.string().min(1).max(200),
    subject: z.string().max(500).optional(),
    time: z.iso.datetime().optional(),
    datacontenttype: z.string().max(100).optional(),
    dataschema: z.string().max(500).optional(),
    data: json.optional(),
  })
  .catchall(z.union([z.string().max(1_000), z.int(), z.boolean()], ATTRIBUTE))
  .refine((event) => Object.keys(event).every((name) => /^[a-z0-9]{1,40}$/.test(name)), { message: ATTRIBUTE })
  .refine((event) => Object.keys(event).length <= 40, { message: 'An event has at most 40 attributes.' });

/** Announced and enforced bounds. */
export const limits = z.object({ items: z.array(z.object({ name: z.string(), value: z.number(), unit: z.string(), setting: z.string() })) });

const bytes = z.number().int();
/** Sizes, growth and bounds of what the database holds; what nobody can know is absent. */
export const storage = z.object({
  bytes,
  freeBytes: bytes.optional(),
  growthBytesADay: bytes.optional(),
  /** Absent also when it does not grow. */
  daysUntilFull: z.number().optional(),
  retention: z.object({ completedMs: z.number(), failedMs: z.number(), keysMs: z.number() }),
  items: z.array(
    z.object({
      name: z.string(),
      bytes,
      /** As the statistics of the database have it. */
      rows: z.number(),
      partitions: z.number(),
      growthBytesADay: bytes.optional(),
      owner: z.string().optional(),
      bound: z.string().optional(),
      oldest: z.string().optional(),
      nextExpiry: z.string().optional(),
    }),
  ),
});
