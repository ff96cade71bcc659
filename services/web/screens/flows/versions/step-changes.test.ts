import { expect, test } from 'vitest';
import { stepChanges } from './step-changes.ts';

const flow = (...steps: unknown[]) => ({ do: steps });
const set = (name: string, value: unknown) => ({ [name]: { set: { value } } });

const shown = (old: unknown, fresh: unknown) => {
  const { before, after } = stepChanges(old, fresh);
  return { before: Object.fromEntries(before), after: Object.fromEntries(after) };
};

test('a step that came, one that went and one that changed are told; what stays is not', () => {
  expect(shown(flow(set('a', 1), set('b', 1), set('c', 1)), flow(set('a', 1), set('c', 2), set('d', 1)))).toEqual({
    before: { '/do/1/b': 'removed', '/do/2/c': 'changed' },
    after: { '/do/1/c': 'changed', '/do/2/d': 'added' },
  });
});

test('a step that stands elsewhere in its list has moved, and only it', () => {
  expect(shown(flow(set('a', 1), set('b', 1), set('c', 1)), flow(set('b', 1), set('c', 1), set('a', 1)))).toEqual({
    before: { '/do/0/a': 'moved' },
    after: { '/do/2/a': 'moved' },
  });
});

test('a loop whose body changed is not changed itself; one whose list changed is', () => {
  const loop = (list: string, value: number) => ({ each: { for: { each: 'x', in: list }, do: [set('inner', value)] } });
  expect(shown(flow(loop('.a', 1)), flow(loop('.a', 2)))).toEqual({
    before: { '/do/0/each/do/0/inner': 'changed' },
    after: { '/do/0/each/do/0/inner': 'changed' },
  });
  expect(shown(flow(loop('.a', 1)), flow(loop('.b', 1)))).toEqual({ before: { '/do/0/each': 'changed' }, after: { '/do/0/each': 'changed' } });
});

test('branches, tried steps and their handlers are compared by their names', () => {
  const guarded = (handled: number) => ({
    guarded: { try: [set('ask', 1)], catch: { errors: {}, do: [set('tell', handled)] } },
  });
  const both = (...branches: unknown[]) => ({ both: { fork: { branches } } });
  expect(shown(flow(guarded(1), both(set('one', 1))), flow(guarded(2), both(set('one', 1), set('two', 1))))).toEqual({
    before: { '/do/0/guarded/catch/do/0/tell': 'changed' },
    after: { '/do/0/guarded/catch/do/0/tell': 'changed', '/do/1/both/fork/branches/1/two': 'added' },
  });
});

test('the order of keys is no change, and what is no document has no steps', () => {
  expect(shown(flow({ a: { set: { x: 1, y: 2 } } }), flow({ a: { set: { y: 2, x: 1 } } }))).toEqual({ before: {}, after: {} });
  expect(shown(undefined, { do: 'nothing' })).toEqual({ before: {}, after: {} });
});
