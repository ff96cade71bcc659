// The specification's own examples through the real service: each runs to its end with a stand-in for every public host, or it has its
// reason here. Names are made different, because several examples share one; nothing else is touched.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '@palace/jq/jq.ts';
import { openInstallation, reached, type Installation, type TestNode } from '@palace/flow/testing.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { openStandIn, type StandIn } from './stand-in.ts';

const folder = join(import.meta.dirname, '../../../shared/ows/examples');
const present = existsSync(folder);
const names = present ? readdirSync(folder).filter((name) => name.endsWith('.yaml')) : [];

interface Way {
  readonly input?: Json;
  /** Events that are published once it listens. */
  readonly events?: readonly { readonly type: string; readonly data?: Json }[];
  /** How it ends. Default: completed. */
  readonly ends?: 'failed' | 'waiting';
  readonly output?: Json;
  /** Of a failed one: what it says. Of one that waits: the kind of what it waits for. */
  readonly says?: string;
}

const FEVER = { type: 'com.fake-hospital.vitals.measurements.temperature', data: { temperature: 39 } };
const PULSE = { type: 'com.fake-hospital.vitals.measurements.bpm', data: { bpm: 120 } };
const NOT_YET = (call: string): Way => ({ ends: 'failed', says: `"call: ${call}" is not available yet.` });

const WAYS: Readonly<Record<string, Way>> = {
  'accumulate-room-readings.yaml': { ends: 'waiting', says: 'event' },
  'authentication-bearer-uri-format.yaml': { input: { petId: 1, token: 'visible-fake' }, output: { id: 1, name: 'Milou', status: 'available' } },
  'authentication-bearer.yaml': { input: { petId: 1, token: 'visible-fake' }, output: { id: 1, name: 'Milou', status: 'available' } },
  'authentication-oauth2.yaml': { input: { petId: 1 }, ends: 'failed', says: 'answered without an access token' },
  'authentication-oidc.yaml': { input: { petId: 1 }, ends: 'failed', says: 'speaks of another issuer' },
  'authentication-oidc-secret.yaml': { input: { petId: 1 }, ends: 'failed', says: 'The secret "mySecret" is not set.' },
  'call-asyncapi-publish.yaml': NOT_YET('asyncapi'),
  'call-asyncapi-subscribe-consume-amount.yaml': NOT_YET('asyncapi'),
  'call-asyncapi-subscribe-consume-forever-foreach.yaml': NOT_YET('asyncapi'),
  'call-asyncapi-subscribe-consume-while.yaml': NOT_YET('asyncapi'),
  'call-http-endpoint-interpolation.yaml': { input: { petId: 1 }, output: { id: 1, name: 'Milou', status: 'available' } },
  'call-http-endpoint-interpolation-shorthand.yaml': { input: { petId: 1 }, output: { id: 1, name: 'Milou', status: 'available' } },
  'call-mcp.yaml': NOT_YET('mcp'),
  'call-openapi-redirect.yaml': { output: [{ id: 1, name: 'Milou', status: 'available' }] },
  'call-http-query-headers-expressions.yaml': { input: { searchQuery: 'luke' } },
  'call-http-redirect.yaml': { input: { searchQuery: 'luke' } },
  'conditional-task.yaml': { input: { customer: { age: 17 } }, ends: 'failed', says: 'Access Forbidden' },
  'do-single.yaml': { input: { petId: 1 } },
  // Its second step asks for {petId} of a pet, which has an id.
  'do-multiple.yaml': { input: { petId: 1 }, ends: 'failed', says: 'The address needs {petId}' },
  // Its output expression reads .pets of what was heard, which is a list.
  'for.yaml': {
    input: { pets: [{ id: 1 }], vet: 'Ada' },
    events: [{ type: 'com.fake.petclinic.pets.checkup.completed.v2' }],
    ends: 'failed',
    says: 'Cannot index array with string',
  },
  'listen-to-all.yaml': { events: [FEVER, PULSE] },
  'listen-to-any-filter.yaml': { events: [PULSE], output: [{ bpm: 120 }] },
  'listen-to-any-until-consumed.yaml': { events: [FEVER, { type: 'com.fake-hospital.patient.checked-out' }] },
  'listen-to-any.yaml': { events: [{ type: 'com.example.anything', data: 7 }], output: [7] },
  'listen-to-any-forever-foreach.yaml': { ends: 'waiting', says: 'event' },
  'listen-to-one.yaml': { input: { carId: 4 }, events: [{ type: 'com.virtual-wf-powered-race.events.race.started.v1' }], ends: 'failed', says: '{carId}' },
  'raise-inline.yaml': { ends: 'failed', says: 'is a work in progress and cannot be run yet' },
  'raise-reusable.yaml': { ends: 'failed', says: 'is a work in progress and cannot be run yet' },
  'run-subflow.yaml': { ends: 'failed', says: 'There is no flow test/register-customer' },
  'switch-then-string.yaml': { input: { orderType: 'physical' }, output: { inventory: 'clear', items: 1, address: 'Elmer St' } },
  'try-catch.yaml': { input: { petId: 'none' } },
  'try-catch-retry-inline.yaml': { input: { petId: 1 }, output: { id: 1, name: 'Milou', status: 'available' } },
  'try-catch-retry-reusable.yaml': { input: { petId: 1 }, output: { id: 1, name: 'Milou', status: 'available' } },
  'try-catch-then.yaml': { input: { petId: 1 }, ends: 'failed', says: 'The address needs {petId}' },
  'wait-duration-inline.yaml': { ends: 'waiting', says: 'timer' },
};

/** Refused when it is published, in these words. */
const REFUSED: Readonly<Record<string, string>> = {
  'call-custom-function-cataloged.yaml': 'In the function at https://raw.githubusercontent.com/',
  'run-shell-stdin-and-arguments.yaml': 'Commands are not allowed in the namespace "examples" of this server.',
  ...Object.fromEntries(
    names.filter((name) => /^run-(container|return)-/.test(name)).map((name) => [name, 'are not allowed in the namespace "test" of this server.']),
  ),
};

/** Started by an event that they name. */
const STARTED_BY: Readonly<Record<string, string>> = {
  'schedule-event-driven.yaml': 'com.example.hospital.events.patients.heartbeat.low',
  'set-expression.yaml': 'io.serverlessworkflow.samples.events.trigger.v1',
  'set.yaml': 'io.serverlessworkflow.samples.events.trigger.v1',
};

describe.skipIf(!present)(present ? 'the examples of the specification' : 'the examples of the specification (skipped: ../shared/ows is absent)', () => {
  let standIn: StandIn;
  let house: Installation;
  let node: TestNode;

  beforeAll(async () => {
    standIn = await openStandIn(true);
    house = await openInstallation();
    // No example hears what was said for another.
    node = await house.open({ ports: [standIn.port], egress: standIn.map, config: { flow: { lookBackMs: 0 } } });
  });
  afterAll(async () => {
    await house.close();
    await standIn.close();
  });

  async function publish(name: string): Promise<{ readonly flow: string; readonly status: number; readonly said: string }> {
    const document = parse(readFileSync(join(folder, name), 'utf8')) as { document: { namespace: string; name: string } };
    document.document.name = name.replace(/\.yaml$/, '');
    const { status, body } = await node.call('POST', '/v1/flows', { body: { source: JSON.stringify(document) } });
    return { flow: `${document.document.namespace}/${document.document.name}`, status, said: JSON.stringify(body) };
  }

  async function tell(events: Way['events']): Promise<void> {
    for (const [n, event] of (events ?? []).entries())
      await node.call('POST', '/v1/events', { body: { specversion: '1.0', id: `${n}-${Math.random()}`, source: 'https://example.com/outside', ...event } });
  }

  it('are fifty-one, and each has one row here at most', () => {
    expect(names).toHaveLength(51);
    expect([...Object.keys(WAYS), ...Object.keys(REFUSED), ...Object.keys(STARTED_BY)].filter((name) => !names.includes(name))).toEqual([]);
  });

  it.each(names.filter((name) => REFUSED[name] !== undefined))('%s is refused for its written reason', async (name) => {
    const { status, said } = await publish(name);
    expect([status, said]).toEqual([422, expect.stringContaining((REFUSED[name] ?? '').replaceAll('"', '\\"'))]);
  });

  it.each(names.filter((name) => REFUSED[name] === undefined && STARTED_BY[name] === undefined))('%s runs', async (name) => {
    const { input = {}, events, ends = 'completed', output, says } = WAYS[name] ?? {};
    const { flow, status } = await publish(name);
    expect(status).toBe(201);
    const started = await node.call('POST', '/v1/runs', { body: { flow, input } });
    const id = String(started.body['id']);
    if (events !== undefined) await reached(node, id, 'waiting');
    await tell(events);
    const page = await reached(node, id, ends);
    if (output !== undefined) expect(page['output']).toEqual(output);
    if (says !== undefined) expect(JSON.stringify(page['error'] ?? page['waitingFor'])).toContain(says.replaceAll('"', '\\"'));
  });

  it.each(Object.entries(STARTED_BY))('%s is started by its event', async (name, type) => {
    const { flow, status } = await publish(name);
    expect(status).toBe(201);
    await tell([{ type, data: { patient: { id: 'p1' } } }]);
    const found = async (): Promise<readonly Json[]> => (await node.call('GET', `/v1/runs?flow=${encodeURIComponent(flow)}`)).body['items'] as Json[];
    await expect.poll(async () => (await found()).map((run) => (run as { status: string }).status), { timeout: 10_000 }).toEqual(['completed']);
  });
});
