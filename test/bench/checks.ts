// 200 checks of a flow with a call, a retry, a choice, a signal and a sub-flow: read, compiled, played and judged, as `palace check` does.
// Counted is the time of the whole command's work in a process that is warm, and in one that has just begun.
import { runChecks } from '@palace/flow/checks/run-checks.ts';
import { LIMITS } from '@palace/flow/core/virtual-shell.ts';
import { latency, now, round } from './engine/gauge.ts';
import { line } from './engine/line.ts';

const CASES = 200;
const ROUNDS = 10;

const FLOW = `document: { dsl: '1.0.3', namespace: bench, name: order, version: '1.0.0' }
do:
  - lookUp:
      try:
        - customer: { call: http, with: { method: get, endpoint: 'https://crm.example.com/customers' }, output: { as: '$input + { tier: .tier }' } }
      catch: { retry: { delay: PT1S, limit: { attempt: { count: 3 } } } }
  - size:
      switch:
        - large: { when: .total > 100, then: ask }
        - small: { then: lines }
  - ask: { listen: { to: { one: { with: { type: agentspalace.signal.approve } } } }, output: { as: '$input + { approved: .[0].approved }' } }
  - lines:
      for: { each: line, in: .lines }
      do:
        - price: { set: { total: '\${ .total + $line }', lines: '\${ .lines }' } }
  - ship: { run: { workflow: { namespace: bench, name: ship, version: latest, input: { total: '\${ .total }' } } } }
`;
const SHIP = `document: { dsl: '1.0.3', namespace: bench, name: ship, version: '1.0.0' }
do:
  - send: { call: http, with: { method: post, endpoint: 'https://ship.example.com/parcels', body: { total: '\${ .total }' } } }
`;
const checks = `stubs: { customer: [{ error: 503 }, { result: { tier: plain } }], 'bench/ship#send': { compute: '{ parcel: .body.total }' } }
cases:
${Array.from({ length: CASES }, (_, n) => caseOf(n)).join('')}`;

function caseOf(n: number): string {
  const large = n % 2 === 0;
  const total = large ? 1000 + n : n % 100;
  return `  - name: case ${n}
    input: { total: ${total}, lines: [1, 2, 3, 4, 5] }
    ${large ? 'timeline: [{ at: 1h, signal: approve, data: { approved: true } }]' : 'timeline: []'}
    expect: { result: { parcel: ${total + 15} }, attempts: { customer: 2 }, elapsed: ${large ? '1h' : '1s'} }
`;
}

function checkAll(): number {
  const began = now();
  const flows = [
    { path: 'order.yaml', source: FLOW },
    { path: 'ship.yaml', source: SHIP },
  ];
  const { files } = runChecks([{ path: 'order.check.yaml', source: checks }], flows, {
    settings: { limits: LIMITS, lookBackMs: 60_000 },
    filter: undefined,
    clock: now,
  });
  const cases = files.flatMap((file) => file.cases);
  const failed = cases.filter(({ failures }) => failures.length > 0);
  if (cases.length !== CASES || failed.length > 0) throw new Error(`${failed.length} of ${cases.length} cases failed`);
  return now() - began;
}

const firstMs = checkAll();
const times = Array.from({ length: ROUNDS }, checkAll);
line('checks', { cases: CASES, firstMs: round(firstMs, 0), laterMs: round(latency(times).p50, 0) });
