// The server under the model of PostgreSQL: statements in phases with other statements in between, row locks, a wall clock that can jump,
// restarts that forget what was not committed.
// I1 A statement whose client is gone goes on by itself, as a backend does; one whose server is gone ends without a trace.
// Called by ownership.ts and database.ts.
import { Locks, type LockMode } from './locks.ts';
import { WALL_START_MS, type World } from './world.ts';

/** Thrown into a statement whose server went away. */
export class ServerGone extends Error {}

export class Statement {
  readonly incarnation: number;

  constructor(incarnation: number) {
    this.incarnation = incarnation;
  }
}

export class Server {
  readonly world: World;
  /** Raised by a restart; statements of an earlier one are gone. */
  incarnation = 0;
  up = true;
  timeline = 1;
  jumpMs = 0;
  /** How slow commits are now. */
  commitMs: readonly [number, number] = [1, 4];
  private locks: Locks;

  constructor(world: World) {
    this.world = world;
    this.locks = new Locks(world);
  }

  wallMs(): number {
    return this.trueMs() + this.jumpMs;
  }

  /** What engine time would be if no clock had ever jumped. */
  trueMs(): number {
    return WALL_START_MS + Math.floor(this.world.nowMs);
  }

  goDown(): void {
    this.up = false;
    this.incarnation++;
    this.locks = new Locks(this.world);
  }

  /** Another server serves from here on, with another clock. */
  promote(jumpMs: number): void {
    this.timeline++;
    this.jumpMs += jumpMs;
  }

  async statement<T>(work: (statement: Statement) => Promise<T>): Promise<T> {
    if (!this.up) throw new ServerGone('the server is down');
    const { locks } = this;
    const statement = new Statement(this.incarnation);
    try {
      return await work(statement);
    } finally {
      locks.release(statement);
    }
  }

  async phase(statement: Statement, fromMs: number, toMs: number): Promise<void> {
    await this.world.sleep(fromMs + this.world.random.next() * (toMs - fromMs));
    this.goesOn(statement);
  }

  async commitPhase(statement: Statement): Promise<void> {
    await this.phase(statement, ...this.commitMs);
  }

  async lockShards(statement: Statement, shards: readonly number[], mode: LockMode, timeoutMs: number): Promise<void> {
    for (const shard of shards.toSorted((a, b) => a - b)) await this.lock(statement, `shard ${shard}`, mode, timeoutMs);
  }

  async lock(statement: Statement, row: string, mode: LockMode, timeoutMs: number): Promise<void> {
    await this.locks.take(statement, row, mode, timeoutMs);
    this.goesOn(statement);
  }

  tryLock(statement: Statement, row: string): boolean {
    return this.locks.tryTake(statement, row, 'exclusive');
  }

  private goesOn(statement: Statement): void {
    if (statement.incarnation !== this.incarnation) throw new ServerGone('the server restarted');
  }
}
