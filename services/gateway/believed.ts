// What was looked up is believed for a while, found or not found alike; so a busy client costs the database one question in that time.
// I1 An answer is never believed longer than `cacheMs` after it was true: its time is taken before the question.
// I2 What was forgotten while its question was under way is not kept: a change made in this process shows at once.
// Called by credentials.ts for keys and by people/sessions.ts for sessions.

export interface Known<Row> {
  readonly row: Row | undefined;
  readonly readAtMs: number;
  refreshing: boolean;
}

const MAX_KNOWN = 10_000;

export class Believed<Row> {
  private readonly find: (id: string) => Promise<Row | undefined>;
  private readonly cacheMs: number;
  private readonly known = new Map<string, Known<Row>>();
  private readonly pending = new Map<string, Promise<Known<Row>>>();

  constructor(find: (id: string) => Promise<Row | undefined>, cacheMs: number) {
    this.find = find;
    this.cacheMs = cacheMs;
  }

  /** Undefined: it must be loaded. */
  fresh(id: string): Known<Row> | undefined {
    const known = this.known.get(id);
    if (known === undefined) return undefined;
    const ageMs = performance.now() - known.readAtMs;
    if (ageMs >= this.cacheMs) return undefined;
    // Asked for again shortly before it ages out, so that a busy client never waits for the lookup.
    if (ageMs > this.cacheMs * 0.66 && !known.refreshing && known.row !== undefined) {
      known.refreshing = true;
      this.load(id).catch(() => undefined);
    }
    return known;
  }

  load(id: string): Promise<Known<Row>> {
    const pending = this.pending.get(id);
    if (pending !== undefined) return pending;
    const started: Promise<Known<Row>> = this.read(id, () => this.pending.get(id) === started).finally(() => {
      if (this.pending.get(id) === started) this.pending.delete(id);
    });
    this.pending.set(id, started);
    return started;
  }

  /** True when it was found when it was looked up last, however long ago. */
  isFamiliar(id: string): boolean {
    return this.known.get(id)?.row !== undefined;
  }

  forget(id: string): void {
    this.known.delete(id);
    this.pending.delete(id);
  }

  forgetWhere(test: (row: Row) => boolean): void {
    for (const [id, { row }] of this.known) if (row !== undefined && test(row)) this.forget(id);
  }

  private async read(id: string, isWanted: () => boolean): Promise<Known<Row>> {
    const readAtMs = performance.now();
    const row = await this.find(id);
    const known: Known<Row> = { row, readAtMs, refreshing: false };
    if (!isWanted()) return known;
    if (this.known.size >= MAX_KNOWN) this.forgetOldest();
    this.known.delete(id);
    this.known.set(id, known);
    return known;
  }

  private forgetOldest(): void {
    for (const id of this.known.keys()) {
      this.known.delete(id);
      if (this.known.size < MAX_KNOWN * 0.9) return;
    }
  }
}
