// Every table of the database, whose it is and what bounds it: the one list. `palace get storage` shows it.
// I1 A table that is not in the list fails the test beside it: what grows without a bound is not built.
// I2 The owner is the service whose code writes the table and removes from it.
import type { TableBound } from '@palace/flow/retention/storage.ts';

const BY_PEOPLE = 'as many as people make; they remove them';
const FIXED = 'a fixed number of rows';

const RUN = 'with its run';
const OPEN_RUN = 'of open runs only';

const FLOW: Readonly<Record<string, string>> = {
  run: 'PALACE_RETENTION_COMPLETED_MS or PALACE_RETENTION_FAILED_MS after the end, or as the flow says',
  journal: 'a period goes with the last of its runs; runs that outlive it keep their own rows',
  journal_period: 'at most 120 for what is kept by the settings, and those ahead',
  segment: 'PALACE_RETENTION_COMPLETED_MS after it closed, with its events; or with its run',
  snapshot: RUN,
  effect: RUN,
  blob_ref: RUN,
  subscription: OPEN_RUN,
  timer: `${OPEN_RUN}, and one for each schedule`,
  event: 'PALACE_RETENTION_KEYS_MS, at least PALACE_FLOW_LOOK_BACK_MS, once matched',
  inbox: 'PALACE_RETENTION_KEYS_MS once decided; how many wait is bounded at the door',
  dedupe: 'PALACE_RETENTION_KEYS_MS',
  stream: 'gone when every consumer has passed, looked at every 30 s',
  stream_head: 'one for each pair of shards and consumer: 4,096 a consumer',
  cursor: 'one for each pair of shards and producer: 4,096 a producer',
  room: 'always empty',
  shard: FIXED,
  clock: FIXED,
  halt: FIXED,
  incarnation: 'one for each restore',
  halt_scope: 'a hundred for each tenant: `palace pause` refuses more',
  node: 'one for each process; those gone for an hour are removed when one leaves',
  program: 'one for each version that was published',
  definition: BY_PEOPLE,
  set_member: 'one for each document of a set',
  apply: 'the newest 200 of each set',
  flow_environment: 'one for each flow that was applied with an environment',
  retention: 'one for each version that says how long its runs are kept',
  schedule: 'one for each flow with a schedule',
  waiting_start: 'PALACE_FLOW_MAX_WAITING_STARTS for each tenant and shard; gone when it starts',
  held_start: 'one for each start by an event while its flow is held back; gone when it goes on',
  breach: 'the newest hundred of each shard',
  event_trigger: 'one for each type of event that a published flow starts on',
  webhook: BY_PEOPLE,
  webhook_tenant: 'one for each webhook',
  webhook_key: 'two for each webhook',
  webhook_delivery: 'accepted ones thirty days, of others the newest thousand, for each webhook',
  storage_sample: 'one in ten minutes for seven days',
  migration: 'one for each migration of a release',
};

const GATEWAY: Readonly<Record<string, string>> = {
  tenant: BY_PEOPLE,
  api_key: BY_PEOPLE,
  key_tenant: 'one for each API key',
  egress_rule: BY_PEOPLE,
  environment: 'at most 50 for each tenant',
  variable: 'at most 500 for each environment',
  secret: 'at most 1,000 for each tenant',
  person: BY_PEOPLE,
  account: 'one for each person and way to sign in',
  member: 'at most 1,000 for each tenant',
  person_tenant: 'one for each member',
  session: 'the newest 50 of each person; those that have ended by themselves are removed within ten minutes',
  sign_in_link: 'the newest 5 of each person, for ten minutes',
  invitation: 'at most 200 for each tenant; expired ones go with the next',
  invitation_token: 'one for each invitation',
  migration: 'one for each migration of a release',
};

const PALACE: Readonly<Record<string, string>> = {
  wrapping_key: 'one for each key of the vault',
  data_key: 'one for each tenant and rotation',
  audit: 'PALACE_AUDIT_KEEP_DAYS, looked at with every 256th entry of a tenant',
  audit_head: 'one for each tenant',
  backup: 'one for each backup that was taken',
  incarnation: 'one for each restore',
  migration: 'one for each migration of a release',
};

/** By `schema.table`. */
export const TABLES: ReadonlyMap<string, TableBound> = new Map(
  [
    { schema: 'flow', owner: 'flow', tables: FLOW },
    { schema: 'gateway', owner: 'gateway', tables: GATEWAY },
    { schema: 'palace', owner: 'platform', tables: PALACE },
  ].flatMap(({ schema, owner, tables }) => Object.entries(tables).map(([table, bound]): [string, TableBound] => [`${schema}.${table}`, { owner, bound }])),
);
