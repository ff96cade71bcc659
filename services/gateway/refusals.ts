// Refusals of a full server, at a bounded pace: a client that repeats at once would otherwise buy all of the CPU with refusals,
// and those who were let in would wait for it (measured: 2,500 refusals a second left 48 starts of 1,400).
// I1 The first of a quiet moment are told at once; under a flood each waits its turn, and with it the connection that it came by.
// I2 No more wait than MAX_WAITING: beyond that they are told at once.
const EVERY_MS = 20;
const EACH_TIME = 10;
const MAX_WAITING = 1_000;

export class Refusals {
  private readonly waiting: (() => void)[] = [];
  private left = EACH_TIME;
  private timer: NodeJS.Timeout | undefined;

  tell(refuse: () => void): void {
    if (this.left > 0 || this.waiting.length >= MAX_WAITING) {
      this.left -= 1;
      refuse();
    } else this.waiting.push(refuse);
    this.timer ??= setInterval(() => this.turn(), EVERY_MS);
  }

  private turn(): void {
    for (const refuse of this.waiting.splice(0, EACH_TIME)) refuse();
    if (this.waiting.length > 0) return;
    this.left = EACH_TIME;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
