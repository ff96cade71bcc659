// The clients of the ledger: each keeps its own list of what it was promised, asks again after a lost answer, and compares in the end.
import type { InboxRow, SentClaim } from '@palace/platform/durable/contract.ts';
import type { SimulatedDatabase } from './database.ts';
import { Ledger, tenantOf } from './ledger.ts';
import { LedgerTables } from './ledger-tables.ts';
import { Outside } from './outside.ts';
import type { Installation, LaunchParts, SimulatedService } from './service.ts';
import type { Switches } from './switches.ts';
import type { World } from './world.ts';

const SHARDS = [0, 1, 2, 3, 4, 5, 6, 7];
const ACCOUNTS_PER_SHARD = 3;
const CLIENTS = 6;
const REQUEST_TIMEOUT_MS = 4_000;

interface Command {
  readonly row: InboxRow;
  /** Others may ask for something else under the same key. */
  readonly claim: SentClaim | undefined;
  fate: 'kept' | 'refused' | undefined;
}

export class LedgerService implements SimulatedService<Ledger> {
  readonly name = 'ledger';
  readonly tables: LedgerTables;
  private readonly world: World;
  private readonly outside: Outside;
  private readonly commands: Command[] = [];
  private readonly orders = new Map<string, string>();
  /** By key: what was told to be kept under it. */
  private readonly kept = new Map<string, Set<string>>();
  private working = 0;
  private names = 0;
  private database: SimulatedDatabase | undefined;

  constructor(world: World, switches: Switches) {
    this.world = world;
    this.tables = new LedgerTables(world);
    this.outside = new Outside(world, switches);
  }

  attach(database: SimulatedDatabase): void {
    this.database = database;
  }

  launch(parts: LaunchParts): Ledger {
    return new Ledger(parts, this.tables, this.outside);
  }

  startClients(installation: Installation<Ledger>, untilMs: number): void {
    for (let client = 0; client < CLIENTS; client++) {
      this.working++;
      void this.client(installation, untilMs).finally(() => this.working--);
    }
  }

  private async client(installation: Installation<Ledger>, untilMs: number): Promise<void> {
    const { random } = this.world;
    while (this.world.nowMs < untilMs) {
      await this.world.sleep(random.between(0, 120));
      const chance = random.next();
      if (chance < 0.3) await this.order(installation);
      else if (chance < 0.45) await this.rivals(installation);
      else await this.deliver(installation, this.command(undefined));
    }
  }

  /** Different requests under one key, of clients that know nothing of each other: one of them is kept. */
  private async rivals(installation: Installation<Ledger>): Promise<void> {
    const { random } = this.world;
    const key = `key ${this.names++}`;
    this.kept.set(key, new Set());
    const command = (): Promise<void> => this.deliver(installation, this.command(key));
    const other = random.chance(0.4) ? (): Promise<void> => this.orderUntilAnswered(installation, key) : command;
    if (random.chance(0.7)) await Promise.all([command(), other()]);
    else {
      await other();
      await command();
    }
  }

  /** Asks with the same key until somebody answers; now and then twice at once. */
  private async order(installation: Installation<Ledger>): Promise<void> {
    const key = `key ${this.names++}`;
    if (this.world.random.chance(0.1)) await Promise.all([this.orderUntilAnswered(installation, key), this.orderUntilAnswered(installation, key)]);
    else await this.orderUntilAnswered(installation, key);
  }

  private async orderUntilAnswered(installation: Installation<Ledger>, key: string): Promise<void> {
    for (;;) {
      const target = await this.somebody(installation);
      const shards = SHARDS.toSorted(() => this.world.random.next() - 0.5);
      const answer = await installation.request(target.process, REQUEST_TIMEOUT_MS, () => target.service.start(key, shards));
      if (answer?.kind === 'taken') return;
      if (answer?.order !== undefined) {
        const known = this.orders.get(key) ?? answer.order;
        this.orders.set(key, known);
        this.kept.get(key)?.add('order');
        if (known !== answer.order) this.world.violate(`${key} was answered with ${known} and ${answer.order}`);
        if (!this.tables.journals.has(answer.order)) this.world.violate(`${answer.order} was acknowledged and is not there`);
        return;
      }
      await this.world.sleep(this.world.random.between(10, 300));
    }
  }

  private async somebody(installation: Installation<Ledger>): Promise<ReturnType<Installation<Ledger>['serving']>[number]> {
    for (;;) {
      const serving = installation.serving();
      if (serving.length > 0) return this.world.random.pick(serving);
      await this.world.sleep(50);
    }
  }

  private command(key: string | undefined): Command {
    const { random } = this.world;
    const shard = random.pick(SHARDS);
    const toShard = random.pick(SHARDS);
    const reminds = random.chance(0.35);
    const body = reminds
      ? { delayMs: random.between(0, random.chance(0.2) ? 20_000 : 1_500) }
      : { to: account(toShard, random.between(1, ACCOUNTS_PER_SHARD)), toShard, amount: random.between(1, 100), poison: random.chance(0.03) };
    const name = account(shard, random.between(1, ACCOUNTS_PER_SHARD));
    const row: InboxRow = {
      shard,
      tenant: tenantOf(name),
      key: name,
      commandId: `command ${this.names++}`,
      kind: reminds ? 'remind' : 'transfer',
      body: JSON.stringify(body),
    };
    const claim = key === undefined ? undefined : { tenant: 'acme', scope: 'start', key, fingerprint: row.commandId, answer: '{}' };
    const command: Command = { row, claim, fate: undefined };
    this.commands.push(command);
    return command;
  }

  private async deliver(installation: Installation<Ledger>, command: Command): Promise<void> {
    const { row, claim } = command;
    while (command.fate === undefined) {
      const target = await this.somebody(installation);
      const outcome = await installation.request(target.process, REQUEST_TIMEOUT_MS, () => target.node.send([row], claim));
      if (outcome === undefined || outcome.kind === 'contended') await this.world.sleep(this.world.random.between(10, 300));
      else command.fate = outcome.kind === 'kept' || outcome.fingerprint === row.commandId ? 'kept' : 'refused';
    }
    const isThere = this.database?.inbox.has(nameOf(row)) === true;
    if (isThere !== (command.fate === 'kept')) this.world.violate(`${row.commandId} was told to be ${command.fate} and is ${isThere ? '' : 'not '}there`);
    if (claim !== undefined && command.fate === 'kept') this.kept.get(claim.key)?.add(row.commandId);
  }

  quiet(): string | undefined {
    if (this.working > 0) return `${this.working} clients wait for an answer`;
    const open = this.commands.filter((command) => this.database?.inbox.get(nameOf(command.row))?.state === 'open');
    if (open.length > 0) return `${open.length} commands are open, first ${open[0]?.row.commandId} in shard ${open[0]?.row.shard}`;
    const unpaid = this.rows().find((row) => row.kind === 'debit' && !this.tables.has('credit', row.ref));
    if (unpaid !== undefined) return `the credit of ${unpaid.ref} has not arrived`;
    const unreminded = this.rows().find((row) => row.kind === 'reminded' && !this.tables.has('fired', row.ref));
    if (unreminded !== undefined) return `the timer of ${unreminded.ref} has not fired`;
    const unfinished = [...this.tables.journals].find(([key]) => key.startsWith('order') && !this.tables.has('done', key));
    return unfinished === undefined ? undefined : `${unfinished[0]} stands at ${unfinished[1].rows.at(-1)?.kind}`;
  }

  private rows(): { kind: string; ref: string; amount: number }[] {
    return [...this.tables.journals.values()].flatMap((journal) => journal.rows);
  }

  finalCheck(world: World): void {
    const rows = this.rows();
    const sum = rows.reduce((total, row) => total + row.amount, 0);
    if (sum !== 0) world.violate(`the accounts sum up to ${sum}`);
    for (const { row, fate } of this.commands) {
      const state = this.database?.inbox.get(nameOf(row))?.state;
      if (fate === 'kept' ? state === undefined || state === 'open' : state !== undefined)
        world.violate(`${row.commandId} was ${fate} and ended as ${state ?? 'nothing'}`);
    }
    for (const [key, kept] of this.kept) if (kept.size !== 1) world.violate(`${kept.size} requests were kept under ${key}: ${[...kept].join(', ')}`);
    for (const [key, order] of this.orders) if (!this.tables.has('done', order)) world.violate(`${order} of ${key} did not end`);
    const shipped = rows.filter((row) => row.kind === 'shipped');
    for (const row of shipped) if (this.outside.shipments.get(row.ref) !== 1) world.violate(`${row.ref} is shipped in the journal only`);
  }

  figures(): Record<string, number> {
    const rows = this.rows();
    const count = (kind: string): number => rows.filter((row) => row.kind === kind).length;
    return { orders: count('started'), transfers: count('debit'), timers: count('fired'), doubts: count('in-doubt') };
  }
}

function account(shard: number, number: number): string {
  return `account ${shard}.${number}`;
}

function nameOf({ tenant, commandId }: InboxRow): string {
  return `${tenant}\n${commandId}`;
}
