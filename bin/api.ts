// The server's HTTP API as functions: the only place of the command line that knows its paths.
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type * as flow from '@palace/flow/contract.ts';
import type * as trigger from '@palace/flow/trigger-contract.ts';
import type * as diagnosis from '@palace/flow/diagnosis-contract.ts';
import type { AuditVerdict } from '@palace/platform/audit/port.ts';
import type { ApplyRecord, ApplyResult, applyBody, rollbackBody } from '@palace/flow/applies/contract.ts';
import type {
  ApiKey,
  AuditRecordView,
  createdInvitation,
  EgressRuleView,
  EnvironmentView,
  InvitationView,
  MemberView,
  SecretView,
  VariableView,
} from '@palace/gateway/contract.ts';
import type { Client } from './client.ts';

export type { InvitationView, MemberView };
export type FlowDetail = z.infer<typeof flow.flowDetail>;
export type FlowList = z.infer<typeof flow.listedFlows>;
export type RunDetail = z.infer<typeof flow.runDetail>;
export type Storage = z.infer<typeof flow.storage>;
export type Schedule = z.infer<typeof trigger.schedule>;
export type Webhook = z.infer<typeof trigger.webhook>;
export type CreatedWebhook = z.infer<typeof trigger.createdWebhook>;
export type RotatedWebhook = z.infer<typeof trigger.rotatedWebhook>;
export type WebhookDelivery = z.infer<typeof trigger.deliveryList>['items'][number];
export type RunList = z.infer<typeof flow.runList>;
export type History = z.infer<typeof flow.history>;
export type HistoryEvent = z.infer<typeof flow.historyEvent>;
export type WaitingFor = z.infer<typeof flow.waitingFor>;
export type HaltScope = z.infer<typeof diagnosis.haltScope>;
export type HaltView = z.infer<typeof diagnosis.haltView>;
export type Accepted = z.infer<typeof flow.accepted>;
export type CommandState = z.infer<typeof flow.commandState>;
export type Forked = z.infer<typeof flow.forked>;
export type ApplyTerms = Omit<z.input<typeof applyBody>, 'commit'>;
export type BulkResult = z.infer<typeof flow.bulkResult>;

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

function withQuery(path: string, query: Query): string {
  const parts = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]));
  return parts.length === 0 ? path : `${path}?${parts.join('&')}`;
}

/** `namespace/name@version` as a path with the version in the query. */
function flowPath(ref: string): string {
  const [name = '', version] = ref.split('@');
  return withQuery(`/v1/flows/${name.split('/').map(encodeURIComponent).join('/')}`, { version });
}

const runPath = (id: string, tail = ''): string => `/v1/runs/${encodeURIComponent(id)}${tail}`;

const environmentPath = (name: string, tail = ''): string => `/v1/environments/${encodeURIComponent(name)}${tail}`;

const webhookPath = (name: string): string => `/v1/webhooks/${encodeURIComponent(name)}`;

export function eventsPath(id: string, after: number): string {
  return withQuery(runPath(id, '/events'), { after });
}

export class Api {
  readonly client: Client;
  constructor(client: Client) {
    this.client = client;
  }
  #get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.client.ask<T>({ method: 'GET', path, ...(signal === undefined ? {} : { signal }) });
  }
  #post<T>(path: string, body: unknown, key: string = randomUUID(), signal?: AbortSignal): Promise<T> {
    return this.client.ask<T>({ method: 'POST', path, body, idempotencyKey: key, ...(signal === undefined ? {} : { signal }) });
  }

  apply(body: z.input<typeof applyBody>): Promise<ApplyResult> {
    return this.#post('/v1/applies', body);
  }
  planApply(body: ApplyTerms): Promise<ApplyResult> {
    return this.#post('/v1/applies/plan', body);
  }
  rollback(set: string, body: z.input<typeof rollbackBody>): Promise<ApplyResult> {
    return this.#post(`/v1/sets/${encodeURIComponent(set)}/rollback`, body);
  }
  listApplies(query: { set?: string | undefined; limit?: number; cursor?: string | undefined }): Promise<{ items: ApplyRecord[]; next?: string | undefined }> {
    return this.#get(withQuery('/v1/applies', query));
  }
  getApply(number: string): Promise<ApplyRecord> {
    return this.#get(`/v1/applies/${encodeURIComponent(number)}`);
  }
  setMembers(set: string): Promise<{ items: { kind: string; name: string }[] }> {
    return this.#get(`/v1/sets/${encodeURIComponent(set)}`);
  }
  listFlows(query: { namespace?: string | undefined; limit?: number; cursor?: string | undefined }): Promise<FlowList> {
    return this.#get(withQuery('/v1/flows', query));
  }
  getFlow(ref: string): Promise<FlowDetail> {
    return this.#get(flowPath(ref));
  }
  deleteFlow(ref: string): Promise<unknown> {
    return this.client.ask({ method: 'DELETE', path: flowPath(ref) });
  }
  startRun(
    body: { flow: string; input?: unknown; environment?: string; wait?: string },
    key: string,
    signal?: AbortSignal,
  ): Promise<Partial<RunDetail> & { id: string }> {
    return this.#post('/v1/runs', body, key, signal);
  }
  listRuns(query: { flow?: string | undefined; status?: string | undefined; limit?: number; cursor?: string | undefined }): Promise<RunList> {
    return this.#get(withQuery('/v1/runs', query));
  }
  getRun(id: string, signal?: AbortSignal): Promise<RunDetail> {
    return this.#get(runPath(id), signal);
  }
  history(id: string, after: number, limit: number): Promise<History> {
    return this.#get(withQuery(runPath(id, '/events'), { after, limit }));
  }
  signal(id: string, name: string, data: unknown, key: string): Promise<Accepted> {
    return this.#post(runPath(id, '/signals'), { name, ...(data === undefined ? {} : { data }) }, key);
  }
  publishEvent(event: Pick<z.input<typeof flow.publishEvent>, 'specversion' | 'id' | 'source' | 'type' | 'subject' | 'data'>): Promise<Accepted> {
    return this.#post('/v1/events', event);
  }
  control(verb: 'pause' | 'resume' | 'cancel' | 'retry', id: string, body: Readonly<Record<string, unknown>>): Promise<Accepted> {
    return this.#post(runPath(id, `/${verb}`), body);
  }
  listSchedules(query: { limit?: number; cursor?: string | undefined }): Promise<{ items: Schedule[]; next?: string | undefined }> {
    return this.#get(withQuery('/v1/schedules', query));
  }
  storage(): Promise<Storage> {
    return this.#get('/v1/storage');
  }
  holdSchedule(verb: 'pause' | 'resume', ref: string): Promise<Accepted> {
    return this.#post(`/v1/schedules/${ref.split('/').map(encodeURIComponent).join('/')}/${verb}`, {});
  }
  listWebhooks(): Promise<{ items: Webhook[] }> {
    return this.#get('/v1/webhooks');
  }
  /** Not sent again when it fails, like a key. */
  createWebhook(body: z.input<typeof trigger.createWebhook>): Promise<CreatedWebhook> {
    return this.client.ask({ method: 'POST', path: '/v1/webhooks', body });
  }
  rotateWebhook(name: string, body: z.input<typeof trigger.rotateWebhook>): Promise<RotatedWebhook> {
    return this.client.ask({ method: 'POST', path: `${webhookPath(name)}/rotate`, body });
  }
  removeWebhook(name: string): Promise<unknown> {
    return this.client.ask({ method: 'DELETE', path: webhookPath(name) });
  }
  webhookDeliveries(name: string, limit: number): Promise<{ items: WebhookDelivery[] }> {
    return this.#get(withQuery(`${webhookPath(name)}/deliveries`, { limit }));
  }
  bulk(body: Readonly<Record<string, unknown>>): Promise<BulkResult> {
    return this.#post('/v1/runs/bulk', body);
  }
  breaches(limit: number): Promise<z.infer<typeof diagnosis.breachList>> {
    return this.#get(withQuery('/v1/breaches', { limit }));
  }
  halts(): Promise<{ items: HaltView[] }> {
    return this.#get('/v1/halts');
  }
  halt(body: HaltScope & { reason?: string }): Promise<HaltView> {
    return this.#post('/v1/halts', body);
  }
  liftHalt(body: HaltScope): Promise<z.infer<typeof diagnosis.liftedHalt>> {
    return this.#post('/v1/halts/lift', body);
  }
  fork(id: string, body: Readonly<Record<string, unknown>>): Promise<Forked> {
    return this.#post(runPath(id, '/fork'), body);
  }
  resolveEffect(id: string, key: string, body: Readonly<Record<string, unknown>>): Promise<Accepted> {
    return this.#post(runPath(id, `/effects/${encodeURIComponent(key)}`), body);
  }
  listKeys(cursor?: string): Promise<{ items: ApiKey[]; next?: string }> {
    return this.#get(withQuery('/v1/api-keys', { cursor }));
  }
  /** Not sent again when it fails: two keys would be two secrets. */
  createKey(body: { name: string; role: string; expiresAt?: string }): Promise<ApiKey & { secret: string }> {
    return this.client.ask({ method: 'POST', path: '/v1/api-keys', body });
  }
  signInLink(body: { person?: string }): Promise<{ url: string; expiresAt: string }> {
    return this.client.ask({ method: 'POST', path: '/v1/sign-in-links', body });
  }
  revokeKey(id: string): Promise<unknown> {
    return this.client.ask({ method: 'DELETE', path: `/v1/api-keys/${encodeURIComponent(id)}` });
  }
  listSecrets(environment: string, cursor?: string): Promise<{ items: SecretView[]; next?: string }> {
    return this.#get(withQuery('/v1/secrets', { environment, cursor }));
  }
  setSecret(environment: string, name: string, value: unknown): Promise<SecretView> {
    return this.client.ask({ method: 'PUT', path: withQuery(`/v1/secrets/${encodeURIComponent(name)}`, { environment }), body: { value } });
  }
  removeSecret(environment: string, name: string): Promise<unknown> {
    return this.client.ask({ method: 'DELETE', path: withQuery(`/v1/secrets/${encodeURIComponent(name)}`, { environment }) });
  }
  listPeople(cursor?: string): Promise<{ items: MemberView[]; next?: string }> {
    return this.#get(withQuery('/v1/people', { limit: '200', cursor }));
  }
  changeRole(person: string, role: string): Promise<MemberView> {
    return this.client.ask({ method: 'PATCH', path: `/v1/people/${person}`, body: { role } });
  }
  removeMember(person: string): Promise<unknown> {
    return this.client.ask({ method: 'DELETE', path: `/v1/people/${person}` });
  }
  listInvitations(): Promise<{ items: InvitationView[] }> {
    return this.#get('/v1/invitations');
  }
  invite(email: string, role: string): Promise<z.infer<typeof createdInvitation>> {
    return this.client.ask({ method: 'POST', path: '/v1/invitations', body: { email, role } });
  }
  removeInvitation(id: string): Promise<unknown> {
    return this.client.ask({ method: 'DELETE', path: `/v1/invitations/${id}` });
  }
  listEnvironments(): Promise<{ items: EnvironmentView[] }> {
    return this.#get('/v1/environments');
  }
  createEnvironment(name: string): Promise<EnvironmentView> {
    return this.client.ask({ method: 'PUT', path: environmentPath(name) });
  }
  removeEnvironment(name: string): Promise<unknown> {
    return this.client.ask({ method: 'DELETE', path: environmentPath(name) });
  }
  listVariables(environment: string): Promise<{ items: VariableView[] }> {
    return this.#get(environmentPath(environment, '/variables'));
  }
  setVariable(environment: string, name: string, value: unknown): Promise<VariableView> {
    return this.client.ask({ method: 'PUT', path: environmentPath(environment, `/variables/${encodeURIComponent(name)}`), body: { value } });
  }
  removeVariable(environment: string, name: string): Promise<unknown> {
    return this.client.ask({ method: 'DELETE', path: environmentPath(environment, `/variables/${encodeURIComponent(name)}`) });
  }
  rotateSecrets(): Promise<{ keyVersion: number; resealed: number }> {
    return this.client.ask({ method: 'POST', path: '/v1/secrets/rotate' });
  }
  commandState(id: string): Promise<CommandState> {
    return this.#get(`/v1/commands/${encodeURIComponent(id)}`);
  }
  audit(query: Query): Promise<{ items: AuditRecordView[]; next?: string }> {
    return this.#get(withQuery('/v1/audit', query));
  }
  verifyAudit(): Promise<AuditVerdict> {
    return this.#get('/v1/audit/verify');
  }
  egressRules(cursor?: string): Promise<{ items: EgressRuleView[]; next?: string }> {
    return this.#get(withQuery('/v1/egress', { cursor }));
  }
  setEgressRule(address: string, action: 'allow' | 'deny', reason: string): Promise<EgressRuleView> {
    return this.client.ask({ method: 'PUT', path: `/v1/egress/${encodeURIComponent(address)}`, body: { action, reason } });
  }
}
