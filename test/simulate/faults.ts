// What goes wrong in a simulation, when and how badly: drawn from the seed.
// I1 A jump of the database's clock comes while somebody who knows engine time is running, and stays so and reaches the database until it
//    is settled: without a witness no clock could tell a jump from time gone by. The database knows of this one: a fresh process whose own
//    clock is off by as much would believe it otherwise.
import type { LaunchedService } from './service.ts';
import type { Member, SimulatedInstallation } from './installation.ts';

const FIVE_MINUTES_MS = 300_000;
const MOST_MEMBERS = 4;
/** Who heard from the database so recently reaches it. */
const IN_TOUCH_MS = 1_500;

export class Faults<Launched extends LaunchedService> {
  private readonly sim: SimulatedInstallation<Launched>;
  /** Knows engine time until a clock jump is settled. */
  private witness: Member<Launched> | undefined;
  private promoting = false;
  private over = false;

  constructor(sim: SimulatedInstallation<Launched>) {
    this.sim = sim;
  }

  start(): void {
    this.next();
  }

  private next(): void {
    const { world } = this.sim;
    world.after(world.random.between(100, 1_800), () => {
      if (this.over) return;
      this.strike();
      this.next();
    });
  }

  private strike(): void {
    const { world, bus, database, members } = this.sim;
    const { random } = world;
    if (this.witness !== undefined && this.settled()) this.witness = undefined;
    const faults: (() => void)[] = [
      () => this.killSomebody(),
      () => this.killSomebody(),
      () => this.stopSomebody(),
      () => this.stopSomebody(),
      () => this.stopSomebody(),
      () => this.join(),
      () => this.leaveSomebody(),
      () => this.restart(),
      () => this.promote(),
      () => this.stepClock(),
      () => random.pick(members.length > 0 ? members : [undefined])?.connection.cutSession(),
      () => this.storm(),
      () => Object.assign(bus, { lose: random.pick([0, 0.1, 1]), double: random.pick([0, 0.5]), slowMs: random.pick([5, 500]) }),
      () =>
        (database.server.commitMs =
          this.witness === undefined
            ? random.pick([
                [1, 4],
                [5, 60],
                [50, 900],
                [500, 4_500],
              ] as const)
            : [1, 4]),
      () => this.skewSomebody(),
    ];
    random.pick(faults)();
  }

  private storm(): void {
    const { random } = this.sim.world;
    if (this.witness !== undefined) return;
    Object.assign(this.sim.weather, {
      loseRequest: random.pick([0, 0.02, 0.1]),
      loseReply: random.pick([0, 0.02, 0.1]),
      slowMs: random.pick([20, 200, 2_000]),
    });
  }

  private settled(): boolean {
    const { owners, server } = this.sim.database;
    return !this.promoting && Math.abs(owners.engineMs() - server.trueMs()) < 1_000 && owners.clock.unsettledMs === undefined;
  }

  private victim(): Member<Launched> | undefined {
    const candidates = this.sim.running().filter((member) => member !== this.witness);
    return candidates.length === 0 ? undefined : this.sim.world.random.pick(candidates);
  }

  private killSomebody(): void {
    const member = this.victim();
    if (member === undefined) return;
    this.sim.kill(member);
    this.sim.world.after(this.sim.world.random.between(50, 3_000), () => this.join());
  }

  /** SIGSTOP, often past the lease; whatever is under way meets a process that does not answer. */
  private stopSomebody(): void {
    const member = this.victim();
    const { world } = this.sim;
    if (member === undefined) return;
    const forMs = world.random.pick([50, 500, 2_900, 3_100, 6_000, 12_000]);
    world.note(`${member.process.id} is stopped for ${forMs} ms`);
    member.process.stop();
    world.after(forMs, () => {
      world.note(`${member.process.id} goes on`);
      member.process.resume();
    });
  }

  private join(): void {
    if (this.over || this.sim.members.length >= MOST_MEMBERS) return;
    this.sim.launch();
  }

  private leaveSomebody(): void {
    if (this.sim.running().length < 2) return;
    const member = this.victim();
    if (member === undefined) return;
    void this.sim.leave(member);
    this.sim.world.after(this.sim.world.random.between(50, 3_000), () => this.join());
  }

  private restart(): void {
    const { world, database } = this.sim;
    if (!database.server.up || this.witness !== undefined) return;
    const forMs = world.random.pick([50, 500, 2_000, 6_000]);
    world.note(`the database restarts, down for ${forMs} ms`);
    database.goDown();
    world.after(forMs, () => (database.server.up = true));
  }

  private promote(): void {
    const { world, database } = this.sim;
    if (!this.chooseWitness()) return;
    const jumpMs = world.random.pick([0, FIVE_MINUTES_MS, -FIVE_MINUTES_MS, 10_000]);
    const forMs = world.random.pick([100, 1_500, 7_000]);
    world.note(`another server is promoted after ${forMs} ms, its clock is off by ${jumpMs} ms`);
    database.goDown();
    this.promoting = true;
    world.after(forMs, () => {
      database.server.promote(jumpMs);
      database.server.up = true;
      this.promoting = false;
    });
  }

  private stepClock(): void {
    const { world, database } = this.sim;
    if (!database.server.up || !this.chooseWitness()) return;
    const jumpMs = world.random.pick([FIVE_MINUTES_MS, -FIVE_MINUTES_MS]);
    world.note(`the database's clock steps by ${jumpMs} ms`);
    database.server.jumpMs += jumpMs;
  }

  private chooseWitness(): boolean {
    if (this.witness !== undefined || this.sim.members.some((member) => !member.started)) return false;
    const { world, database } = this.sim;
    const hasToldTime = (nodeId: string): boolean => (database.owners.nodes.get(nodeId)?.highWaterMs ?? 0) > 0;
    this.witness = this.sim.running().find(({ process }) => world.nowMs - process.heardMs < IN_TOUCH_MS && hasToldTime(process.id));
    if (this.witness === undefined || !this.sim.database.server.up) return false;
    this.calm();
    return true;
  }

  private calm(): void {
    const { weather, database } = this.sim;
    Object.assign(weather, { loseRequest: 0, loseReply: 0, slowMs: 20 });
    database.server.commitMs = [1, 4];
  }

  private skewSomebody(): void {
    const member = this.victim();
    if (member !== undefined) member.process.wallSkewMs = this.sim.world.random.between(-FIVE_MINUTES_MS, FIVE_MINUTES_MS);
  }

  /** Everything works again and at least two processes run. */
  heal(): void {
    const { bus, members } = this.sim;
    this.over = true;
    this.calm();
    Object.assign(bus, { lose: 0, double: 0, slowMs: 5 });
    for (const member of members) if (member.process.stopped) member.process.resume();
    for (let missing = 2 - members.length; missing > 0; missing--) this.sim.launch();
  }
}
