// The benchmark's flows: three steps in a row, a hundred at once with a join. Each step is an effect (`step:1.0.0@default`).
const step = (name: string, n: number): string =>
  `- ${name}: { call: 'step:1.0.0@default', with: { run: '\${ .run }', step: ${n} }, metadata: { palace: { effect: idempotent } }, output: { as: $input } }`;

export const SEQ3 = `document: { dsl: '1.0.3', namespace: bench, name: seq3, version: '1.0.0' }
do:
  ${[1, 2, 3].map((n) => step(`s${n}`, n)).join('\n  ')}
`;

export const FAN100 = `document: { dsl: '1.0.3', namespace: bench, name: fan100, version: '1.0.0' }
do:
  - all:
      fork:
        branches:
          ${Array.from({ length: 100 }, (_, n) => step(`f${n}`, n)).join('\n          ')}
`;

/** A loop of `rounds` times ten effects: how the cost of a step grows with history. */
export const LOOP = `document: { dsl: '1.0.3', namespace: bench, name: loop, version: '1.0.0' }
do:
  - all:
      for: { each: n, in: '[ range(.rounds) ]' }
      do:
        ${Array.from({ length: 10 }, (_, n) => step(`s${n}`, n)).join('\n        ')}
`;

/** Waits for a timer: what a million sleeping runs cost. */
export const SLEEP = `document: { dsl: '1.0.3', namespace: bench, name: sleep, version: '1.0.0' }
do:
  - nap:
      wait: { milliseconds: 600000 }
`;
