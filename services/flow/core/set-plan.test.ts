import { describe, expect, test } from 'vitest';
import { compareVersions, nextVersion, planSet, type Published } from './set-plan.ts';

const published = (version: string, value: number, latest = true): Published => ({ name: 'shop/a', version, latest, document: { value } });
const wanted = (version: string, value: number) => ({ name: 'shop/a', version, document: { value } });

describe('an apply', () => {
  test('creates what is not there, and finds the same document the same', () => {
    expect(planSet([wanted('1.0.0', 1)], [])).toEqual([{ action: 'create', known: false, inForce: true }]);
    expect(planSet([wanted('1.0.0', 1)], [published('1.0.0', 1)])).toEqual([{ action: 'same', known: true, inForce: true }]);
  });

  test('changes to a new version, and says what is different from the one in force', () => {
    const [plan] = planSet([wanted('1.1.0', 2)], [published('1.0.0', 1)]);
    expect(plan).toMatchObject({ action: 'change', known: false, before: '1.0.0', diff: { changes: [{ path: '/value', before: '1', after: '2' }] } });
  });

  test('of other content under a published version is a conflict that shows the difference', () => {
    expect(planSet([wanted('1.0.0', 2)], [published('1.0.0', 1)])).toMatchObject([{ conflict: { changes: [{ path: '/value' }] } }]);
  });

  test('of an older version that is published takes the newest back', () => {
    const [plan] = planSet([wanted('1.0.0', 1)], [published('1.0.0', 1, false), published('2.0.0', 2)]);
    expect(plan).toMatchObject({ action: 'change', known: true, inForce: true, before: '2.0.0' });
  });

  test('with several versions of one flow puts the highest in force, wherever it stands', () => {
    const plans = planSet([wanted('1.10.0', 3), wanted('1.9.0', 2)], [published('1.9.0', 2, false), published('1.10.0', 3)]);
    expect(plans).toMatchObject([
      { action: 'same', inForce: true },
      { action: 'same', inForce: false },
    ]);
  });
});

test('versions are ordered as semantic versioning says', () => {
  const order = [
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0',
    '1.2.0',
    '1.10.0',
    '2.0.0',
    '10.0.0',
    '99999999999999999999.0.0',
  ];
  expect(order.toReversed().toSorted(compareVersions)).toEqual(order);
  expect(compareVersions('1.0.0', '1.0.0')).toBe(0);
});

test('the version that is proposed for changed content is the next patch', () => {
  expect(['1.2.3', '0.0.9', '1.0.0-rc.1'].map(nextVersion)).toEqual(['1.2.4', '0.0.10', '1.0.1']);
});
