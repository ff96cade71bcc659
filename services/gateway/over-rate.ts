// Callers that their rate has refused a moment ago. What they send until they may again is refused at the door with the answer made then,
// before anything is made of it: a flood beyond its quota must not buy the processor that others wait for (R9).
// I1 Only a credential that was verified stands here, and for MOST_MS at the longest: a key that was revoked is told so a moment later.
// I2 A credential that stands here gets nothing but that refusal. I3 The number of callers is bounded; who is forgotten is looked up again.
// Called by admission.ts (note) and server.ts (refusalOf).
import type { PreparedAnswer } from './exchange.ts';

const MOST_MS = 1_000;
const MAX_CALLERS = 1_000;

interface Refused {
  readonly untilMs: number;
  readonly answer: PreparedAnswer;
}

export class OverRate {
  private readonly refused = new Map<string, Refused>();

  /** `waitMs`: until the caller may come again. */
  note(credential: string, waitMs: number, answer: PreparedAnswer): void {
    this.refused.delete(credential);
    if (this.refused.size >= MAX_CALLERS) for (const oldest of this.refused.keys()) if (this.refused.delete(oldest)) break;
    this.refused.set(credential, { untilMs: performance.now() + Math.min(waitMs, MOST_MS), answer });
  }

  refusalOf(credential: string | undefined): PreparedAnswer | undefined {
    const found = credential === undefined ? undefined : this.refused.get(credential);
    if (found === undefined || credential === undefined) return undefined;
    if (found.untilMs > performance.now()) return found.answer;
    this.refused.delete(credential);
    return undefined;
  }
}
