// What a run's page says of a run that failed, waits, or was set aside: the truth, and no secret. The real service on the real database.
import { describe, expect, test } from 'vitest';
import { flowText, history, KEY_ID, openForFile, reached, start, until, type Installation, type TestNode } from './testing.ts';

let house: Installation;
let node: TestNode;

openForFile((...opened) => void ([house, node] = opened));

const publish = (name: string, steps: unknown, more = {}) => node.flow.publish('acme', flowText(name, steps, more));

test('says which limits the run is near, at the moment of the look', async () => {
  await publish('near', [{ hold: { listen: { to: { one: { with: { type: 'agentspalace.signal.go' } } } } } }]);
  const id = await start(node, 'near');
  expect(await reached(node, id, 'waiting')).not.toHaveProperty('nearLimits');
  await node.close();
  node = await house.open({ config: { flow: { bufferedSignals: 4 } } });
  for (const name of ['one', 'two']) await node.call('POST', `/v1/runs/${id}/signals`, { body: { name } });
  const near = { name: 'bufferedSignals', used: 2, limit: 4, unit: expect.any(String) as unknown, setting: 'PALACE_FLOW_BUFFERED_SIGNALS' };
  await until('both are kept', async () => (await history(node, id)).filter(({ type }) => type === 'signal.received').length === 2);
  expect(await reached(node, id, 'waiting')).toMatchObject({ nearLimits: [near] });
  await node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'go' } });
  // Signals that nobody read are still there; those limits of the installation are looked at that hold now.
  await node.close();
  node = await house.open();
  expect(await reached(node, id, 'completed')).not.toHaveProperty('nearLimits');
});

const SECRET = 'Zq7RtY2mKp9LwXc4VbN8';

describe('secrets', () => {
  test('a secret in the address of a refused call stands nowhere on the page, nor in the news of a batch', async () => {
    await publish('locked-door', [
      { knock: { call: 'http', with: { method: 'get', endpoint: '${ $runtime.metadata.outside + "/door?access_token=" + .token }' } } },
    ]);
    house.outside.behave = () => 401;
    const input = { token: SECRET };
    const page = await reached(node, await start(node, 'locked-door', input), 'failed');
    expect(page['error']).toMatchObject({ detail: expect.stringContaining('/door?access_token=[redacted] answered 401') as unknown });
    expect(JSON.stringify(page)).not.toContain(SECRET);
    const waited = await node.call('POST', '/v1/runs', { body: { flow: 'test/locked-door', input, wait: '5s' } });
    expect(waited.body).toMatchObject({ status: 'failed' });
    expect(JSON.stringify(waited.body)).not.toContain(SECRET);
    const { events } = await node.call('POST', '/v1/runs/batch', { body: { items: [{ flow: 'test/locked-door', input }] }, wantsEvents: true });
    const told: unknown[] = [];
    for await (const event of events ?? []) told.push(event.data);
    expect(told.at(-1)).toMatchObject({ status: 'failed' });
    expect(JSON.stringify(told)).not.toContain(SECRET);
  });

  test('the output of a run is its owner’s own data and stays as it is', async () => {
    await publish('own-data', [{ tell: { set: { password: '${ .password }' } } }]);
    expect(await reached(node, await start(node, 'own-data', { password: SECRET }), 'completed')).toMatchObject({
      input: { password: '[redacted]' },
      output: { password: SECRET },
    });
  });

  test('a reason given for a pause is text like any other', async () => {
    await publish('paused', [{ sleep: { wait: { minutes: 5 } } }]);
    const id = await start(node, 'paused');
    await node.call('POST', `/v1/runs/${id}/pause`, { body: { reason: `the password: ${SECRET} leaked` } });
    const page = await reached(node, id, 'paused');
    expect(page).toMatchObject({
      waitingFor: [{ kind: 'paused', text: expect.stringContaining(`Paused by api-key:${KEY_ID}: the password: [redacted]`) as unknown }, {}],
    });
    expect(JSON.stringify(page)).not.toContain(SECRET);
  });

  test('the history tells who acted and hides what they wrote', async () => {
    const id = await start(node, 'paused');
    const reason = `api_key=${SECRET}`;
    await node.call('POST', `/v1/runs/${id}/pause`, { body: { reason } });
    await reached(node, id, 'paused');
    await node.call('POST', `/v1/runs/${id}/cancel`, { body: { reason } });
    await reached(node, id, 'cancelled');
    const by = `api-key:${KEY_ID}`;
    const acted = (await history(node, id)).filter(({ data }) => 'by' in data);
    expect(acted.map(({ type, data }) => [type, data['by'], data['reason']])).toEqual([
      ['run.started', by, undefined],
      ['run.paused', by, 'api_key=[redacted]'],
      ['run.cancelled', by, 'api_key=[redacted]'],
    ]);
    const { events } = await node.call('GET', `/v1/runs/${id}/events`, { wantsEvents: true });
    const told: unknown[] = [];
    for await (const event of events ?? []) told.push(event.data);
    expect(told.at(-1)).toMatchObject({ data: { by, reason: 'api_key=[redacted]' } });
  });
});

describe('a run that was set aside', () => {
  test('says when that happened, and hides secrets in the reason', async () => {
    await publish('damaged', [{ sleep: { wait: { milliseconds: 300 } } }, { done: { set: { ok: true } } }]);
    const id = await start(node, 'damaged');
    await reached(node, id, 'waiting');
    await node.close();
    await house.sql(`update flow.journal set body = '[{}]' where run = $1 and seq = 1`, [id]);
    const damagedMs = Date.now();
    node = await house.open();
    await until('it was set aside', async () => (await house.sql(`select 1 from flow.run where id = $1 and status = 'quarantined'`, [id])).length > 0);
    const page = await reached(node, id, 'quarantined');
    const { at, reason } = page['quarantine'] as { at: string; reason: string };
    expect(reason).toContain('its journal does not fold');
    expect(Date.parse(at)).toBeGreaterThanOrEqual(damagedMs);
    expect(Date.parse(at)).toBeLessThanOrEqual(Date.now());
    await house.sql('update flow.run set quarantine = $2 where id = $1', [id, `a decision failed: GET https://api.test/?api_key=${SECRET}`]);
    expect((await reached(node, id, 'quarantined'))['quarantine']).toMatchObject({ reason: 'a decision failed: GET https://api.test/?api_key=[redacted]' });
  });
});
