// Refusals of a full server, a moment late: whoever repeats at once is held back by its own connection, and does not buy the processor with
// refusals that those who were let in wait for. Who offers at a rate of its own is answered at that rate.
// I1 The first of a quiet moment are told at once; under a flood each waits DELAY_MS, and with it the connection that it came by.
// I2 What waits is bounded, in number and in bytes that its client may send meanwhile: beyond that it is told at once.
import type { IncomingMessage } from 'node:http';

const TURN_MS = 10;
const DELAY_MS = 100;
const AT_ONCE = 10;
const MAX_WAITING = 4_000;
const MAX_WAITING_BYTES = 8_388_608;

interface Waiting {
  readonly tell: () => void;
  readonly bytes: number;
  readonly dueMs: number;
}

export class Refusals {
  /** In order of arrival, and so of being due. */
  private waiting: Waiting[] = [];
  private waitingBytes = 0;
  private left = AT_ONCE;
  private timer: NodeJS.Timeout | undefined;

  tell(request: Pick<IncomingMessage, 'headers'>, tell: () => void): void {
    const bytes = bytesToCome(request);
    this.timer ??= setInterval(() => this.turn(performance.now()), TURN_MS);
    if (this.left > 0) {
      this.left -= 1;
      tell();
    } else if (this.waiting.length >= MAX_WAITING || this.waitingBytes + bytes > MAX_WAITING_BYTES) tell();
    else {
      this.waitingBytes += bytes;
      this.waiting.push({ tell, bytes, dueMs: performance.now() + DELAY_MS });
    }
  }

  /** Nobody waits any longer: the server closes. */
  tellAll(): void {
    this.turn(Number.POSITIVE_INFINITY);
  }

  private turn(nowMs: number): void {
    const first = this.waiting.findIndex(({ dueMs }) => dueMs > nowMs);
    const due = this.waiting.splice(0, first < 0 ? this.waiting.length : first);
    for (const { tell, bytes } of due) {
      this.waitingBytes -= bytes;
      tell();
    }
    if (this.waiting.length > 0) return;
    this.left = AT_ONCE;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

/** What the client may send of the body while it waits; without a length, as much as it likes. */
function bytesToCome({ headers }: Pick<IncomingMessage, 'headers'>): number {
  if (headers['transfer-encoding'] !== undefined) return Number.POSITIVE_INFINITY;
  return Number(headers['content-length'] ?? 0);
}
