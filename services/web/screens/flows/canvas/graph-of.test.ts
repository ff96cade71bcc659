import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stepAfterKey } from './canvas-moves.ts';
import { elkGraphOf } from './elk-graph.ts';
import { BEGIN, END, graphOf, MOST_NODES } from './graph-of.ts';
import { roundedPath } from './rounded-path.ts';

const set = (name: string, more: object = {}) => ({ [name]: { set: { x: 1 }, ...more } });
const edges = (document: unknown) =>
  graphOf(document).edges.map(({ from, to, label, kind }) => `${from} ${kind === 'error' ? '!' : '>'} ${to}${label === undefined ? '' : ` (${label})`}`);
const nodes = (document: unknown) => graphOf(document).nodes.map(({ id, frame }) => (frame === undefined ? id : `${frame} :: ${id}`));

test('steps of a list follow each other from the begin to the end', () => {
  expect(edges({ do: [set('a'), set('b')] })).toEqual([`${BEGIN} > /do/0/a`, '/do/0/a > /do/1/b', `/do/1/b > ${END}`]);
});

test('then leads to a step, out of the list or to the end of the run; a raise leads nowhere', () => {
  const document = { do: [set('a', { then: 'c' }), set('b', { then: 'end' }), { c: { raise: { error: 'x' } } }] };
  expect(edges(document)).toEqual([`${BEGIN} > /do/0/a`, '/do/0/a > /do/2/c', `/do/1/b > ${END}`]);
});

test('a switch has an edge a case, and one more where no case is the default', () => {
  const way = (when: string | undefined, then: string) => ({ ...(when !== undefined && { when }), then });
  const some = { do: [{ s: { switch: [{ large: way('.x > 1', 'b') }] } }, set('a'), set('b')] };
  expect(edges(some)).toEqual(expect.arrayContaining(['/do/0/s > /do/2/b (large)', '/do/0/s > /do/1/a']));
  const all = { do: [{ s: { switch: [{ large: way('.x > 1', 'b') }, { rest: way(undefined, 'end') }] } }, set('a'), set('b')] };
  expect(edges(all)).toEqual(expect.arrayContaining([`/do/0/s > ${END} (rest)`]));
  expect(edges(all)).not.toContain('/do/0/s > /do/1/a');
});

test('what stands in a loop, a fork and a try stands in its frame, and an early exit has its mark there', () => {
  expect(nodes({ do: [{ each: { for: { in: '.x' }, do: [set('a', { then: 'exit' }), set('b')] } }] })).toEqual([
    BEGIN,
    '/do/0/each',
    '/do/0/each :: /do/0/each/do/0/a',
    '/do/0/each :: /do/0/each/do/1/b',
    '/do/0/each :: /do/0/each/do#exit',
    END,
  ]);
  expect(edges({ do: [{ both: { fork: { branches: [set('a'), set('b')] } } }] })).toEqual(
    expect.arrayContaining(['/do/0/both/fork/branches#split > /do/0/both/fork/branches/1/b', '/do/0/both/fork/branches/0/a > /do/0/both/fork/branches#join']),
  );
  const guarded = { do: [{ t: { try: [set('a')], catch: { as: 'problem', do: [set('b')] } } }] };
  expect(edges(guarded)).toContain('/do/0/t#try ! /do/0/t#catch');
  expect(nodes(guarded)).toEqual(expect.arrayContaining(['/do/0/t#try :: /do/0/t/try/0/a', '/do/0/t#catch :: /do/0/t/catch/do/0/b']));
});

test('the shorthand of an author is drawn as lanes beside the step', () => {
  const document = { kind: 'palace/v1', do: [{ a: { do: [set('inner')], onError: [set('b')] } }] };
  expect(edges(document)).toContain('/do/0/a#do ! /do/0/a#onError');
  expect(nodes(document)).toContain('/do/0/a#onError :: /do/0/a/onError/0/b');
});

test('names that are pointers of their own are escaped, and a large flow is cut', () => {
  expect(nodes({ do: [set('a/b~c')] })).toContain('/do/0/a~1b~0c');
  const long = graphOf({ do: Array.from({ length: 2_000 }, (_, i) => set(`s${i}`)) });
  expect(long.cut).toBe(true);
  expect(long.nodes.length).toBeLessThanOrEqual(MOST_NODES + 2);
});

test('any JSON is drawn: ids are unique, edges join nodes of one frame, frames come first', () => {
  const step = fc.dictionary(fc.constantFrom('a', 'b', 'do', 'then'), fc.anything(), { maxKeys: 2 });
  const list: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
    list: fc.array(
      fc.dictionary(
        fc.constantFrom('x', 'y/z'),
        fc.oneof(step, fc.record({ do: tie('list') }), fc.record({ try: tie('list'), catch: fc.record({ do: tie('list') }) })),
        { maxKeys: 1 },
      ),
      { maxLength: 4 },
    ),
  })).list;
  fc.assert(
    fc.property(fc.oneof(list, fc.anything()), (steps) => {
      const graph = graphOf({ do: steps });
      const frameOf = new Map(graph.nodes.map(({ id, frame }) => [id, frame]));
      expect(frameOf.size).toBe(graph.nodes.length);
      for (const { from, to, frame } of graph.edges) expect([frameOf.get(from), frameOf.get(to)]).toEqual([frame, frame]);
      const seen = new Set<string>();
      for (const { id, frame } of graph.nodes) {
        expect(frame === undefined || seen.has(frame)).toBe(true);
        seen.add(id);
      }
      expect(() => elkGraphOf(graph)).not.toThrow();
    }),
  );
});

test('arrow keys follow the document, go out to the step around and into the first one inside', () => {
  const { nodes: all } = graphOf({ do: [set('a'), { t: { try: [set('b')], catch: { do: [set('c')] } } }] });
  expect(stepAfterKey(all, undefined, 'ArrowDown')).toBe('/do/0/a');
  expect(stepAfterKey(all, '/do/0/a', 'ArrowDown')).toBe('/do/1/t');
  expect(stepAfterKey(all, '/do/1/t', 'ArrowRight')).toBe('/do/1/t/try/0/b');
  expect(stepAfterKey(all, '/do/1/t/catch/do/0/c', 'ArrowLeft')).toBe('/do/1/t');
  expect(stepAfterKey(all, '/do/0/a', 'x')).toBeUndefined();
});

test('a way with corners is rounded at them, and no more than half of a stretch', () => {
  expect(
    roundedPath([
      { x: 0, y: 0 },
      { x: 0, y: 10 },
      { x: 40, y: 10 },
    ]),
  ).toBe('M 0 0 L 0 5 Q 0 10 5 10 L 40 10');
  expect(roundedPath([])).toBe('');
});
