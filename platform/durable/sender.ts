// Keeps inbox rows: what several callers send in one turn, or while a statement is under way, goes as one.
// I1 `send` resolves after the commit; a row refused by the database fails its own caller alone.
// I2 Sending twice is harmless: a known command id is dropped, a known key keeps nothing and tells what it stands for.
// I3 A key that somebody else's open commit holds delays nobody but its own caller: it goes again alone, behind others of its kind.
// Called by node.ts.
import type { DurableStore, Scheduler, SendOutcome, Sending } from './contract.ts';
import { gather } from './gather.ts';

const MOST_CALLS = 500;
const CONTENDED_ATTEMPTS = 20;
const CONTENDED_PAUSE_MS = 10;

type Answer = SendOutcome | { readonly kind: 'failed'; readonly error: unknown };

const CONTENDED: Answer = { kind: 'contended' };

export function createSender(store: Pick<DurableStore, 'send'>, scheduler: Scheduler): (sending: Sending) => Promise<SendOutcome> {
  const together = gather<Sending, Answer>(scheduler, MOST_CALLS, (calls) => sendTogether(store, calls));
  const alone = gather<Sending, Answer>(scheduler, 1, (calls) => sendOneByOne(store, calls));
  return async (sending) => {
    if (sending.rows.length === 0 && sending.claim === undefined) return { kind: 'kept' };
    let answer = await together(sending);
    for (let attempt = 0; answer.kind === 'contended' && attempt < CONTENDED_ATTEMPTS; attempt++) {
      await new Promise<void>((resolve) => scheduler.after(CONTENDED_PAUSE_MS, resolve));
      answer = await alone(sending);
    }
    if (answer.kind === 'failed') throw answer.error;
    return answer;
  };
}

async function sendTogether(store: Pick<DurableStore, 'send'>, calls: readonly Sending[]): Promise<readonly Answer[]> {
  try {
    const outcomes = await store.send(calls);
    const contended = outcomes.some((outcome) => outcome.kind === 'contended');
    return contended ? await withoutKeys(store, calls) : outcomes;
  } catch (error) {
    return calls.length === 1 ? [{ kind: 'failed', error }] : sendOneByOne(store, calls);
  }
}

/** Nobody knows whose key it was: those without one go at once. */
async function withoutKeys(store: Pick<DurableStore, 'send'>, calls: readonly Sending[]): Promise<readonly Answer[]> {
  const free = calls.filter((call) => call.claim === undefined);
  const answers = free.length === 0 ? [] : await sendTogether(store, free);
  const byCall = new Map(free.map((call, index) => [call, answers[index] as Answer]));
  return calls.map((call) => byCall.get(call) ?? CONTENDED);
}

async function sendOneByOne(store: Pick<DurableStore, 'send'>, calls: readonly Sending[]): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const call of calls) {
    try {
      const [outcome] = await store.send([call]);
      answers.push(outcome as SendOutcome);
    } catch (error) {
      answers.push({ kind: 'failed', error });
    }
  }
  return answers;
}
