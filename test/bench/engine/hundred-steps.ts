// Flows of a hundred steps, each text only once: names, fields and numbers differ from document to document and from step to step, so
// that nothing can answer from what it has seen before.

const STEPS = 100;

type Step = (document: number, step: number) => string;

const plainStep: Step = (d, n) => `  - step${n}of${d}:\n      set:\n        count: '\${ .count${n} + ${d} }'\n        label: order ${n}\n`;

const callStep: Step = (d, n) =>
  `  - step${n}of${d}:\n      call: http\n      with:\n        method: post\n        endpoint: 'https://example.com/items${d}/{id}'\n` +
  `        body: { id: '\${ .id${n} }', price: '\${ .price * 1.${d} + ${n} }' }\n      output: { as: '{ id: .id${n}, price: .price${d} }' }\n`;

// What people write by hand: comments, blank lines, blocks of text, a choice.
const mixedStep: Step = (d, n) => {
  if (n % 4 === 0) return `\n  # Step ${n} of ${d}: counted first.\n${plainStep(d, n)}`;
  if (n % 4 === 1) return callStep(d, n);
  if (n % 4 === 2)
    return `  - step${n}of${d}:\n      switch:\n        - large: { when: .total${n} > ${d}, then: continue }\n        - other: { then: continue }\n      metadata:\n        note: |\n          What is larger than ${d}\n          needs nothing.\n`;
  return `  - step${n}of${d}:\n      set:\n        found: >-\n          \${ .items\n            | map(select(.n${n} > ${d}))\n            | length }\n`;
};

const flow =
  (step: Step) =>
  (d: number): string =>
    `document: {dsl: '1.0.3', namespace: bench, name: hundred-${d}, version: '1.0.0'}\ndo:\n${Array.from({ length: STEPS }, (_, n) => step(d, n)).join('')}`;

const jsonFlow = (d: number): string =>
  JSON.stringify(
    {
      document: { dsl: '1.0.3', namespace: 'bench', name: `hundred-${d}`, version: '1.0.0' },
      do: Array.from({ length: STEPS }, (_, n) => ({
        [`step${n}of${d}`]: {
          call: 'http',
          with: { method: 'post', endpoint: `https://example.com/items${d}/{id}`, body: { id: `\${ .id${n} }`, price: `\${ .price * 1.${d} + ${n} }` } },
        },
      })),
    },
    null,
    2,
  );

/** By name: the document of a number. */
export const HUNDRED_STEPS: Readonly<Record<string, (document: number) => string>> = {
  plain: flow(plainStep),
  calls: flow(callStep),
  mixed: flow(mixedStep),
  json: jsonFlow,
};
