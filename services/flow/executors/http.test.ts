// http calls against a real server: what a redirect means, as the call says.
import { createEgress } from '@palace/platform/egress/egress.ts';
import { recordHttp, type Recorder } from '@palace/platform/egress/loopback.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EffectOutcome } from './executor.ts';
import { createHttpClient, httpExecutor } from './http.ts';
import { effectCall } from './testing-call.ts';

let remote: Recorder;

beforeAll(async () => {
  remote = await recordHttp((request, response) => {
    if (request.url === '/moved') response.writeHead(302, { location: '/here' }).end();
    else if (request.url === '/unchanged') response.writeHead(304).end();
    else response.writeHead(200, { 'content-type': 'application/json' }).end('{"at":"here"}');
  });
});
afterAll(() => remote.close());

async function get(path: string, redirect?: boolean): Promise<EffectOutcome> {
  const egress = createEgress({
    rules: { list: (tenant) => Promise.resolve([{ tenant, host: '127.0.0.1', port: remote.port, action: 'allow', reason: 'test' }]) },
  });
  const args = { method: 'GET', endpoint: `http://127.0.0.1:${remote.port}${path}`, output: 'response', ...(redirect !== undefined && { redirect }) };
  return httpExecutor(createHttpClient(egress, { maxResponseBytes: 10_000, maxRedirects: 3 }))(effectCall({ args }));
}

const status = (outcome: EffectOutcome): unknown => (outcome.ok ? (outcome.result as { statusCode: number }).statusCode : outcome.fault.status);

describe('a redirect', () => {
  test.each([
    [undefined, true, 200],
    [true, true, 200],
    [false, false, 302],
  ])('with redirect: %s is followed or a fault: %s, status %s', async (redirect, ok, code) => {
    const outcome = await get('/moved', redirect);
    expect([outcome.ok, status(outcome)]).toEqual([ok, code]);
  });

  test.each([
    [undefined, false],
    [true, true],
    [false, false],
  ])('that leads nowhere is an answer only with redirect: true (%s)', async (redirect, ok) => {
    const outcome = await get('/unchanged', redirect);
    expect([outcome.ok, status(outcome)]).toEqual([ok, 304]);
  });
});
