// The words of the matrix: those of the specification's conformance kit, and ours for calls, events, time, people and crashes.
import type { Json } from '@palace/jq/jq.ts';
import { expect } from 'vitest';
import { parse } from 'yaml';
import type { ScenarioStep } from '../conformance/gherkin.ts';
import { Installation, type Reply } from './installation.ts';

interface World {
  readonly installation: Installation;
  main: string | undefined;
  input: Json;
  run: string;
}

type Act = (world: World, words: readonly string[], document: string) => void;

const yaml = (document: string): Json => parse(document) as Json;

function execute(world: World): void {
  const linked = world.installation.flows.get(world.main ?? '');
  if (linked === undefined) throw new Error('the scenario has no workflow');
  world.run = world.installation.start(linked, world.input);
  world.installation.play();
}

function define(world: World, document: string): void {
  const { namespace, name } = world.installation.publish(document).program;
  world.main ??= `${namespace}/${name}`;
}

const later = (world: World, seconds: string | undefined, act: () => void): void => world.installation.at(Number(seconds) * 1_000, act);
const runOf = (world: World) => world.installation.kept(world.run);
const times = (world: World, name: string): number =>
  [...world.installation.runs.values()].reduce(
    (sum, { journal, linked }) => sum + journal.filter((event) => event.type === 'step.entered' && linked.program.steps[event.pc]?.name === name).length,
    0,
  );

function replies(world: World, name: string, given: readonly Reply[]): void {
  world.installation.replies.set(name, [...given]);
}

const STEPS: readonly (readonly [RegExp, Act])[] = [
  [/^(?:given )?(?:a|another) workflow with definition:$/, (world, _, document) => define(world, document)],
  [/^given the workflow input is:$/, (world, _, document) => void (world.input = yaml(document))],
  [/^(\w+) answers:$/, (world, [name = ''], document) => replies(world, name, [{ result: yaml(document) }])],
  [/^(\w+) never answers$/, (world, [name = '']) => replies(world, name, ['silence'])],
  [/^(\w+) fails with status (\d+)$/, (world, [name = '', status]) => replies(world, name, [{ status: Number(status) }])],
  [
    /^(\w+) fails with status (\d+) (\d+) times, then answers:$/,
    (world, [name = '', status, count], document) =>
      replies(world, name, [...Array.from({ length: Number(count) }, () => ({ status: Number(status) })), { result: yaml(document) }]),
  ],
  [/^an event arrives after (\d+) seconds:$/, (world, [seconds], document) => later(world, seconds, () => world.installation.announce(eventOf(document)))],
  [/^the process crashes before each commit$/, (world) => void (world.installation.crash = 'before')],
  [/^the process crashes after each commit$/, (world) => void (world.installation.crash = 'after')],
  [/^the workflow is cancelled after (\d+) seconds$/, (world, [seconds]) => later(world, seconds, () => world.installation.cancel(world.run))],
  [
    /^the workflow is suspended after (\d+) seconds and resumed after (\d+)$/,
    (world, [from, to]) => {
      later(world, from, () => world.installation.give(world.run, { type: 'pause', by: 'somebody' }));
      later(world, to, () => world.installation.give(world.run, { type: 'resume', by: 'somebody' }));
    },
  ],
  [/^the workflow is executed$/, (world) => execute(world)],
  [/^the workflow should complete$/, (world) => phase(world, 'completed')],
  [/^the workflow should be cancelled$/, (world) => phase(world, 'cancelled')],
  [/^the workflow should wait$/, (world) => phase(world, 'running')],
  [/^the workflow should fault$/, (world) => phase(world, 'failed')],
  [
    /^the workflow should complete with output:$/,
    (world, _, document) => {
      phase(world, 'completed');
      expect(runOf(world).run.output).toEqual(yaml(document));
    },
  ],
  [
    /^the workflow should fault with error:$/,
    (world, _, document) => {
      phase(world, 'failed');
      expect(runOf(world).run.fault).toMatchObject(yaml(document) as object);
    },
  ],
  [/^(\w+) should run (\d+) times$/, (world, [name = '', count]) => expect(times(world, name), `${name} runs`).toBe(Number(count))],
  [/^(\w+) should be called (\d+) times$/, (world, [name = '', count]) => expect(world.installation.performed.get(name) ?? 0, name).toBe(Number(count))],
  [/^(\d+) events? should be emitted$/, (world, [count]) => expect(new Set(world.installation.emitted.map(({ id }) => id)).size).toBe(Number(count))],
  [/^the workflow should take (\d+) seconds$/, (world, [seconds]) => expect(world.installation.elapsedMs).toBe(Number(seconds) * 1_000)],
];

function phase(world: World, wanted: string): void {
  const { run } = runOf(world);
  expect(run.fault === undefined || wanted === 'failed' ? run.phase : run.fault).toBe(wanted);
  if (world.installation.crash !== 'never') expect(world.installation.crashes).toBeGreaterThan(0);
}

function eventOf(document: string) {
  const given = yaml(document) as { type: string; data?: Json };
  return { specversion: '1.0' as const, id: `event-${given.type}`, source: 'https://example.com/matrix', ...given };
}

export function play(steps: readonly Pick<ScenarioStep, 'text' | 'document'>[]): void {
  const world: World = { installation: new Installation(), main: undefined, input: {}, run: '' };
  for (const { text, document } of steps) {
    const found = STEPS.find(([words]) => words.test(text));
    if (found === undefined) throw new Error(`no step says: ${text}`);
    found[1](world, (found[0].exec(text) ?? []).slice(1), document ?? '');
  }
}
