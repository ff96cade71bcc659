// Each cause by its facts; and which cause is told when several are there.
import { describe, expect, it, test } from 'vitest';
import { whyCause } from '../contract.ts';
import { reasonOf, type OpenAct, type WhyFacts } from './why.ts';

const NOW = Date.parse('2026-03-01T02:00:00.000Z');
const iso = (ms: number): string => new Date(ms).toISOString();
const AGO = NOW - 60_000;
const ID = 'run_00000000000000000000000001';

const WELL: WhyFacts = {
  nowMs: NOW,
  run: { id: ID, tenant: 'acme', flow: 'shop/refund', version: '1.0.0', status: 'waiting', startedMs: AGO },
  waiting: [],
  readable: true,
  acts: [],
  correlation: {},
  faults: {},
  owner: { shard: 7, epoch: 3, node: 'one', leaseUntilMs: NOW + 2_000, seenMs: NOW - 300, alive: true, minReader: 1, bestReader: 1 },
  commands: [],
  deliveries: [],
};
const entry = (kind: WhyFacts['waiting'][number]['kind'], text: string, more: Partial<WhyFacts['waiting'][number]> = {}) => ({
  waiting: [{ kind, step: '/do/0/pay', name: 'pay', since: iso(AGO), text, ...more }],
});
const ACT: OpenAct = {
  step: '/do/0/pay',
  name: 'pay',
  function: 'http',
  remote: 'POST https://bank.test/pay',
  attempt: 2,
  sinceMs: AGO,
  deadlineMs: 90_000,
  state: 'requested',
};
const HALT = { scope: 'flow:acme/shop/refund', level: 'effects', by: 'acme/api-key:k', sinceMs: AGO, reason: 'it pays twice' } as const;

const TABLE: readonly [cause: string, facts: Partial<WhyFacts>, text: RegExp, commands: readonly string[]][] = [
  [
    'quarantined',
    { run: { ...WELL.run, status: 'quarantined', quarantine: { reason: 'its journal does not fold', atMs: AGO } }, readable: false },
    /^It was set aside because its journal does not fold;/,
    [`palace retry ${ID}`, `palace get events ${ID}`],
  ],
  ['program', { readable: false }, /^Its flow shop\/refund@1\.0\.0 cannot be read/, ['palace get flow shop/refund@1.0.0', 'palace doctor']],
  ['shortage', { shortage: 'the disk is full.' }, /short of room.*the disk is full/, ['palace doctor']],
  [
    'format',
    { owner: { shard: 7, epoch: 3, leaseUntilMs: AGO, alive: false, minReader: 2, bestReader: 1 } },
    /shard 7: the database asks for format 2, and the living processes read up to 1/,
    ['palace doctor'],
  ],
  [
    'no-owner',
    { owner: { shard: 7, epoch: 3, leaseUntilMs: AGO, alive: false, minReader: 1, bestReader: 1 } },
    /nobody has it/,
    ['palace doctor', 'palace up'],
  ],
  ['no-owner', { owner: { ...WELL.owner, leaseUntilMs: AGO, alive: false } }, /its last owner one is gone/, ['palace doctor', 'palace up']],
  [
    'frozen-owner',
    { owner: { ...WELL.owner, leaseUntilMs: AGO, seenMs: AGO } },
    /one, is connected and frozen: no proof of life since 2026-03-01T01:59:00/,
    ['palace doctor'],
  ],
  [
    'halt',
    { halt: { ...HALT, scope: 'all', level: 'everything', by: 'palace restore' } },
    /decides nothing: it is held back by palace restore/,
    ['palace resume --all'],
  ],
  [
    'halt',
    { ...entry('effect', 'Performs.'), acts: [ACT], halt: HALT },
    /^"pay" may not begin: it is held back by api-key:k since .* \(it pays twice\)\.$/,
    ['palace resume --flow shop/refund'],
  ],
  [
    'command',
    { commands: [{ kind: 'signal', sentMs: AGO }] },
    /^A signal for it was kept at 2026-03-01T01:59:00.000Z, and the owner one has not taken it/,
    ['palace doctor'],
  ],
  ['delivery', { deliveries: [{ kind: 'match', sentMs: AGO }] }, /^An event for it was sent at .* not delivered yet/, ['palace doctor']],
  ['overdue-timer', { timer: { id: 't1', dueMs: AGO } }, /was due at 2026-03-01T01:59:00.000Z and has not fired/, ['palace doctor']],
  ['paused', entry('paused', 'Paused by somebody.', { command: `palace resume ${ID}` }), /^Paused by somebody\.$/, [`palace resume ${ID}`]],
  [
    'in-doubt',
    entry('in-doubt', 'Nobody knows.', { command: `palace resolve ${ID} K done|absent` }),
    /^Nobody knows\.$/,
    [`palace resolve ${ID} K done`, `palace resolve ${ID} K absent`],
  ],
  ['signal', entry('signal', '"pay" waits for the signal go.', { command: `palace signal ${ID} go` }), /the signal go/, [`palace signal ${ID} go`]],
  [
    'event',
    { ...entry('event', '"pay" waits for an event paid.', { command: 'palace emit paid' }), correlation: { '/do/0/pay': 'order "O-1"' } },
    /^"pay" waits for an event paid, with order "O-1"\.$/,
    ['palace emit paid', `palace cancel ${ID}`],
  ],
  ['timer', entry('timer', 'Waits in "pay" until then.'), /until then/, [`palace cancel ${ID}`]],
  [
    'retry',
    { ...entry('retry', '"pay" failed and tries again.'), faults: { '/do/0/pay': 'it answered 503' } },
    /tries again, after: it answered 503/,
    [`palace cancel ${ID}`],
  ],
  [
    'function',
    { ...entry('retry', '"pay" failed and tries again.'), faults: { '/do/0/pay': '"call: grpc" is not available yet.' } },
    /"call: grpc" is not available yet/,
    [`palace cancel ${ID}`],
  ],
  [
    'effect',
    { ...entry('effect', 'Performs.'), acts: [ACT] },
    /^Performs "pay" \(http, POST https:\/\/bank\.test\/pay\), attempt 2, since .*, until 2026-03-01T02:00:30/,
    [`palace cancel ${ID}`],
  ],
  ['effect', { ...entry('effect', 'Performs.'), acts: [{ ...ACT, deadlineMs: 1_000 }] }, /its deadline of 1000 ms is past/, [`palace cancel ${ID}`]],
  [
    'child',
    {
      ...entry('run', 'Waits for the run run_2 of "pay".', { name: 'run_2' }),
      child: { id: 'run_2', status: 'waiting', text: 'Waits for an event paid.', commands: ['palace emit paid'] },
    },
    /^Waits for the run run_2 of "pay", which is waiting: Waits for an event paid\.$/,
    ['palace why run_2', 'palace emit paid'],
  ],
  [
    'place',
    { ...entry('place', 'Waits for its place: at most 1 at a time.'), line: { limit: 1, holders: ['run_9'], before: 2 } },
    /at most 1 at a time; it is number 3 in line, and run_9 has the place\.$/,
    ['palace why run_9', `palace cancel ${ID}`],
  ],
  [
    'place',
    { ...entry('place', 'Waits.'), line: { limit: 2, holders: ['run_9'], before: 0 } },
    /1 of the places are free, and it is number 1 in line/,
    ['palace why run_9', `palace cancel ${ID}`],
  ],
  ['start', { run: { ...WELL.run, status: 'pending' } }, /begins when one takes it/, [`palace cancel ${ID}`]],
  ['working', { run: { ...WELL.run, status: 'running' } }, /one decides its next step/, [`palace get events ${ID}`, 'palace doctor']],
];

describe('why a run does not go on', () => {
  test.each(TABLE)('is told: %s', (cause, facts, text, commands) => {
    const found = reasonOf({ ...WELL, ...facts });
    expect(found).toMatchObject({ cause, commands });
    expect(found?.text).toMatch(text);
    expect(found?.text.match(/\.$/), 'one sentence').not.toBeNull();
    expect(found?.sinceMs).toBeLessThanOrEqual(NOW);
  });

  it('has a row here for each cause there is', () => {
    expect(new Set(TABLE.map(([cause]) => cause))).toEqual(new Set(whyCause.options));
  });

  it('is nothing for a run that has ended', () => {
    for (const status of ['completed', 'failed', 'cancelled'] as const)
      expect(reasonOf({ ...WELL, run: { ...WELL.run, status }, shortage: 'all' })).toBeUndefined();
  });

  it('is what stands in the way of everything before what it waits for itself', () => {
    const everything: Partial<WhyFacts> = {
      ...entry('timer', 'Waits.'),
      shortage: 'the disk is full',
      halt: { ...HALT, scope: 'all', level: 'everything' },
      timer: { id: 't', dueMs: AGO },
      commands: [{ kind: 'signal', sentMs: AGO }],
    };
    const causes: string[] = [];
    for (const without of [{}, { shortage: undefined }, { halt: undefined }, { commands: [] }, { timer: undefined }]) {
      Object.assign(everything, without);
      causes.push(reasonOf({ ...WELL, ...everything } as WhyFacts)?.cause ?? '');
    }
    expect(causes).toEqual(['shortage', 'halt', 'command', 'overdue-timer', 'timer']);
  });

  it('is not a halt of its flow while it waits for something that the halt does not touch', () => {
    expect(reasonOf({ ...WELL, ...entry('timer', 'Waits.'), halt: HALT })?.cause).toBe('timer');
  });

  it('takes rows and timers for late only after five seconds', () => {
    const young = NOW - 4_000;
    const facts = {
      ...WELL,
      ...entry('timer', 'Waits.'),
      commands: [{ kind: 'signal', sentMs: young }],
      deliveries: [{ kind: 'match', sentMs: young }],
      timer: { id: 't', dueMs: young },
    };
    expect(reasonOf(facts)?.cause).toBe('timer');
  });
});
