// The samples as a newcomer meets them: every flow compiles, the service answers the same to the same question, and the
// figures of a report are the same on every machine. The flows are decided by the real core in virtual time and call the
// real sample service; only the journal and the database are left out.
import { compileFlow } from '@palace/flow/core/compile.ts';
import { decide } from '@palace/flow/core/decide.ts';
import { link } from '@palace/flow/core/link.ts';
import type { Command, RunEvent } from '@palace/flow/core/model.ts';
import { makeRunId } from '@palace/flow/core/run-id.ts';
import { newRun, openEffects, openTimers, type OpenEffect, type Run } from '@palace/flow/core/run.ts';
import { LIMITS } from '@palace/flow/core/virtual-shell.ts';
import type { Json } from '@palace/jq/jq.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listFiles, readText } from '../test/architecture/source.ts';
import { startSampleService, type SampleService } from './order-intake/service.ts';

const FLOWS = listFiles(['.yaml'], 'samples').filter((path) => !path.endsWith('.check.yaml'));
const MAX_TURNS = 20_000;
let service: SampleService;

beforeAll(async () => {
  service = await startSampleService();
});
afterAll(() => service.close());

interface Played {
  readonly run: Run;
  readonly events: readonly RunEvent[];
}

/** Plays a sample flow to its end. `signals` are sent as soon as the run listens. */
async function play(file: string, input: Json, signals: readonly { readonly name: string; readonly data: Json }[] = []): Promise<Played> {
  const compiled = compileFlow(readText(file));
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.errors));
  const run = newRun(link(compiled.program, ''), { id: makeRunId(1, 1_000, new Uint8Array(9)) });
  const events: RunEvent[] = [];
  const waiting = [...signals];
  let nowMs = 1_700_000_000_000;
  const give = (command: Command): readonly RunEvent[] => {
    const decision = decide(run, command, { nowMs, limits: LIMITS, runtimeMetadata: { sampleService: service.url } });
    events.push(...decision.events);
    return decision.more ? [...decision.events, ...give({ type: 'continue' })] : decision.events;
  };
  let news = give({ type: 'start', input });
  for (let turn = 0; turn < MAX_TURNS && run.phase === 'running'; turn++) {
    const child = news.find((event) => event.type === 'child.requested');
    const effect = openEffects(run).find((one) => one.state === 'requested');
    const signal = news.some((event) => event.type === 'listen.opened') ? waiting.shift() : undefined;
    const timer = openTimers(run).toSorted((a, b) => a.dueMs - b.dueMs)[0];
    if (child !== undefined) news = [...news.filter((event) => event !== child), ...give(await endOf(child))];
    else if (effect !== undefined) news = give(await perform(effect));
    else if (signal !== undefined) news = give({ type: 'signal', id: `s${turn}`, ...signal });
    else if (timer !== undefined) {
      nowMs = Math.max(nowMs, timer.dueMs);
      news = give({ type: 'timer', id: timer.id });
    } else throw new Error('the run waits for something that never comes');
  }
  return { run, events };
}

async function endOf({ act, run: child, flow, input }: Extract<RunEvent, { type: 'child.requested' }>): Promise<Command> {
  const file = FLOWS.find((path) => readText(path).includes(`name: ${flow.name}\n`));
  const { run } = await play(file ?? '', input);
  return { type: 'child-ended', act, child, ...(run.output !== undefined && { output: run.output }), ...(run.fault !== undefined && { fault: run.fault }) };
}

async function perform({ act, attempt, key, args }: OpenEffect): Promise<Command> {
  const { method, endpoint, body } = args as { method: string; endpoint: string; body?: Json };
  const headers = { 'idempotency-key': key, 'palace-attempt': String(attempt) };
  const answer = await fetch(endpoint, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const text = await answer.text();
  if (!answer.ok) {
    const fault = { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/communication', status: answer.status, title: text };
    return { type: 'effect-failed', act, attempt, fault, reach: 'answered' };
  }
  const result = answer.headers.get('content-type')?.includes('json') === true ? (JSON.parse(text) as Json) : text;
  return { type: 'effect-done', act, attempt, result };
}

const ask = async (path: string, init: RequestInit = {}): Promise<{ status: number; body: unknown }> => {
  const answer = await fetch(`${service.url}${path}`, init);
  return { status: answer.status, body: await answer.json() };
};

/** The total, computed a second time in another language from the same file. */
function grossOfTheFile(): number {
  const vat: Record<string, number> = { DE: 0.19, FR: 0.2, NL: 0.21, TR: 0.2, IT: 0.22, ES: 0.21, PL: 0.23, SE: 0.25 };
  const gross = readText('samples/order-intake/orders.csv')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [, , country = '', sku = '', quantity, price] = line.split(',');
      if (!(Number(quantity) > 0) || !(Number(price) > 0) || country === '' || sku === '') return 0;
      const net = Number(quantity) * Number(price);
      const discount = net >= 10_000 ? 0.08 : net >= 2_000 ? 0.04 : 0;
      return Math.round(net * (1 - discount) * (1 + (vat[country] ?? 0)) * 100) / 100;
    });
  return Math.round(gross.reduce((sum, one) => sum + one, 0) * 100) / 100;
}

describe('the sample flows', () => {
  test.each(FLOWS)('%s compiles without a warning', (path) => {
    const compiled = compileFlow(readText(path));
    expect(compiled.ok ? compiled.warnings : compiled.errors).toEqual([]);
  });

  test('order intake ends by itself: nobody answers, the large orders are held for review', async () => {
    const { run } = await play('samples/order-intake/flow.yaml', {});
    const report = run.output as { received: number; accepted: number; rejected: string[]; heldForReview: string[]; approved: string[]; retriedCalls: number };
    expect(run.phase).toBe('completed');
    expect(report.received).toBe(200);
    expect(report.accepted + report.rejected.length + report.heldForReview.length).toBe(200);
    expect(report.heldForReview).toContain('O-040');
    expect(report.approved).toEqual([]);
    // As the README shows them: one call in five fails, each failure is one retry.
    expect(report).toMatchObject({ accepted: 187, retriedCalls: 42, grossTotal: grossOfTheFile() });
    expect(run.output).toEqual((await play('samples/order-intake/flow.yaml', {})).run.output);
  });

  test('order intake lets an order through that a person approves', async () => {
    const { run } = await play('samples/order-intake/flow.yaml', {}, [{ name: 'approve', data: { orders: ['O-040'] } }]);
    const report = run.output as { heldForReview: string[]; approved: string[] };
    expect(report.approved).toEqual(['O-040']);
    expect(report.heldForReview).not.toContain('O-040');
  });

  test('a subscription charges until the card is declined, then gives back what it took', async () => {
    const { run, events } = await play('samples/subscription/flow.yaml', { customer: 'C-001', months: 4, declinedFrom: 3 });
    const end = run.output as { outcome: string; charges: string[]; refunds: string[] };
    expect(run.phase).toBe('completed');
    expect(end).toMatchObject({ outcome: 'card declined', charges: ['charge-C-001-1', 'charge-C-001-2'] });
    expect(end.refunds).toEqual(end.charges.toReversed().map((charge) => `refund-of-${charge}`));
    expect(events.filter((event) => event.type === 'event.emitted').map((event) => event.event.type)).toEqual([
      'samples.subscription.charged',
      'samples.subscription.charged',
      'samples.subscription.ended',
    ]);
  });
});

describe('the sample service', () => {
  test('answers the same to the same order and attempt, on every machine', async () => {
    const customer = async (attempt: number): Promise<number> =>
      (await ask('/customers/C-001?order=O-001', { headers: { 'palace-attempt': String(attempt) } })).status;
    const twice = [await Promise.all([1, 2, 3, 4, 5, 6].map(customer)), await Promise.all([1, 2, 3, 4, 5, 6].map(customer))];
    expect(twice[0]).toEqual(twice[1]);
    const statuses = await Promise.all(Array.from({ length: 200 }, async (_, n) => (await ask(`/customers/C-001?order=O-${n}`)).status));
    const failing = statuses.filter((status) => status === 503).length;
    expect(failing).toBeGreaterThan(25);
    expect(failing).toBeLessThan(60);
  });

  test('charges once for one key, and can be asked whether it did', async () => {
    const charge = (key: string): Promise<{ status: number; body: unknown }> =>
      ask('/charges', { method: 'POST', headers: { 'idempotency-key': key }, body: JSON.stringify({ customer: 'C-9', month: 1 }) });
    expect((await charge('k1')).status).toBe(201);
    expect(await charge('k1')).toEqual({ status: 200, body: { charge: 'charge-C-9-1', customer: 'C-9', month: 1 } });
    expect((await ask('/charges/k1')).status).toBe(200);
    expect((await ask('/charges/k2')).status).toBe(404);
  });

  test('refuses what it cannot read and does not know', async () => {
    expect((await ask('/charges', { method: 'POST', body: '{' })).status).toBe(400);
    expect((await ask('/nothing')).status).toBe(404);
  });
});
