// Whether the database answers: asked every second on a connection of its own, by a statement that touches no table.
// I1 Silence counts only while this process is awake itself: one that was stopped, or slept with its laptop, accuses nobody.
// I2 While the database is away the pools refuse at once, with the reason; who keeps a connection of its own goes on trying.
// I3 After CUT_MS of silence what is under way is cut: nobody waits for an answer that does not come. Of a commit the outcome is unknown.
// I4 A server that answers with an error is there.
// Called by pg.ts.
import { PalaceError } from '../errors.ts';
import type { Log } from '../telemetry/port.ts';
import { isConnectionLost } from './failure.ts';
import type { DedicatedClient } from './port.ts';

const TICK_MS = 250;
const BEAT_MS = 1_000;
const AWAY_MS = 3_000;
const CUT_MS = 8_000;

export interface PulsePorts {
  connect(): Promise<DedicatedClient>;
  /** Breaks every connection there is. */
  cut(): void;
  readonly log: Log;
}

export interface Pulse {
  /** Why the database cannot be asked now, one sentence; undefined while it answers. */
  away(): string | undefined;
  close(): Promise<void>;
}

export function startPulse(ports: PulsePorts): Pulse {
  const beat = new Beat(ports);
  const timer = setInterval(() => beat.tick(performance.now()), TICK_MS);
  timer.unref();
  return {
    away: () => beat.away(),
    close() {
      clearInterval(timer);
      return beat.close();
    },
  };
}

class Beat {
  private readonly ports: PulsePorts;
  private client: DedicatedClient | undefined;
  private asking = false;
  private closed = false;
  private silentMs = 0;
  private cutAtMs = CUT_MS;
  private reason: string | undefined;
  private lastTickMs = performance.now();
  private nextBeatMs = this.lastTickMs;

  constructor(ports: PulsePorts) {
    this.ports = ports;
  }

  away(): string | undefined {
    return this.reason === undefined ? undefined : `The database has not answered for ${this.seconds} s. ${this.reason}`;
  }

  tick(nowMs: number): void {
    const awakeMs = Math.min(nowMs - this.lastTickMs, 2 * TICK_MS);
    this.lastTickMs = nowMs;
    if (this.asking || this.reason !== undefined) this.silentMs += awakeMs;
    if (this.silentMs >= AWAY_MS) this.leave('It is silent.');
    if (this.silentMs >= this.cutAtMs) this.cut();
    if (!this.asking && nowMs >= this.nextBeatMs) void this.ask();
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.client?.end().catch(() => undefined);
  }

  private async ask(): Promise<void> {
    const wasOpen = this.client !== undefined;
    this.asking = true;
    try {
      this.client ??= await this.open();
      await this.client.query('select 1');
      this.answered();
    } catch (error) {
      this.client = undefined;
      if (!isConnectionLost(error instanceof PalaceError ? error.cause : error)) this.answered();
      // One connection may be ended by an administrator; that none can be opened is another matter.
      else if (!wasOpen) this.leave(reasonOf(error instanceof PalaceError ? error.cause : error));
    } finally {
      this.asking = false;
    }
  }

  private async open(): Promise<DedicatedClient> {
    const client = await this.ports.connect();
    client.on('end', () => {
      if (this.client === client) this.client = undefined;
    });
    if (this.closed) void client.end();
    return client;
  }

  private cut(): void {
    this.cutAtMs = this.silentMs + CUT_MS;
    this.ports.log.warn('The database is silent; what is under way is cut', { seconds: this.seconds });
    this.ports.cut();
  }

  private answered(): void {
    if (this.reason !== undefined) this.ports.log.warn('The database answers again', { seconds: this.seconds });
    this.silentMs = 0;
    this.cutAtMs = CUT_MS;
    this.reason = undefined;
    this.nextBeatMs = performance.now() + BEAT_MS;
  }

  private leave(reason: string): void {
    if (this.reason !== undefined) return;
    this.ports.log.error('The database does not answer; requests are refused until it does', { reason });
    this.reason = reason;
  }

  private get seconds(): number {
    return Math.round(this.silentMs / 1_000);
  }
}

/** What a system says of itself, without where it is. */
function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === '57P03') return 'It is starting.';
  return typeof code === 'string' ? `No connection can be opened (${code}).` : 'No connection can be opened.';
}
