// For tests: what an executor is called with, but for what the test is about.
import { Mask } from '../core/mask.ts';
import type { EffectCall } from './executor.ts';

export function effectCall(about: Partial<EffectCall>): EffectCall {
  return {
    tenant: 'acme',
    run: 'run_x',
    flow: 'a/b',
    key: 'key',
    attempt: 1,
    class: 'read',
    args: {},
    mask: new Mask(),
    deadlineMs: 10_000,
    signal: new AbortController().signal,
    traceparent: undefined,
    ...about,
  };
}
