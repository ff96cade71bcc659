// The people and programs around AgentsFlow: they start runs with and without keys, signal, steer, publish events, and keep their own books.
// A client with a key asks until somebody answers; one without asks once and takes what it gets.
import type { Json } from '@palace/jq/jq.ts';
import type { InboxRow } from '@palace/platform/durable/contract.ts';
import { ENDED } from '@palace/flow/contract.ts';
import { homeShard } from '@palace/flow/engine/placement.ts';
import { makeRunId, runIdShard } from '@palace/flow/core/run-id.ts';
import { openEffects, rewound } from '@palace/flow/core/run.ts';
import type { ForkBody } from '@palace/flow/engine/arrivals.ts';
import { ledgerAnswers } from '@palace/flow/engine/ledger.ts';
import type { SimulatedDatabase } from './database.ts';
import { LIMITED, STARTED } from './flow-flows.ts';
import type { FlowInvariants } from './flow-invariants.ts';
import type { FlowOutside } from './flow-outside.ts';
import { TENANT, tenantOf, type FlowProcess } from './flow-process.ts';
import type { FlowTables, KeptRun } from './flow-tables.ts';
import type { Installation } from './service.ts';
import { WALL_START_MS, type World } from './world.ts';

const CLIENTS = 7;
const REQUEST_TIMEOUT_MS = 7_000;
const PERSON_LOOKS_MS = 1_500;
/** After a doubt a person waits so long before looking: the act may still be on its way. */
const ACT_LASTS_MS = 5_000;
/** Whoever listens for what these say would wait for ever without it. */
const NEVER_CANCELLED = new Set(['sim/tells']);

export interface Start {
  readonly token: string;
  readonly keyed: boolean;
  id: string | undefined;
}

export interface SentCommand {
  readonly row: InboxRow;
  acknowledged: boolean;
}

export interface FlowSurroundings {
  readonly world: World;
  readonly tables: FlowTables;
  readonly outside: FlowOutside;
  readonly invariants: FlowInvariants;
  database(): SimulatedDatabase;
}

export class FlowClients {
  readonly starts: Start[] = [];
  readonly commands: SentCommand[] = [];
  working = 0;
  private readonly around: FlowSurroundings;
  private readonly installation: Installation<FlowProcess>;
  private names = 0;

  constructor(around: FlowSurroundings, installation: Installation<FlowProcess>) {
    this.around = around;
    this.installation = installation;
  }

  run(untilMs: number): void {
    for (let client = 0; client < CLIENTS; client++) {
      this.working++;
      void this.client(untilMs).finally(() => this.working--);
    }
    void this.person(untilMs);
  }

  private async client(untilMs: number): Promise<void> {
    const { world } = this.around;
    const { random } = world;
    while (world.nowMs < untilMs) {
      await world.sleep(random.between(20, 700));
      const chance = random.next();
      if (chance < 0.42) await this.start(random.pick(STARTED), this.input());
      else if (chance < 0.52) await this.pair();
      else if (chance < 0.54) await this.start('large', this.input());
      else if (chance < 0.64) await this.event('sim.many', { n: this.names });
      else if (chance < 0.67) await this.crowd();
      else await this.steer();
    }
  }

  private input(): { token: string; ms: number; customer: string } {
    const { random } = this.around.world;
    return { token: `t${this.names++}`, ms: random.between(0, random.chance(0.2) ? 15_000 : 900), customer: `c${random.between(1, 2)}` };
  }

  private async pair(): Promise<void> {
    const { random } = this.around.world;
    const input = this.input();
    const tell = random.chance(0.5) ? () => this.start('tells', { ...input, token: input.token }, true) : () => this.event('sim.told', { token: input.token });
    const hear = (): Promise<void> => this.start(random.chance(0.7) ? 'hears' : 'both', input, true);
    const both = [hear, tell];
    if (random.chance(0.3)) both.reverse();
    if (random.chance(0.5)) await Promise.all(both.map((one) => one()));
    else for (const one of both) await one();
  }

  /** More than there are places for. */
  private async crowd(): Promise<void> {
    const { random } = this.around.world;
    const [flow, customer] = [random.pick(LIMITED), `c${random.between(1, 2)}`];
    const one = (): Promise<void> => this.start(flow, { ...this.input(), customer });
    await Promise.all([one(), one(), one(), one()].slice(0, random.between(2, 4)));
  }

  private async start(flow: string, input: Json & { token: string }, surely = false): Promise<void> {
    const { random } = this.around.world;
    const keyed = surely || random.chance(0.6);
    const start: Start = { token: input.token, keyed, id: undefined };
    if (!surely) this.starts.push(start);
    const twice = keyed && random.chance(0.1);
    await Promise.all([this.ask(flow, input, start), ...(twice ? [this.ask(flow, input, start)] : [])]);
  }

  private async ask(flow: string, input: Json & { token: string }, start: Start): Promise<void> {
    const { world, tables } = this.around;
    const key = start.keyed ? `key ${flow} ${start.token}` : undefined;
    for (;;) {
      const target = await this.somebody();
      const id = await this.installation.request(target.process, REQUEST_TIMEOUT_MS, () => target.service.start(flow, input, key));
      if (id !== undefined) {
        if (start.id !== undefined && start.id !== id) world.violate(`${key} was answered with ${start.id} and ${id}`);
        start.id = id;
        const kept = tables.runs.has(id) || this.around.database().inbox.has(`${tenantOf(flow, input)}\nstart/${id}`);
        if (!kept) world.violate(`${id} was acknowledged and is not there`);
        if (world.random.chance(0.1))
          await this.tell({ row: { id, shard: runIdShard(id), tenant: tenantOf(flow, input) } }, 'signal', { name: 'go', data: null });
        return;
      }
      if (!start.keyed) return;
      await world.sleep(world.random.between(20, 400));
    }
  }

  private async somebody(): Promise<ReturnType<Installation<FlowProcess>['serving']>[number]> {
    for (;;) {
      const serving = this.installation.serving();
      if (serving.length > 0) return this.around.world.random.pick(serving);
      await this.around.world.sleep(50);
    }
  }

  private event(type: string, data: Json): Promise<void> {
    const id = `e${this.names++}`;
    const event = { specversion: '1.0', id, source: 'https://clients.invalid/', type, data };
    return this.send({
      shard: homeShard(TENANT, type),
      tenant: TENANT,
      key: `event/${type}`,
      commandId: `evt_${id}`,
      kind: 'event',
      body: JSON.stringify(event),
    });
  }

  /** A signal or a control verb for some run, whatever its state. */
  private async steer(): Promise<void> {
    const { world, tables } = this.around;
    const { random } = world;
    const recent = [...tables.runs.values()].slice(-40);
    if (recent.length === 0) return;
    const queued = recent.filter(({ row }) => row.status === 'pending');
    const run = random.pick(queued.length > 0 && random.chance(0.3) ? queued : recent);
    const chance = random.next();
    if (random.chance(0.1) && LIMITED.includes(run.row.flow.replace('sim/', ''))) return this.fork(run);
    if (run.row.status === 'pending' && random.chance(0.1)) return this.tell(run, 'context', { context: { n: this.names } });
    if (chance < 0.45) return this.tell(run, 'signal', { name: random.pick(['go', 'go', 'other']), data: { n: this.names } });
    if (chance < 0.6) return this.tell(run, 'pause', {});
    if (chance < 0.75) return this.tell(run, 'resume', {});
    if (chance < 0.87) return NEVER_CANCELLED.has(run.row.flow) ? undefined : this.tell(run, 'cancel', {});
    if (run.row.parent !== undefined) return;
    if (run.row.status === 'failed') return this.tell(run, 'retry', { effects: 'keep' });
    if (!ENDED.has(run.row.status) && random.chance(0.4))
      return this.tell(run, 'retry', { effects: 'keep', step: run.live.linked.program.steps[1]?.pointer ?? '' });
  }

  /** A fork of the run as it stands there, under the same limit. */
  private async fork({ row, live, limit, effects, lastSeq }: KeptRun): Promise<void> {
    const { world } = this.around;
    if (!['queued', 'running', 'paused', 'failed'].includes(live.phase) || row.permit === undefined || limit === undefined) return;
    const atMs = WALL_START_MS + Math.floor(world.nowMs);
    const entropy = Uint8Array.from({ length: 9 }, () => world.random.between(0, 255));
    const ledger = ledgerAnswers([...effects.values()], 'of the original');
    const { shard, tenant, flow, version, hash, permit: key } = row;
    const body: ForkBody = {
      ...{ run: makeRunId(shard, atMs, entropy), flow, version, hash, forkOf: row.id, permit: { key, limit } },
      begin: rewound(live, { from: row.id, toSeq: lastSeq, by: 'client', effects: 'keep', ledger, atMs }),
    };
    return this.send({ shard, tenant, key: body.run, commandId: `start/${body.run}`, kind: 'fork', body: JSON.stringify(body) });
  }

  private tell(run: { readonly row: Pick<KeptRun['row'], 'id' | 'shard' | 'tenant'> }, kind: string, body: Json & object): Promise<void> {
    const { id, shard, tenant } = run.row;
    return this.send({ shard, tenant, key: id, commandId: `cmd_${this.names++}`, kind, body: JSON.stringify({ by: 'client', ...body }) });
  }

  private async send(row: InboxRow): Promise<void> {
    const { world } = this.around;
    const command: SentCommand = { row, acknowledged: false };
    this.commands.push(command);
    while (!command.acknowledged) {
      const target = await this.somebody();
      const kept = await this.installation.request(target.process, REQUEST_TIMEOUT_MS, async () => {
        await target.node.send([row]);
        return true;
      });
      command.acknowledged = kept === true;
      if (command.acknowledged && !this.around.database().inbox.has(`${row.tenant}\n${row.commandId}`))
        world.violate(`${row.commandId} was acknowledged and is not there`);
      if (!command.acknowledged) await world.sleep(world.random.between(20, 400));
    }
  }

  /** When the storm is over somebody looks after what waits for a person. */
  private async person(untilMs: number): Promise<void> {
    const { world, tables } = this.around;
    await world.sleep(untilMs - world.nowMs + PERSON_LOOKS_MS);
    for (;;) {
      for (const run of tables.runs.values()) {
        if (!ENDED.has(run.row.status) && !this.isAnswered(run)) await this.help(run);
      }
      await world.sleep(PERSON_LOOKS_MS);
    }
  }

  private isAnswered(run: KeptRun): boolean {
    return [...this.around.database().inbox.values()].some((row) => row.key === run.row.id && row.state === 'open');
  }

  private async help(run: KeptRun): Promise<void> {
    const { world, outside, invariants } = this.around;
    if (run.live.phase === 'paused') return this.tell(run, 'resume', {});
    const doubted = openEffects(run.live).find((effect) => effect.state === 'in-doubt');
    if (doubted !== undefined) {
      if (world.nowMs < (invariants.doubtedMs.get(doubted.key) ?? 0) + ACT_LASTS_MS) return;
      return this.tell(run, 'resolve', { key: doubted.key, outcome: outside.performed.has(doubted.key) ? 'done' : 'absent', result: { resolved: true } });
    }
    if (run.live.listens.size > 0 && ['sim/approve', 'sim/both'].includes(run.row.flow) && !run.live.signals.some(({ type }) => type.endsWith('.go')))
      return this.tell(run, 'signal', { name: 'go', data: null });
  }
}
