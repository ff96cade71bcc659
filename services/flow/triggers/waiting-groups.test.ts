import { describe, expect, it } from 'vitest';
import { WaitingGroups } from './waiting-groups.ts';

const counts = (groups: WaitingGroups): string[] => groups.all().map(({ tenant, toShard, count, coming }) => `${tenant}/${toShard} ${count}+${coming}`);

describe('what is known of starts that wait', () => {
  it('counts a write under way from the beginning, and forgets it when nothing of it was kept', () => {
    const groups = new WaitingGroups([]);
    const [one, two] = [groups.comes('acme', 7), groups.comes('acme', 9)];
    expect([groups.ofTenant('acme'), groups.has('acme', 7), groups.has('beta', 7)]).toEqual([2, true, false]);
    groups.came(one, true);
    groups.came(two, false);
    expect(counts(groups)).toEqual(['acme/7 1+0']);
    groups.left(one, 1);
    expect(groups.isEmpty).toBe(true);
  });

  it('is corrected by the table, what is under way excepted', async () => {
    const groups = new WaitingGroups([
      { tenant: 'acme', toShard: 7, count: 5 },
      { tenant: 'beta', toShard: 7, count: 2 },
    ]);
    const coming = groups.comes('beta', 7);
    await groups.correct(async () => [{ tenant: 'acme', toShard: 7, count: 3 }]);
    expect(counts(groups)).toEqual(['acme/7 3+0', 'beta/7 0+1']);
    groups.came(coming, true);
    expect(counts(groups)).toEqual(['acme/7 3+0', 'beta/7 1+0']);
  });

  it('is not corrected by a table that was read before the last was kept: that one would never be sent on', async () => {
    const groups = new WaitingGroups([]);
    const coming = groups.comes('acme', 7);
    await groups.correct(async () => {
      groups.came(coming, true);
      return [];
    });
    expect(counts(groups)).toEqual(['acme/7 1+0']);
  });
});
