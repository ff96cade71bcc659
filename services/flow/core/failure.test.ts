// What a failed run says of its failure: the place in the document, the sub-flow behind it, the attempts of its last going.
import { describe, expect, it } from 'vitest';
import { begun, CALL, endChild, FAULT, refuse } from './begun-run.ts';
import { failureOf } from './failure.ts';
import { flowOf } from './virtual-shell.ts';

const STEP = '  - a: {set: {n: 1}}';

/** The line of the document, counted from 1, that holds `text`. */
const lineOf = (steps: string, more: string, text: string): number =>
  flowOf(steps, more)
    .split('\n')
    .findIndex((line) => line.includes(text)) + 1;

describe('a failure of the run as a whole', () => {
  it.each([
    ['/input/from', 'input:\n  from: "${ 1 + {} }"\n', 'from:'],
    ['/input/schema', 'input:\n  schema: {document: {type: array}}\n', 'schema:'],
    ['/output/as', 'output:\n  as: "${ 1 + {} }"\n', 'as:'],
    ['/output/schema', 'output:\n  schema: {document: {type: array}}\n', 'schema:'],
    ['/timeout', 'timeout:\n  after: "${ 1 + {} }"\n', 'timeout:'],
  ])('is told at %s, where it stands', (pointer, more, text) => {
    const shell = begun(STEP, {}, {}, more);
    expect(shell.run.fault?.instance).toBe(pointer);
    expect(failureOf(shell.run, shell.journal)).toMatchObject({ step: pointer, line: lineOf(STEP, more, text), name: 'flow' });
  });

  it('that outlived its timeout is told at the timeout', () => {
    const shell = begun(`  - a: ${CALL('a')}`, {}, {}, 'timeout: {after: {seconds: 1}}\n');
    shell.play(() => 'silence');
    expect(failureOf(shell.run, shell.journal)).toMatchObject({ step: '/timeout', cause: expect.stringContaining('(408)') as unknown });
  });
});

describe('a failure of a sub-flow', () => {
  it('names its run and the command that shows it', () => {
    const shell = begun('  - sub: {run: {workflow: {namespace: shop, name: part, version: latest}}}');
    endChild(shell, { fault: FAULT });
    const asked = shell.journal.find((event) => event.type === 'child.requested');
    const id = asked?.type === 'child.requested' ? asked.run : '';
    expect(failureOf(shell.run, shell.journal)).toMatchObject({
      step: '/do/0/sub',
      child: { id, command: `palace get run ${id}` },
      attempts: [{ attempt: 1, error: 'Down (503): no answer.' }],
    });
  });

  it('is not blamed for what the step itself did wrong', () => {
    const shell = begun('  - sub: {run: {workflow: {namespace: shop, name: part, version: latest, input: {x: "${ 1 + {} }"}}}}');
    expect(failureOf(shell.run, shell.journal)).not.toHaveProperty('child');
  });
});

describe('the attempts of a failure', () => {
  it('are those since a person sent the run back', () => {
    const shell = begun(`  - a: ${CALL('a')}`);
    refuse(shell);
    shell.nowMs += 5_000;
    shell.give({ type: 'retry', by: 'ada', effects: 'keep', ledger: [] });
    const iso = new Date(shell.nowMs).toISOString();
    refuse(shell);
    expect(failureOf(shell.run, shell.journal)?.attempts).toMatchObject([{ attempt: 2, startedAt: iso, endedAt: iso }]);
  });

  it('of a step that asks nothing of the world are counted from there too', () => {
    const shell = begun('  - a: {raise: {error: {type: "https://x.test/bang", status: 418}}}');
    shell.nowMs += 5_000;
    shell.give({ type: 'retry', by: 'ada', effects: 'keep', ledger: [] });
    const iso = new Date(shell.nowMs).toISOString();
    expect(failureOf(shell.run, shell.journal)?.attempts).toEqual([{ attempt: 1, startedAt: iso, endedAt: iso, error: 'https://x.test/bang (418).' }]);
  });
});
