// Joins requests of one turn, and those that come while an answer is awaited, into one call: 64 shards that open read with one statement.
// I1 At most one call is under way; a failed call fails its own requests and no other.
// Called by feeds.ts, timers.ts and sender.ts.
import type { Scheduler } from './contract.ts';

interface Waiting<Request, Answer> {
  readonly request: Request;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** `call` answers in the order of its requests. */
export function gather<Request, Answer>(
  scheduler: Scheduler,
  limit: number,
  call: (requests: readonly Request[]) => Promise<readonly Answer[]>,
): (request: Request) => Promise<Answer> {
  const waiting: Waiting<Request, Answer>[] = [];
  let busy = false;

  function startSoon(): void {
    if (busy || waiting.length === 0) return;
    busy = true;
    scheduler.soon(() => void run());
  }

  async function run(): Promise<void> {
    const batch = waiting.splice(0, limit);
    try {
      const answers = await call(batch.map((entry) => entry.request));
      for (const [index, entry] of batch.entries()) entry.resolve(answers[index] as Answer);
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    } finally {
      busy = false;
      startSoon();
    }
  }

  return (request) =>
    new Promise((resolve, reject) => {
      waiting.push({ request, resolve, reject });
      startSoon();
    });
}
