// Every kind of task under everything that can happen to it: a cell is a scenario in features/, or it has its reason here.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { STEP_KINDS } from '@palace/flow/core/language/grammar.ts';
import { readFeature } from './conformance/gherkin.ts';
import { play } from './matrix/steps.ts';

const FOLDER = join(import.meta.dirname, 'matrix/features');
const CONDITIONS = ['success', 'error', 'timeout', 'retry', 'cancel', 'suspend', 'crash before commit', 'crash after commit'] as const;

/** Why a cell has no scenario. */
const REASONS: Readonly<Record<string, string>> = {
  'set: timeout': 'a set begins and ends in one decision, so no time passes in it',
  'switch: timeout': 'a switch begins and ends in one decision, so no time passes in it',
  'emit: timeout': 'an emit begins and ends in one decision: the event leaves with that commit',
  'raise: timeout': 'a raise begins and ends in one decision, so no time passes in it',
};

const FEATURES = new Map(readdirSync(FOLDER).map((file) => [file.replace(/\.feature$/, ''), readFeature(readFileSync(join(FOLDER, file), 'utf8'))] as const));

describe('the matrix of tasks and conditions', () => {
  test('has a scenario or a reason in each cell', () => {
    expect([...FEATURES.keys()].toSorted()).toEqual(STEP_KINDS.toSorted());
    const empty = STEP_KINDS.flatMap((kind) =>
      CONDITIONS.map((condition) => ({ kind, condition, cell: `${kind}: ${condition}` }))
        .filter(({ cell, condition }) => REASONS[cell] === undefined && FEATURES.get(kind)?.some(({ name }) => name === condition) !== true)
        .map(({ cell }) => cell),
    );
    expect(empty).toEqual([]);
  });

  for (const [kind, scenarios] of FEATURES)
    describe(kind, () => {
      test.each(scenarios)('$name', ({ steps }) => play(steps));
    });
});
