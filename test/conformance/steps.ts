// The vocabulary of the conformance kit, on the real service: what each sentence does and checks. Scenarios of our own use it as well.
// I1 A sentence that no pattern knows fails its scenario: nothing passes because nobody understood it.
// I2 Checks look at what people see: the page of the run and its history.
import type { Json } from '@palace/jq/jq.ts';
import { history, reached, type Reply, type TestNode } from '@palace/flow/testing.ts';
import { expect } from 'vitest';
import { parse } from 'yaml';
import type { Scenario } from './gherkin.ts';

interface World {
  readonly node: TestNode;
  flow: string;
  /** namespace/name@version, once published. */
  ref: string | undefined;
  input: Json;
  run: string | undefined;
}

type Action = (world: World, found: readonly string[], doc: string) => Promise<void>;

const NAME = "'([^']+)'";
const TASK = '([^\\s]+)';

const VOCABULARY: readonly (readonly [RegExp, Action])[] = sentences({
  // arrange
  'a workflow with definition:': async (world, _found, doc) => void (world.flow = doc),
  '(?:given )?the workflow input is:': async (world, _found, doc) => void (world.input = parse(doc) as Json),
  // act
  'the workflow is executed': async (world) => {
    await begin(world);
    await ended(world);
  },
  'the workflow is started': begin,
  'the workflow is cancelled': (world) => control(world, 'cancel'),
  'the workflow is suspended': (world) => control(world, 'pause'),
  'the workflow is resumed': (world) => control(world, 'resume'),
  // assert: the workflow
  'the workflow should complete': async (world) => void (await completed(world)),
  'the workflow should complete with output:': async (world, _found, doc) => expect(await completed(world)).toEqual(parse(doc)),
  'the workflow should fault': async (world) => void expect(await ended(world)).toMatchObject({ status: 'failed' }),
  'the workflow should fault with error:': async (world, _found, doc) => {
    const page = await ended(world);
    expect(page).toMatchObject({ status: 'failed', error: parse(doc) as object });
  },
  'the workflow should cancel': async (world) => void expect(await ended(world)).toMatchObject({ status: 'cancelled' }),
  'the workflow should be suspended': async (world) => void (await reached(world.node, runOf(world), 'paused')),
  'the workflow output should have properties (.+)': async (world, [list = '']) => {
    const output = await completed(world);
    for (const [, path = ''] of list.matchAll(/'([^']+)'/g)) expect(at(output, path), path).toBeDefined();
  },
  [`the workflow output should have a ${NAME} property with value:`]: async (world, [path = ''], doc) =>
    expect(at(await completed(world), path)).toEqual(parse(doc)),
  [`the workflow output should have a ${NAME} property containing (\\d+) items?`]: async (world, [path = '', count]) =>
    expect(at(await completed(world), path)).toHaveLength(Number(count)),
  // assert: its tasks
  [`${TASK} should run first`]: async (world, [task]) => expect((await order(world))[0]).toBe(task),
  [`${TASK} should run last`]: async (world, [task]) => expect((await order(world)).at(-1)).toBe(task),
  [`${TASK} should run before ${TASK}`]: (world, [task = '', other = '']) => inOrder(world, task, other),
  [`${TASK} should run after ${TASK}`]: (world, [task = '', other = '']) => inOrder(world, other, task),
  [`${TASK} should cancel`]: async (world, [task = '']) => void expect(await happened(world, task, 'step.cancelled')).toBeDefined(),
  [`${TASK} should complete`]: async (world, [task = '']) => void expect(await happened(world, task, 'step.completed')).toBeDefined(),
  [`${TASK} should complete with output:`]: async (world, [task = ''], doc) => {
    const done = await happened(world, task, 'step.completed');
    // An output that is the answer of the call stands there alone.
    const answered = await happened(world, task, 'effect.completed');
    expect(done).toBeDefined();
    expect(done?.['output'] ?? answered?.['result']).toEqual(parse(doc));
  },
  [`${TASK} should fault`]: async (world, [task = '']) => void expect(await faultOf(world, task)).toBeDefined(),
  [`${TASK} should fault with error:`]: async (world, [task = ''], doc) => expect(await faultOf(world, task)).toMatchObject(parse(doc) as object),
});

/** Performs a scenario from its first sentence to its last. */
export async function performScenario(node: TestNode, { steps }: Scenario): Promise<void> {
  const world: World = { node, flow: '', ref: undefined, input: {}, run: undefined };
  try {
    for (const { text, document = '', line } of steps) {
      const known = VOCABULARY.map(([pattern, action]) => [pattern.exec(text), action] as const).find(([found]) => found !== null);
      if (known?.[0] == null) throw new Error(`line ${line}: nobody knows the sentence "${text}"`);
      await known[1](world, known[0].slice(1), document);
    }
  } finally {
    await leave(world);
  }
}

function sentences(table: Readonly<Record<string, Action>>): (readonly [RegExp, Action])[] {
  return Object.entries(table).map(([sentence, action]) => [new RegExp(`^${sentence}$`), action] as const);
}

async function begin(world: World): Promise<void> {
  const published = await called(world.node.call('POST', '/v1/flows', { body: { source: world.flow } }));
  const { namespace, name, version } = published.body;
  world.ref = `${String(namespace)}/${String(name)}@${String(version)}`;
  const started = await called(world.node.call('POST', '/v1/runs', { body: { flow: world.ref, input: world.input } }));
  world.run = String(started.body['id']);
}

/** Another scenario may publish other content under the same name. */
async function leave({ node, ref, run }: World): Promise<void> {
  if (run !== undefined) await node.call('POST', `/v1/runs/${run}/cancel`, { body: {} });
  if (run !== undefined) await reached(node, run, 'completed', 'failed', 'cancelled');
  if (ref !== undefined) await node.call('DELETE', `/v1/flows/${ref.slice(0, ref.indexOf('@'))}`);
}

async function called(asked: Promise<Reply>): Promise<Reply> {
  const reply = await asked;
  if (reply.status >= 300) throw new Error(`the service answered ${reply.status} ${JSON.stringify(reply.body)}`);
  return reply;
}

async function control(world: World, verb: 'cancel' | 'pause' | 'resume'): Promise<void> {
  await called(world.node.call('POST', `/v1/runs/${runOf(world)}/${verb}`, { body: {} }));
}

function runOf({ run }: World): string {
  if (run === undefined) throw new Error('the workflow was not executed');
  return run;
}

const ended = (world: World): Promise<Reply['body']> => reached(world.node, runOf(world), 'completed', 'failed', 'cancelled');

async function completed(world: World): Promise<Json | undefined> {
  const page = await ended(world);
  expect({ status: page['status'], error: page['error'] }).toEqual({ status: 'completed', error: undefined });
  return page['output'];
}

function at(value: Json | undefined, path: string): Json | undefined {
  return path
    .split('.')
    .reduce<Json | undefined>((found, key) => (found !== null && typeof found === 'object' && !Array.isArray(found) ? found[key] : undefined), value);
}

/** The last part of a pointer. */
const nameOf = (pointer: string | undefined): string => (pointer ?? '').split('/').at(-1)?.replaceAll('~1', '/').replaceAll('~0', '~') ?? '';

async function order(world: World): Promise<string[]> {
  await ended(world);
  const entered = (await history(world.node, runOf(world))).filter(({ type, step }) => type === 'step.entered' && step !== undefined && step !== '');
  return entered.map(({ step }) => nameOf(step));
}

async function inOrder(world: World, first: string, second: string): Promise<void> {
  const ran = await order(world);
  expect(ran).toEqual(expect.arrayContaining([first, second]));
  expect(ran.indexOf(first)).toBeLessThan(ran.indexOf(second));
}

async function happened(world: World, task: string, type: string): Promise<Record<string, Json> | undefined> {
  await ended(world);
  return (await history(world.node, runOf(world))).findLast((event) => event.type === type && nameOf(event.step) === task)?.data;
}

async function faultOf(world: World, task: string): Promise<Json | undefined> {
  return ((await happened(world, task, 'step.faulted')) ?? (await happened(world, task, 'effect.failed')))?.['fault'];
}
