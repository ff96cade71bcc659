// Runner processes without work, kept for a while for the next script.
import type { Runner } from './runner.ts';

const IDLE_MS = 30_000;

export class RestingRunners {
  private readonly resting: { readonly runner: Runner; readonly timer: NodeJS.Timeout }[] = [];
  private readonly onTooLong: (runner: Runner) => void;

  constructor(onTooLong: (runner: Runner) => void) {
    this.onTooLong = onTooLong;
  }

  get isEmpty(): boolean {
    return this.resting.length === 0;
  }

  add(runner: Runner): void {
    const timer = setTimeout(() => {
      this.resting.splice(this.resting.indexOf(one), 1);
      this.onTooLong(runner);
    }, IDLE_MS).unref();
    const one = { runner, timer };
    this.resting.push(one);
  }

  /** The one that came last: the others may have rested long enough. */
  take(): Runner | undefined {
    const one = this.resting.pop();
    clearTimeout(one?.timer);
    return one?.runner;
  }
}
