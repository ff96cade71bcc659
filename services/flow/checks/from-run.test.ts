// The round trip: what a real run of the real service did becomes a case, and the case passes.
import type { Json } from '@palace/jq/jq.ts';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { compileFlow } from '../core/compile.ts';
import { flowText, history, listenFor, openForFile, post, reached, start, until, VERIFY, type Installation, type TestNode } from '../testing.ts';
import { caseFromRun, type HistoryItem } from './from-run.ts';
import { checkTexts, failuresOf } from './testing.ts';

let house: Installation;
let node: TestNode;
const sources = new Map<string, string>();

openForFile((...opened) => void ([house, node] = opened));

async function publish(name: string, steps: unknown, more = {}): Promise<void> {
  const source = flowText(name, steps, more);
  sources.set(name, source);
  await node.flow.publish('acme', source);
}

interface CaseDocument {
  readonly flow: string;
  readonly cases: readonly {
    readonly stubs?: Record<string, Json>;
    readonly timeline?: readonly Record<string, Json>[];
    readonly input: Json;
    readonly expect: Record<string, Json>;
    readonly stopAt?: string;
  }[];
}

const textFor = async (id: string, name: string): Promise<ReturnType<typeof caseFromRun>> => {
  const compiled = compileFlow(sources.get(name) ?? '');
  if (!compiled.ok) throw new Error('the flow does not compile');
  return caseFromRun(id, compiled.program, (await history(node, id)) as unknown as HistoryItem[]);
};

/** The case of a run, after it has been seen to pass. Sub-flows are answered by the case alone: their files are not there. */
async function passing(id: string, name: string): Promise<{ text: string; one: CaseDocument['cases'][number] }> {
  const found = await textFor(id, name);
  if ('refused' in found) throw new Error(found.refused);
  const { files, broken } = checkTexts({ [`${name}.yaml`]: sources.get(name) ?? '', [`${name}.check.yaml`]: found.text });
  expect({ broken: broken.flatMap(({ errors }) => errors), failures: failuresOf(files.flatMap((file) => file.cases)), text: found.text }).toEqual({
    broken: [],
    failures: [],
    text: found.text,
  });
  expect(files.flatMap((file) => file.cases)).toHaveLength(1);
  const [one] = (parse(found.text) as CaseDocument).cases;
  if (one === undefined) throw new Error('there is no case');
  return { text: found.text, one };
}

const SHORTLY = { delay: { milliseconds: 10 }, limit: { attempt: { count: 5 } } };
const signal = (id: string, name: string, data: Json) => node.call('POST', `/v1/runs/${id}/signals`, { body: { name, data } });

describe('a real run as a case', () => {
  test('has the attempts of a call in their order, with their times', async () => {
    await publish('retried', [{ safely: { try: [post('again')], catch: { retry: SHORTLY } } }]);
    house.outside.behave = (_line, nth) => (nth < 3 ? 503 : 200);
    const id = await start(node, 'retried', { n: 1 });
    await reached(node, id, 'completed');
    const { one } = await passing(id, 'retried');
    expect(one.input).toEqual({ n: 1 });
    expect(one.stubs?.['again']).toMatchObject([{ error: { status: 503 } }, { error: { status: 503 } }, { result: { n: 3 } }]);
    expect(one.expect).toMatchObject({ result: { n: 3, at: 'POST /again' } });
  });

  test('tells the rounds of a loop apart', async () => {
    const round = { try: [post('round')], catch: { retry: SHORTLY }, output: { as: '{ numbers: $input.numbers, got: (($input.got // []) + [ .n ]) }' } };
    await publish('rounds', [{ all: { for: { each: 'n', in: '.numbers' }, do: [{ safely: round }] } }]);
    house.outside.behave = (_line, nth) => (nth === 2 ? 503 : 200);
    const id = await start(node, 'rounds', { numbers: [1, 2, 3] });
    await reached(node, id, 'completed');
    const { one } = await passing(id, 'rounds');
    expect(one.stubs?.['round']).toMatchObject({ each: [{ result: { n: 1 } }, [{ error: { status: 503 } }, { result: { n: 3 } }], { result: { n: 4 } }] });
    expect(one.expect).toMatchObject({ result: { got: [1, 3, 4] } });
  });

  test('has its signals and events at their times, those that came early included', async () => {
    await publish('told', [
      { rest: { wait: { milliseconds: 300 } } },
      listenFor('early', 'agentspalace.signal.go'),
      listenFor('late', 'test.as-check.paid'),
      { all: { set: { over: '${ .[0].n }' } } },
    ]);
    const id = await start(node, 'told');
    await signal(id, 'go', { n: 1 });
    await until('it listens for the event', async () =>
      (await history(node, id)).some((e) => e.type === 'listen.opened' && JSON.stringify(e.data).includes('test.as-check.paid')),
    );
    await node.call('POST', '/v1/events', { body: { specversion: '1.0', id: 'e-1', source: 'urn:test', type: 'test.as-check.paid', data: { n: 7 } } });
    await reached(node, id, 'completed');
    const { one } = await passing(id, 'told');
    expect(one.timeline).toMatchObject([{ signal: 'go', data: { n: 1 } }, { event: { type: 'test.as-check.paid', source: 'urn:test', data: { n: 7 } } }]);
    expect(one.expect).toEqual({ result: { over: 7 } });
  });

  test('has a stub for its sub-flow, whatever that did', async () => {
    await publish('as-check-child', [post('inner'), { double: { set: { n: '${ .n * 2 }' } } }]);
    await publish('as-check-parent', [{ part: { run: { workflow: { namespace: 'test', name: 'as-check-child', version: 'latest', input: { n: 1 } } } } }]);
    const id = await start(node, 'as-check-parent');
    await reached(node, id, 'completed');
    const { one } = await passing(id, 'as-check-parent');
    expect(Object.keys(one.stubs ?? {})).toEqual(['part']);
    expect(one.expect).toEqual({ result: { n: 2 } });
  });

  test('fails as the run failed', async () => {
    await publish('broken', [post('gone')]);
    house.outside.behave = () => 404;
    const id = await start(node, 'broken');
    await reached(node, id, 'failed');
    const { one } = await passing(id, 'broken');
    expect(one.expect).toEqual({ problem: { type: 'communication', status: 404, step: 'gone' } });
  });

  test('knows of an act whose answer was lost, and of what was then found', async () => {
    await publish('lost', [post('charge-l', { effect: 'unique', deadline: 'PT1S', verify: VERIFY })]);
    house.outside.behave = (line) => (line === 'POST /charge-l' ? 'drop' : 200);
    const id = await start(node, 'lost');
    await reached(node, id, 'completed');
    const { one } = await passing(id, 'lost');
    expect(one.stubs?.['charge-l']).toMatchObject({ outcome: 'unknown', verify: 'happened', result: { verified: true } });
  });

  test('knows what a person said of an act in doubt', async () => {
    await publish('doubted', [post('charge-d', { effect: 'unique', deadline: 'PT1S' })]);
    house.outside.behave = () => 'drop';
    const id = await start(node, 'doubted');
    const key = await until(
      'it is in doubt',
      async () => (await history(node, id)).find((e) => e.type === 'effect.doubted')?.data['key'] as string | undefined,
    );
    await node.call('POST', `/v1/runs/${id}/effects/${key}`, { body: { outcome: 'done', result: { paid: true } } });
    await reached(node, id, 'completed');
    const { one } = await passing(id, 'doubted');
    expect(one.timeline).toMatchObject([{ resolve: 'charge-d', outcome: 'done', result: { paid: true } }]);
  });

  test('draws the same delays and keys, because it has the id of the run', async () => {
    const policy = { ...SHORTLY, backoff: { exponential: {} } };
    await publish('drawn', [{ safely: { try: [post('drawn-call')], catch: { retry: policy } } }, { tell: { set: { id: '${ $workflow.id }' } } }]);
    house.outside.behave = (_line, nth) => (nth < 4 ? 503 : 200);
    const id = await start(node, 'drawn');
    await reached(node, id, 'completed');
    const { one } = await passing(id, 'drawn');
    expect(one.expect).toEqual({ result: { id } });
  });

  test('is paused, resumed and cancelled at the same times', async () => {
    await publish('steered', [listenFor('hear', 'agentspalace.signal.never')]);
    const id = await start(node, 'steered');
    for (const verb of ['pause', 'resume', 'cancel']) {
      await node.call('POST', `/v1/runs/${id}/${verb}`, { body: {} });
      await until(`${verb} is decided`, async () =>
        (await history(node, id)).some((e) => e.type === { pause: 'run.paused', resume: 'run.resumed', cancel: 'run.cancelled' }[verb]),
      );
    }
    const { one } = await passing(id, 'steered');
    expect(one.timeline).toMatchObject([{ pause: true }, { resume: true }, { cancel: true }]);
    expect(one.expect).toEqual({ status: 'cancelled' });
  });

  test('that is not over waits where the run waits', async () => {
    await publish('waiting', [listenFor('hear', 'agentspalace.signal.never')]);
    const id = await start(node, 'waiting');
    await reached(node, id, 'waiting');
    const { one } = await passing(id, 'waiting');
    expect(one).toMatchObject({ stopAt: expect.any(String), expect: { status: 'waiting' } });
  });

  test('shows no secret', async () => {
    await publish('secret', [post('login'), { keep: { set: { user: '${ $workflow.input.user }', password: '${ $workflow.input.password }' } } }]);
    const id = await start(node, 'secret', { user: 'u', password: 'not-a-real-password' });
    await reached(node, id, 'completed');
    const { text } = await passing(id, 'secret');
    expect(text).not.toContain('not-a-real-password');
    expect(text).toContain('Secrets are masked.');
  });
});

describe('the times of a history', () => {
  test('become those of the case: how long each answer took, when each signal came', () => {
    const source = flowText('timed', [post('ask'), listenFor('hear', 'agentspalace.signal.go')]);
    const compiled = compileFlow(source);
    if (!compiled.ok) throw new Error('the flow does not compile');
    const id = `run_${'0'.repeat(26)}`;
    const at = (ms: number): string => new Date(Date.UTC(2026, 2, 1) + ms).toISOString();
    const items: HistoryItem[] = [
      { seq: 1, at: at(0), type: 'run.started', data: { input: {} } },
      { seq: 2, at: at(0), type: 'step.entered', step: '/do/0/ask', data: { act: 2, pc: 1, path: '' } },
      { seq: 3, at: at(0), type: 'effect.requested', data: { act: 2, attempt: 1, class: 'idempotent' } },
      { seq: 4, at: at(1_250), type: 'effect.completed', data: { act: 2, attempt: 1, how: 'performed', result: 7 } },
      { seq: 5, at: at(61_000), type: 'listen.received', data: { act: 3, event: { id: 's', source: '/x', type: 'agentspalace.signal.go', data: 1 } } },
      { seq: 6, at: at(61_000), type: 'run.completed', data: { output: [1] } },
    ];
    const found = caseFromRun(id, compiled.program, items);
    const text = 'text' in found ? found.text : '';
    expect((parse(text) as CaseDocument).cases).toMatchObject([
      { run: id, now: at(0), stubs: { ask: { result: 7, after: '1.25s' } }, timeline: [{ at: '1m1s', signal: 'go', data: 1 }], expect: { result: [1] } },
    ]);
    const { files } = checkTexts({ 'timed.yaml': source, 'timed.check.yaml': text });
    expect(files.flatMap((file) => file.cases).map(({ failures, elapsedMs }) => [failures, elapsedMs])).toEqual([[[], 61_000]]);
  });
});

describe('a run that is no single case', () => {
  test('is refused with the reason: it was sent back, or it is a fork', async () => {
    await publish('sent-back', [post('flaky')]);
    house.outside.behave = () => 404;
    const id = await start(node, 'sent-back');
    await reached(node, id, 'failed');
    house.outside.behave = () => 200;
    await node.call('POST', `/v1/runs/${id}/retry`, { body: {} });
    await reached(node, id, 'completed');
    expect(await textFor(id, 'sent-back')).toEqual({ refused: expect.stringMatching(/^At event \d+ a person sent it back/) });
    const fork = await node.call('POST', `/v1/runs/${id}/fork`, { body: { atSeq: 1 } });
    const forked = String(fork.body['id']);
    await reached(node, forked, 'completed');
    expect(await textFor(forked, 'sent-back')).toEqual({ refused: expect.stringMatching(/^Its history does not begin with its start/) });
  });
});
