// The specification's own conformance kit, its features unedited, through the real service on a real database.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openInstallation, type Installation, type TestNode } from '@palace/flow/testing.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFeature } from './gherkin.ts';
import { openStandIn, type StandIn } from './stand-in.ts';
import { performScenario } from './steps.ts';

const folder = join(import.meta.dirname, '../../../shared/ows/ctk');
const present = existsSync(folder);
const scenarios = present ? readdirSync(folder).flatMap((file) => readFeature(readFileSync(join(folder, file), 'utf8')).map((one) => ({ file, ...one }))) : [];

describe.skipIf(!present)(present ? 'the conformance kit' : 'the conformance kit (skipped: ../shared/ows is absent)', () => {
  let standIn: StandIn;
  let house: Installation;
  let node: TestNode;

  beforeAll(async () => {
    standIn = await openStandIn();
    house = await openInstallation();
    node = await house.open({ ports: [standIn.port], egress: standIn.map });
  });
  afterAll(async () => {
    await house.close();
    await standIn.close();
  });

  it('has its eleven features and twenty-one scenarios', () => {
    expect(new Set(scenarios.map((one) => one.file)).size).toBe(11);
    expect(scenarios).toHaveLength(21);
  });

  it.each(scenarios)('$file: $name', (scenario) => performScenario(node, scenario));
});

describe('the vocabulary', () => {
  const scenario = (...lines: readonly string[]) => readFeature(['Feature: F', 'Scenario: S', ...lines].join('\n'));

  it('refuses a sentence that it does not know', async () => {
    const [one] = scenario('  Given a workflow that nobody wrote');
    await expect(performScenario({} as TestNode, one ?? expect.fail())).rejects.toThrow('line 3: nobody knows the sentence "a workflow that nobody wrote"');
  });

  it('reads doc strings with their indentation, outlines with their tables, and a background', () => {
    const text = [
      'Feature: Colours',
      '  words that describe it',
      '  Background:',
      '    Given a first step',
      '  @tag',
      '  Scenario Outline: paint <colour>',
      '    # a comment',
      '    When it is <colour>:',
      '      """yaml',
      '      a:',
      '        b: <colour>',
      '      """',
      '    Examples:',
      '      | colour |',
      '      | red    |',
      '      | blue   |',
    ].join('\n');
    expect(readFeature(text).map(({ name, steps }) => [name, steps.map((step) => [step.text, step.document])])).toEqual([
      [
        'paint red',
        [
          ['a first step', undefined],
          ['it is red:', 'a:\n  b: red'],
        ],
      ],
      [
        'paint blue',
        [
          ['a first step', undefined],
          ['it is blue:', 'a:\n  b: blue'],
        ],
      ],
    ]);
  });

  it('refuses what is no Gherkin, by its line', () => {
    expect(() => scenario('  Given a', '  Whatever b')).toThrow('line 4: "Whatever b" is not known');
    expect(() => scenario('  Given a', '  """', '  text')).toThrow('line 4: this text is not closed');
  });
});
