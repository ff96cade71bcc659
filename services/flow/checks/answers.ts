// Which answer an asking gets: by step, by instance in the order in which they were first asked, by the n-th time of that instance.
import { JqError, type Json } from '@palace/jq/jq.ts';
import { targetKey, type Answer, type Case, type Stub, type Target } from './model.ts';

export interface Asking {
  readonly target: Target;
  /** Run and position: one instance of the step. */
  readonly instance: string;
  readonly args: Json;
  readonly nowMs: number;
}

/** `why`: there is none, or its expression failed. */
export type Chosen =
  | { readonly answer: Answer; readonly attempt: number }
  | { readonly why: 'no stub' | 'no more instances' | 'no condition holds'; readonly attempt: number }
  | { readonly failure: string; readonly answer: Answer };

export interface Answers {
  choose(asking: Asking): Chosen;
  has(target: Target): boolean;
}

export function createAnswers({ stubs, fallback }: Pick<Case, 'stubs' | 'fallback'>): Answers {
  /** By step: its instances in the order in which they were first asked. */
  const instances = new Map<string, Map<string, number>>();
  const times = new Map<string, number>();

  function choose(asking: Asking): Chosen {
    const step = targetKey(asking.target);
    const attempt = (times.get(asking.instance) ?? 0) + 1;
    times.set(asking.instance, attempt);
    const seen = instances.get(step) ?? new Map<string, number>();
    instances.set(step, seen);
    const nth = seen.get(asking.instance) ?? seen.size;
    seen.set(asking.instance, nth);
    const stub = stubs.get(step) ?? fallback;
    if (stub === undefined) return { why: 'no stub', attempt };
    return fromStub(stub, nth, attempt, asking);
  }

  return { choose, has: (target) => stubs.has(targetKey(target)) };
}

function fromStub(stub: Stub, nth: number, attempt: number, { args, nowMs }: Asking): Chosen {
  const answers = stub.instances[stub.each ? nth : 0];
  if (answers === undefined) return { why: 'no more instances', attempt };
  const fitting: Answer[] = [];
  for (const answer of answers) {
    try {
      if (answer.when === undefined || isTrue(answer.when.first(args, { variables: { attempt }, nowMs }))) fitting.push(answer);
    } catch (error) {
      if (!(error instanceof JqError)) throw error;
      return { failure: `The "when" of the answer failed: ${error.message}`, answer };
    }
  }
  const answer = fitting[Math.min(attempt, fitting.length) - 1];
  return answer === undefined ? { why: 'no condition holds', attempt } : { answer, attempt };
}

const isTrue = (value: Json | undefined): boolean => value !== undefined && value !== false && value !== null;
