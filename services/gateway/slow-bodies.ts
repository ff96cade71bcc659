// Requests whose body takes its time. They give their place among the open ones back until it is there: whoever sends slowly, or not at
// all, holds a socket and nothing else (S31).
// I1 One caller has a bounded number of them; one more is ended with 408.
// I2 The time a body takes is the client's: it says nothing about how fast this server answers (pace.ts).
import { PalaceError } from '@palace/platform/errors.ts';
import { busy, type Exchange } from './exchange.ts';

const PATIENCE_MS = 500;
const MOST_A_CALLER = 32;

export class SlowBodies {
  private readonly slow = new Map<string, number>();

  /** The body as soon as it is there. Throws 408 for one slow body too many, 503 when there is no place for a request that has arrived. */
  async wait<T>(exchange: Exchange, caller: string, body: Promise<T>): Promise<T> {
    if (exchange.request.complete) return body;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), PATIENCE_MS);
    });
    const first = await Promise.race([body, patience]).finally(() => clearTimeout(timer));
    return first === 'late' ? this.waitAside(exchange, caller, body) : (first as T);
  }

  private async waitAside<T>(exchange: Exchange, caller: string, body: Promise<T>): Promise<T> {
    const count = this.slow.get(caller) ?? 0;
    if (count >= MOST_A_CALLER || !exchange.stepAside()) {
      body.catch(() => undefined);
      throw new PalaceError('request.timeout', { detail: `Bodies arrive too slowly; at most ${MOST_A_CALLER} may be on their way for longer.` });
    }
    this.slow.set(caller, count + 1);
    try {
      const read = await body;
      if (!exchange.move('open')) throw busy();
      return read;
    } finally {
      const left = (this.slow.get(caller) ?? 1) - 1;
      if (left > 0) this.slow.set(caller, left);
      else this.slow.delete(caller);
    }
  }
}
