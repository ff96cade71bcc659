// Steps that ask what kind of act they are before they act (openapi calls): the intent of the act has its class, and nothing is in doubt
// that need not be.
import { describe, expect, it } from 'vitest';
import { openEffects, type OpenEffect } from './run.ts';
import { flowOf, linkFlow, virtualShell, type Answer, type VirtualShell } from './virtual-shell.ts';

const FAULT = { type: 'https://x.test/failed', status: 503 };
const CALL = "{call: openapi, with: {document: {endpoint: 'http://x.test/api'}, operationId: op, parameters: {n: '${ .n }'}}";

function begun(step = `${CALL}}`, input = { n: 1 }): VirtualShell {
  const shell = virtualShell(linkFlow(flowOf(`  - pay: ${step}`)));
  shell.give({ type: 'start', input });
  return shell;
}
const open = (shell: VirtualShell): OpenEffect => openEffects(shell.run)[0] ?? expect.fail('no open effect');
const of = (shell: VirtualShell) => ({ act: open(shell).act, attempt: open(shell).attempt });
const answer = (shell: VirtualShell, result: string | null): unknown => shell.give({ type: 'effect-done', ...of(shell), result });

describe('a step that asks', () => {
  it('asks by a read that names the operation alone, then requests the act with the class it was told', () => {
    const shell = begun();
    expect(open(shell)).toMatchObject({ class: 'read', function: 'openapi.effect', args: { document: { endpoint: 'http://x.test/api' }, operationId: 'op' } });
    expect(open(shell).args).not.toHaveProperty('parameters');
    const question = open(shell);
    answer(shell, 'unique');
    expect(open(shell)).toMatchObject({ class: 'unique', function: 'openapi', args: { operationId: 'op', parameters: { n: 1 } } });
    expect(shell.journal.at(-1)).toMatchObject({ type: 'effect.requested', position: '/do/0/pay#' });
    expect(open(shell).key).not.toBe(question.key);
    shell.give({ type: 'effect-done', ...of(shell), result: { paid: true } });
    shell.settle();
    expect(shell.run.output).toEqual({ paid: true });
  });

  it('does not ask when the author says the class', () => {
    const shell = begun(`${CALL}, metadata: {palace: {effect: idempotent}}}`);
    expect(open(shell)).toMatchObject({ class: 'idempotent', function: 'openapi', args: { effectTold: true } });
  });

  it.each(['read', 'idempotent'])('never ends in doubt when the operation is %s', (effect) => {
    const shell = begun();
    answer(shell, effect);
    expect(shell.give({ type: 'effect-lost', ...of(shell) }).unused).toBe('This effect is simply performed again.');
    shell.give({ type: 'effect-failed', ...of(shell), fault: FAULT, reach: 'unknown' });
    expect(shell.run.phase).toBe('failed');
  });

  it('is in doubt when a unique operation is lost, and not when the question is', () => {
    const shell = begun();
    expect(shell.give({ type: 'effect-lost', ...of(shell) }).unused).toBe('This effect is simply performed again.');
    answer(shell, 'unique');
    shell.give({ type: 'effect-lost', ...of(shell) });
    expect(open(shell)).toMatchObject({ state: 'in-doubt', function: 'openapi' });
  });

  it('fails like the question when that fails, and when the answer is no class', () => {
    const failed = begun();
    failed.give({ type: 'effect-failed', ...of(failed), fault: FAULT, reach: 'unknown' });
    expect(failed.run).toMatchObject({ phase: 'failed', fault: { ...FAULT, instance: '/do/0/pay' } });
    const odd = begun();
    answer(odd, 'sometimes');
    expect(odd.run).toMatchObject({ phase: 'failed', fault: { status: 500 } });
  });

  it('takes no late answer to its question for the answer to its act', () => {
    const shell = begun();
    const question = of(shell);
    answer(shell, 'unique');
    expect(shell.give({ type: 'effect-done', ...question, result: 'unique' }).unused).toBeTypeOf('string');
    expect(open(shell).function).toBe('openapi');
  });

  it('that a try repeats neither asks nor acts again when its unique act was confirmed', () => {
    const steps = `  - all:
      try:
        - pay: ${CALL}}
        - then: {if: .ok == true, raise: {error: {type: https://x.test/no, status: 500}}}
      catch: {retry: {delay: PT1S, limit: {attempt: {count: 2}}}}`;
    const shell = virtualShell(linkFlow(flowOf(steps)));
    shell.give({ type: 'start', input: { n: 1 } });
    const performed: string[] = [];
    shell.play((effect): Answer => {
      performed.push(`${effect.function} ${effect.class}`);
      return { result: effect.function === 'openapi' ? { ok: true } : 'unique' };
    });
    expect(performed.filter((one) => one === 'openapi unique')).toHaveLength(1);
    expect(performed.filter((one) => one === 'openapi.effect read')).toHaveLength(1);
    expect(shell.types().filter((type) => type === 'error.caught')).toHaveLength(1);
  });

  it('asks again after a person sent a failed run back, and answers a confirmed act from the ledger', () => {
    const shell = begun();
    answer(shell, 'unique');
    shell.give({ type: 'effect-failed', ...of(shell), fault: FAULT, reach: 'answered' });
    shell.give({ type: 'retry', by: 'ada', effects: 'keep', ledger: [] });
    expect(open(shell).function).toBe('openapi.effect');
    const again = begun();
    answer(again, 'unique');
    const key = open(again).key;
    again.give({ type: 'effect-failed', ...of(again), fault: FAULT, reach: 'answered' });
    again.give({ type: 'retry', by: 'ada', effects: 'keep', ledger: [{ position: '/do/0/pay#', key, class: 'unique', state: 'confirmed', result: 'paid' }] });
    again.settle();
    expect(again.run).toMatchObject({ phase: 'completed', output: 'paid' });
  });
});
