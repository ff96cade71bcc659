// Effects by class: what is performed again, what is verified, what only a person can settle (ENGINE E8, E9).
import { describe, expect, it } from 'vitest';
import { openEffects, openTimers } from './run.ts';
import { runStatus, waitingFor } from './view.ts';
import { flowOf, linkFlow, virtualShell, type VirtualShell } from './virtual-shell.ts';

const FAULT = { type: 'https://x.test/failed', status: 503 };
const call = (effect: string, verify = ''): string =>
  `{call: http, with: {method: post, endpoint: 'http://x.test/', body: '\${ .n }'}, metadata: {palace: {effect: ${effect}, deadline: PT7S${verify}}}}`;
const VERIFY = (final: boolean): string =>
  `, verify: {with: {method: get, endpoint: 'http://x.test/'}, happened: .body.found, result: .body, absenceFinal: ${final}}`;

function begun(step: string): VirtualShell {
  const shell = virtualShell(linkFlow(flowOf(`  - pay: ${step}`)));
  shell.give({ type: 'start', input: { n: 1 } });
  return shell;
}
const open = (shell: VirtualShell) => openEffects(shell.run)[0] ?? expect.fail('no open effect');
const of = (shell: VirtualShell) => ({ act: open(shell).act, attempt: open(shell).attempt });

describe('an effect', () => {
  it('is requested with its key, its arguments, their hash and its deadline', () => {
    const shell = begun(call('unique'));
    expect(shell.journal.at(-1)).toMatchObject({
      type: 'effect.requested',
      attempt: 1,
      class: 'unique',
      function: 'http',
      args: { method: 'POST', body: 1 },
      deadlineMs: 7000,
      position: '/do/0/pay#',
      atMs: shell.nowMs,
    });
    expect(open(shell)).toMatchObject({ state: 'requested', key: expect.stringMatching(/^[\w-]{22}$/), argsHash: expect.stringMatching(/^[\w-]{22}$/) });
    expect(runStatus(shell.run)).toBe('running');
  });

  it.each(['read', 'idempotent'])('that is %s fails for good whatever its reach, and is never in doubt', (effect) => {
    for (const reach of ['not-sent', 'answered', 'unknown'] as const) {
      const shell = begun(call(effect));
      expect(shell.journal.at(-1)).not.toHaveProperty('position');
      expect(shell.give({ type: 'effect-lost', ...of(shell) }).unused).toBeTypeOf('string');
      shell.give({ type: 'effect-failed', ...of(shell), fault: FAULT, reach });
      expect(shell.run).toMatchObject({ phase: 'failed', fault: { ...FAULT, instance: '/do/0/pay' } });
    }
  });

  it.each(['unique', 'irreversible'])('that is %s fails when it was not sent or was answered, and is in doubt otherwise', (effect) => {
    for (const reach of ['not-sent', 'answered'] as const) {
      const shell = begun(call(effect));
      const { key } = open(shell);
      shell.give({ type: 'effect-failed', ...of(shell), fault: FAULT, reach });
      expect(shell.run.phase).toBe('failed');
      expect(shell.journal.find((e) => e.type === 'effect.failed')).toMatchObject({ key });
    }
    const shell = begun(call(effect));
    shell.give({ type: 'effect-failed', ...of(shell), fault: { ...FAULT, detail: 'the line broke' }, reach: 'unknown' });
    expect(open(shell)).toMatchObject({ state: 'in-doubt' });
    expect(runStatus(shell.run)).toBe('waiting');
    expect(waitingFor(shell.run)[0]).toMatchObject({ kind: 'in-doubt', command: `palace resolve ${shell.run.id} ${open(shell).key} done|absent` });
    expect(shell.journal.at(-1)).toMatchObject({ type: 'effect.doubted', verifying: false, why: 'the line broke' });
  });

  it('in doubt ends by a person’s word: done completes it, absent asks for it once more under the same key and arguments', () => {
    const done = begun(call('unique'));
    done.give({ type: 'effect-lost', ...of(done) });
    expect(done.give({ type: 'effect-lost', ...of(done) }).unused).toBeTypeOf('string');
    done.give({ type: 'effect-resolved', key: open(done).key, outcome: 'done', result: { id: 9 }, by: 'ada' });
    expect(done.run).toMatchObject({ phase: 'completed', output: { id: 9 } });
    expect(done.journal.find((e) => e.type === 'effect.completed')).toMatchObject({ how: 'resolved', by: 'ada' });

    const absent = begun(call('unique'));
    const first = open(absent);
    expect(absent.give({ type: 'effect-resolved', key: first.key, outcome: 'done', by: 'ada' }).unused).toBeTypeOf('string');
    absent.give({ type: 'effect-lost', ...of(absent) });
    absent.give({ type: 'effect-resolved', key: first.key, outcome: 'absent', by: 'ada' });
    expect(open(absent)).toMatchObject({ key: first.key, args: first.args, attempt: 2, state: 'requested' });
  });

  it('that can be verified is looked up first: happened completes it', () => {
    const shell = begun(call('unique', VERIFY(true)));
    shell.give({ type: 'effect-lost', ...of(shell) });
    expect(open(shell).state).toBe('verifying');
    expect(runStatus(shell.run)).toBe('running');
    shell.give({ type: 'effect-verified', act: open(shell).act, verdict: 'happened', result: { id: 4 } });
    expect(shell.run).toMatchObject({ phase: 'completed', output: { id: 4 } });
    expect(shell.journal.find((e) => e.type === 'effect.completed')).toMatchObject({ how: 'verified' });
  });

  it.each([
    [true, 'absent', 'requested', 2],
    [false, 'absent', 'in-doubt', 1],
    [true, 'unknown', 'in-doubt', 1],
  ] as const)('verified with a final absence %s and the verdict %s is then %s', (final, verdict, state, attempt) => {
    const shell = begun(call('irreversible', VERIFY(final)));
    const { key } = open(shell);
    shell.give({ type: 'effect-failed', ...of(shell), fault: FAULT, reach: 'unknown' });
    shell.give({ type: 'effect-verified', act: open(shell).act, verdict });
    expect(open(shell)).toMatchObject({ state, attempt, key });
  });

  it('absent during a pause is asked for only after the run goes on', () => {
    const shell = begun(call('unique', VERIFY(true)));
    shell.give({ type: 'effect-lost', ...of(shell) });
    shell.give({ type: 'pause', by: 'ada' });
    shell.give({ type: 'effect-verified', act: open(shell).act, verdict: 'absent' });
    expect(openEffects(shell.run)).toEqual([]);
    shell.give({ type: 'resume', by: 'ada' });
    expect(open(shell)).toMatchObject({ attempt: 2 });
  });

  it('answered late, while it is in doubt, is settled by that answer; other attempts change nothing', () => {
    const shell = begun(call('unique'));
    const at = of(shell);
    shell.give({ type: 'effect-lost', ...at });
    expect(shell.give({ type: 'effect-done', act: at.act, attempt: 7, result: 1 }).unused).toContain('attempt 7');
    shell.give({ type: 'effect-done', ...at, result: 'late' });
    expect(shell.run).toMatchObject({ phase: 'completed', output: 'late' });
    expect(shell.give({ type: 'effect-done', ...at, result: 'later' }).unused).toBeTypeOf('string');
  });

  it('whose result is too large fails the step; a unique one is recorded as done first', () => {
    const big = 'x'.repeat(2_000_000);
    const read = begun(call('read'));
    read.give({ type: 'effect-done', ...of(read), result: big });
    expect(read.run.fault).toMatchObject({ status: 422, type: 'urn:agentspalace:error:limit', detail: expect.stringContaining('PALACE_FLOW_PAYLOAD_BYTES') });
    const unique = begun(call('unique'));
    unique.give({ type: 'effect-done', ...of(unique), result: big });
    expect(unique.journal.find((e) => e.type === 'effect.completed')).toMatchObject({ result: null, key: expect.any(String) });
    expect(unique.run.phase).toBe('failed');
  });
});

describe('a try around effects', () => {
  const body = (second: string): string => `
  - safe:
      try:
        - pay: ${call('unique')}
        - tell: ${second}
      catch: {retry: {delay: {seconds: 1}, limit: {attempt: {count: 3}}}}
`;

  it('does not repeat a unique act that was confirmed: the repeated body gets its answer', () => {
    const shell = virtualShell(linkFlow(flowOf(body(call('read')))));
    shell.give({ type: 'start', input: { n: 1 } });
    shell.play((effect, performed) =>
      effect.class === 'unique' ? { result: { paid: true } } : performed < 3 ? { fault: FAULT, reach: 'answered' } : { result: 'told' },
    );
    expect(shell.run).toMatchObject({ phase: 'completed', output: 'told' });
    const asked = shell.journal.filter((e) => e.type === 'effect.requested');
    expect(asked.filter((e) => e.class === 'unique')).toHaveLength(1);
    expect(asked.filter((e) => e.class === 'read').map((e) => e.attempt)).toEqual([1, 2, 3]);
    expect(shell.journal.filter((e) => e.type === 'effect.completed').map((e) => e.how)).toEqual(['performed', 'ledger', 'ledger', 'performed']);
  });

  it('leaves an abandoned unique act in doubt in the next body, instead of asking again', () => {
    const shell = virtualShell(
      linkFlow(
        flowOf(`
  - safe:
      try:
        - pay: ${call('unique').replace(/\}$/, ', timeout: {after: {seconds: 5}}}')}
      catch: {retry: {delay: {seconds: 1}}}
`),
      ),
    );
    shell.give({ type: 'start', input: { n: 1 } });
    shell.play(() => 'silence', 2);
    expect(shell.types().filter((type) => type === 'effect.abandoned' || type === 'effect.requested' || type === 'effect.doubted')).toEqual([
      'effect.requested',
      'effect.abandoned',
      'effect.doubted',
    ]);
    const { key } = open(shell);
    expect(shell.journal.find((e) => e.type === 'effect.abandoned')).toMatchObject({ key });
    shell.give({ type: 'effect-resolved', key, outcome: 'absent', by: 'ada' });
    expect(open(shell)).toMatchObject({ key, attempt: 3, state: 'requested' });
    shell.give({ type: 'effect-done', ...of(shell), result: 1 });
    expect(shell.run.phase).toBe('completed');
    expect(openTimers(shell.run)).toEqual([]);
  });

  it('asks again for a unique act that certainly failed, under the same key', () => {
    const shell = virtualShell(linkFlow(flowOf(body(call('read')))));
    shell.give({ type: 'start', input: { n: 1 } });
    shell.play((effect, performed) => (effect.class === 'unique' && performed === 1 ? { fault: FAULT, reach: 'not-sent' } : { result: 1 }));
    const asked = shell.journal.filter((e) => e.type === 'effect.requested' && e.class === 'unique');
    expect(asked).toHaveLength(2);
    expect(new Set(asked.map((e) => (e.type === 'effect.requested' ? e.key : ''))).size).toBe(1);
  });
});

describe('keys', () => {
  it('differ for each iteration and each lap, and stay for each attempt', () => {
    const shell = virtualShell(
      linkFlow(
        flowOf(`
  - each:
      for: {in: '\${ [1, 2] }'}
      do:
        - act: {call: http, with: {method: get, endpoint: http://x.test/}, output: {as: '{n: ($input.n + 1)}'}}
  - more: {switch: [{again: {when: .n < 5, then: each}}]}
`),
      ),
    );
    shell.give({ type: 'start', input: { n: 1 } });
    shell.play();
    expect(shell.run).toMatchObject({ phase: 'completed', output: { n: 5 } });
    const paths = shell.journal.flatMap((e) => (e.type === 'step.entered' && e.pc > 2 ? [e.path] : []));
    expect(new Set(paths)).toEqual(new Set(['.0', '.1', '~1:1.0', '~1:1.1']));
    const keys = shell.journal.flatMap((e) => (e.type === 'effect.requested' ? [e.key] : []));
    expect(new Set(keys).size).toBe(4);
  });
});
