// Reads `expect`: what must have come of the run.
import type { Json, Program as JqProgram } from '@palace/jq/jq.ts';
import { checkShape } from '../core/language/shape.ts';
import { entry, integerAt, isText, listAt, mapAt, textAt, type MapNode, type Node } from '../core/language/tree.ts';
import type { EffectClass } from '../core/program.ts';
import { CASE_ENDS, type CaseEnd, type EffectExpectation, type Expectation, type Expected, type ProblemExpectation, type Target } from './model.ts';
import { EFFECT, EXPECT, PROBLEM, WAITING } from './grammar.ts';
import { expected, expressionAt, mapsOf, rangeAt, stepAt, targetOf, textsOf, type Reading } from './read-parts.ts';
import { typeOf } from './read-stubs.ts';

export const THAT_VARIABLES = ['context', 'problem', 'input'];
/** In `path`: any steps, or none. */
export const ANY_STEPS = '...';

/** `at`: where the case stands, for what is expected without being written. */
export function readExpect(reading: Reading, node: MapNode | undefined, at: Node): Expectation {
  if (node !== undefined) checkShape(reading.report, node, EXPECT);
  const waiting = mapsOf(reading, entry(node, 'waiting'), 'What a run waits for');
  const problem = problemOf(reading, mapAt(node, 'problem'));
  const path = pathOf(reading, entry(node, 'path'));
  const effects = effectsOf(reading, listAt(node, 'effects'));
  const emitted = listAt(node, 'emitted');
  const elapsed = entry(node, 'elapsed');
  const range = rangeAt(reading, elapsed, 'time');
  return {
    isBlank: node === undefined || node.entries.size === 0,
    end: endOf(reading, node, at),
    that: textsOf(reading, entry(node, 'that')).flatMap((one): Expected<JqProgram>[] => {
      const program = expressionAt(reading, one, THAT_VARIABLES);
      return program === undefined ? [] : [expected(reading, one, program)];
    }),
    visits: targetsOf(reading, entry(node, 'visits')),
    avoids: targetsOf(reading, entry(node, 'avoids')),
    attempts: attemptsOf(reading, mapAt(node, 'attempts')),
    waiting: waiting.map((one) => expected(reading, one, waitingOf(reading, one))),
    ...valueOf(reading, node, 'result'),
    ...valueOf(reading, node, 'resultIncludes'),
    ...valueOf(reading, node, 'context'),
    ...valueOf(reading, node, 'contextIncludes'),
    ...(problem !== undefined && { problem }),
    ...(path !== undefined && { path }),
    ...(effects !== undefined && { effects }),
    ...(emitted !== undefined && { emitted: expected(reading, emitted, emitted.value) }),
    ...(elapsed !== undefined && range !== undefined && { elapsed: expected(reading, elapsed, range) }),
  };
}

/** What is written; otherwise what the other expectations can only mean. */
function endOf(reading: Reading, node: MapNode | undefined, at: Node): Expected<CaseEnd> {
  const status = textAt(node, 'status');
  const written = CASE_ENDS.find((one) => one === status?.value);
  if (status !== undefined && written !== undefined) return expected(reading, status, written);
  const problem = entry(node, 'problem');
  if (problem !== undefined) return expected(reading, problem, 'failed');
  const waiting = entry(node, 'waiting');
  if (waiting !== undefined) return expected(reading, waiting, 'waiting');
  return expected(reading, node ?? at, 'completed');
}

function valueOf<K extends 'result' | 'resultIncludes' | 'context' | 'contextIncludes'>(
  reading: Reading,
  node: MapNode | undefined,
  key: K,
): { readonly [Key in K]?: Expected<Json> } {
  const value = entry(node, key);
  return (value === undefined ? {} : { [key]: expected(reading, value, value.value as Json) }) as { readonly [Key in K]?: Expected<Json> };
}

function problemOf(reading: Reading, node: MapNode | undefined): Expected<ProblemExpectation> | undefined {
  if (node === undefined) return undefined;
  checkShape(reading.report, node, PROBLEM);
  const [type, title, detail] = [textAt(node, 'type'), textAt(node, 'title'), textAt(node, 'detail')];
  const status = integerAt(node, 'status');
  const step = targetOf(reading, entry(node, 'step'));
  return expected(reading, node, {
    ...(type !== undefined && { type: typeOf(type.value) }),
    ...(status !== undefined && { status }),
    ...(title !== undefined && { title: title.value }),
    ...(detail !== undefined && { detail: detail.value }),
    ...(step !== undefined && { step }),
  });
}

function pathOf(reading: Reading, node: Node | undefined): Expected<readonly string[]> | undefined {
  if (node === undefined) return undefined;
  const pointers = textsOf(reading, node).flatMap((one) => {
    if (one.value === ANY_STEPS) return [ANY_STEPS];
    const found = stepAt(reading, one, one.value);
    if (found !== undefined && found.flow !== reading.flow.name) {
      reading.report.error(one, 'A path is of the flow itself, not of its sub-flows.', 'Use "visits" for steps of sub-flows.');
      return [];
    }
    return found === undefined ? [] : [found.pointer];
  });
  return expected(reading, node, pointers);
}

function targetsOf(reading: Reading, node: Node | undefined): Expected<Target>[] {
  return textsOf(reading, node).flatMap((one) => {
    const target = targetOf(reading, one);
    return target === undefined ? [] : [expected(reading, one, target)];
  });
}

function attemptsOf(reading: Reading, node: MapNode | undefined): Expectation['attempts'] {
  return [...(node?.entries ?? [])].flatMap(([key, child]) => {
    const found = stepAt(reading, child, key, true);
    const count = rangeAt(reading, child, 'count');
    return found === undefined || count === undefined ? [] : [expected(reading, child, { step: { flow: found.flow, pointer: found.pointer }, count })];
  });
}

function effectsOf(reading: Reading, node: Node | undefined): Expectation['effects'] {
  if (node === undefined) return undefined;
  const effects = mapsOf(reading, node, 'An effect').map((one) => {
    checkShape(reading.report, one, EFFECT);
    const part = entry(one, 'with');
    const effect: EffectExpectation = {
      step: targetOf(reading, entry(one, 'step')),
      function: textAt(one, 'function')?.value,
      class: textAt(one, 'class')?.value as EffectClass | undefined,
      with: part?.value as Json | undefined,
      count: rangeAt(reading, entry(one, 'count'), 'count'),
    };
    return expected(reading, one, effect);
  });
  return expected(reading, node, effects);
}

function waitingOf(reading: Reading, node: MapNode) {
  checkShape(reading.report, node, WAITING);
  const name = entry(node, 'name');
  return {
    kind: textAt(node, 'kind')?.value,
    name: isText(name) ? name.value : undefined,
    step: targetOf(reading, entry(node, 'step')),
    until: rangeAt(reading, entry(node, 'until'), 'time'),
  };
}
