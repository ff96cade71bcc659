// How many open requests are too many right now: few enough that an accepted one is answered in good time (R8).
// A fixed bound is wrong twice: under load each open request waits for all others (512 at 190 a second: 2.7 s), on a fast machine it is low.
// I1 The limit falls by a fifth a window while answers take longer than the target, and never below the floor.
// I2 It begins at a quarter of the bound and rises while answers are quick and it is used: a burst is not let in on the strength of idleness.
export interface PaceSettings {
  readonly max: number;
  readonly floor: number;
  /** What an answer may take before the limit falls. */
  readonly targetMs: number;
}

const WINDOW_MS = 100;
const FALL = 0.8;
const RISE = 1.1;
const BEGIN = 4;
/** Fewer answers than this say nothing about the load. */
const ENOUGH = 8;

export class Pace {
  private readonly settings: PaceSettings;
  private readonly now: () => number;
  private limit: number;
  private windowEndMs: number;
  private answers = 0;
  private tookMs = 0;
  private peak = 0;

  constructor(settings: PaceSettings, now: () => number = () => performance.now()) {
    this.settings = settings;
    this.now = now;
    this.limit = Math.max(settings.floor, settings.max / BEGIN);
    this.windowEndMs = now() + WINDOW_MS;
  }

  /** How many may be open now, where so many are. */
  limitAt(open: number): number {
    this.peak = Math.max(this.peak, open);
    return this.limit;
  }

  admits(open: number): boolean {
    return open < this.limitAt(open);
  }

  answered(tookMs: number): void {
    this.answers += 1;
    this.tookMs += tookMs;
    if (this.now() < this.windowEndMs || this.answers < ENOUGH) return;
    this.turn(this.tookMs / this.answers);
  }

  private turn(meanMs: number): void {
    const { max, floor, targetMs } = this.settings;
    // What nobody used says nothing: it falls from where the load is, and rises where it is pressed.
    if (meanMs > targetMs) this.limit = Math.max(floor, Math.min(this.limit, this.peak) * FALL);
    else if (this.peak >= this.limit / 2 || this.limit < max / BEGIN) this.limit = Math.min(max, this.limit * RISE + 1);
    this.windowEndMs = this.now() + WINDOW_MS;
    this.answers = 0;
    this.tookMs = 0;
    this.peak = 0;
  }
}
