// Schedules in the simulator: their publications, and what must be there in the end.
// I1 Each time of a schedule has exactly one run, of the version that was in force: from its publication, or a moment later when its owner
//    heard of it, to the next one.
// I2 No run starts before its time. I3 `after`: each run starts the given time after the end of the one before.
// I4 Each event of the type that is matched while the flow is in force starts exactly one run.
// I5 Their runs wait in lines of bounded length: the bound, and what a few owners in a row may each have believed free.
import { parseCron } from '@palace/flow/core/cron.ts';
import type { Schedule } from '@palace/flow/core/program.ts';
import { scheduleCommand, type Publication } from '@palace/flow/triggers/schedules.ts';
import type { Write } from '@palace/platform/durable/contract.ts';
import type { SimulatedDatabase } from './database.ts';
import { NAMESPACE, SCHEDULED, type SimulatedFlow } from './flow-flows.ts';
import { ENGINE_SETTINGS, TENANT, type FlowProcess } from './flow-process.ts';
import { rowsOf, type FlowTables, type FlowWatch } from './flow-tables.ts';
import type { Installation } from './service.ts';
import { WALL_START_MS, type World } from './world.ts';

const REQUEST_TIMEOUT_MS = 7_000;
const EARLY_TOLERANCE_MS = 1;
const LOOKED_UP_MS = 3_000;
const LONGEST_LINE = 2 * ENGINE_SETTINGS.maxQueuedRuns;

interface Surroundings {
  readonly world: World;
  readonly tables: FlowTables;
  database(): SimulatedDatabase;
}

/** A version was published, or (undefined) withdrawn; `fromMs`: the times after it are decided by this version. */
interface Published {
  readonly flow: SimulatedFlow | undefined;
  readonly atMs: number;
  fromMs: number | undefined;
  /** Of a withdrawal: how far the times of what was withdrawn were decided before. Its owner's clock says how much further. */
  surelyMs?: number;
}

interface Span {
  readonly atMs: number;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly surelyMs: number;
}

export class FlowSchedules implements FlowWatch {
  working = true;
  private readonly around: Surroundings;
  private readonly installation: Installation<FlowProcess>;
  private readonly published = new Map<string, Published[]>();
  /** Events that must have started a run. */
  private readonly matched = new Set<string>();
  /** By flow: up to where its times are decided. */
  private readonly decided = new Map<string, number>();
  /** By run: its first end. One that goes back to work ends again, and that is not for its schedule. */
  private readonly ends = new Map<string, number>();

  constructor(around: Surroundings, installation: Installation<FlowProcess>) {
    this.around = around;
    this.installation = installation;
    around.tables.watches.push(this);
  }

  /** Events and times that found their line full; the most runs of theirs in one line. */
  readonly waited = { events: 0, times: 0, longest: 0 };

  get started(): number {
    return [...this.around.tables.runs.values()].filter(({ row }) => row.trigger !== undefined).length;
  }

  run(untilMs: number): void {
    void Promise.all([...SCHEDULED].map(([name, versions]) => this.publishAll(name, versions, untilMs))).then(() => (this.working = false));
  }

  event(): void {}

  /** I2 */
  applied(write: Write): void {
    for (const { id, trigger } of rowsOf(write, 'run')) {
      const at = timeOf(trigger);
      if (at !== undefined && at > WALL_START_MS + this.around.world.nowMs + EARLY_TOLERANCE_MS)
        this.around.world.violate(`${String(id)} starts ${at - WALL_START_MS - this.around.world.nowMs} ms before its time`);
    }
    for (const { id, ended_ms: endedMs } of [...rowsOf(write, 'run'), ...rowsOf(write, 'state')])
      if (typeof endedMs === 'number' && !this.ends.has(String(id))) this.ends.set(String(id), endedMs);
    for (const { id, tenant } of rowsOf(write, 'event_matched')) this.expect(String(tenant), String(id));
    this.measureLines(write);
    this.waited.events += rowsOf(write, 'waiting_start').length;
    for (const { flow, hash, decided_ms: decidedMs, waiting } of rowsOf(write, 'schedule')) {
      this.waited.times += Number(waiting);
      this.decided.set(String(flow), Number(decidedMs));
      this.adopted(String(flow), (one) => one.flow?.hash === hash, Number(decidedMs));
    }
    for (const { flow } of rowsOf(write, 'schedule_gone')) this.adopted(String(flow), (one) => one.flow === undefined, this.decided.get(String(flow)) ?? 0);
  }

  /** I5 */
  private measureLines(write: Write): void {
    for (const { shard, status, trigger } of rowsOf(write, 'run')) {
      if (status !== 'pending' || trigger === null) continue;
      const line = this.around.tables
        .inShard(Number(shard))
        .filter(({ row }) => row.status === 'pending' && row.trigger !== undefined && row.tenant === TENANT);
      this.waited.longest = Math.max(this.waited.longest, line.length);
      if (line.length > LONGEST_LINE) this.around.world.violate(`${line.length} runs that nobody asked for wait in shard ${Number(shard)}`);
    }
  }

  private expect(tenant: string, id: string): void {
    const { tables, world } = this.around;
    const event = [...tables.events.values()].find((one) => one.id === id && one.tenant === tenant);
    const [since] = this.published.get('told') ?? [];
    // What was looked up a moment before may have missed the publication.
    const isOld = since !== undefined && WALL_START_MS + world.nowMs - since.atMs > LOOKED_UP_MS;
    if (event?.type === 'sim.many' && tenant === TENANT && isOld && tables.eventTriggers.length > 0) this.matched.add(id);
  }

  private adopted(path: string, is: (one: Published) => boolean, decidedMs: number): void {
    const one = this.published.get(path.slice(NAMESPACE.length + 1))?.find(is);
    if (one === undefined || one.fromMs !== undefined) return;
    one.fromMs = one.flow === undefined ? Math.max(one.atMs, decidedMs) : decidedMs;
    if (one.flow === undefined) one.surelyMs = decidedMs;
    const aheadMs = one.fromMs - WALL_START_MS - this.around.world.nowMs;
    if (aheadMs > EARLY_TOLERANCE_MS) this.around.world.violate(`${path} decides times ${aheadMs} ms before they come`);
  }

  private async publishAll(name: string, versions: readonly SimulatedFlow[], untilMs: number): Promise<void> {
    const { world } = this.around;
    const lasts = (untilMs - world.nowMs) / versions.length;
    for (const [i, flow] of versions.entries()) {
      await world.sleep(Math.max(0, i * lasts + world.random.between(50, 900) - world.nowMs));
      await this.publish(name, flow);
    }
    await world.sleep(Math.max(0, untilMs + 2_000 - world.nowMs));
    await this.publish(name, undefined);
  }

  private async publish(name: string, flow: SimulatedFlow | undefined): Promise<void> {
    const { world, tables } = this.around;
    const path = `${NAMESPACE}/${name}`;
    const atMs = WALL_START_MS + Math.floor(world.nowMs);
    const list = this.published.get(name) ?? [];
    this.published.set(name, [...list, { flow, atMs, fromMs: undefined }]);
    // As a publication does, in the instant of its commit.
    const before = tables.eventTriggers.findIndex((one) => one.flow === path);
    if (before >= 0) tables.eventTriggers.splice(before, 1);
    if (flow?.program.schedule?.kind === 'on') tables.eventTriggers.push({ tenant: TENANT, type: 'sim.many', flow: path, hash: flow.hash });
    const newest = flow === undefined ? {} : { newest: { version: flow.version, hash: flow.hash, publishedMs: atMs } };
    const body: Publication = { flow: path, atMs, ...newest };
    const row = { ...scheduleCommand(TENANT, path), commandId: `publish ${path} ${list.length}`, kind: 'schedule-published', body: JSON.stringify(body) };
    for (let kept = false; !kept;) {
      const serving = this.installation.serving();
      const target = serving.length === 0 ? undefined : world.random.pick(serving);
      kept =
        target !== undefined &&
        (await this.installation.request(target.process, REQUEST_TIMEOUT_MS, async () => {
          await target.node.send([row]);
          return true;
        })) === true;
      if (!kept) await world.sleep(world.random.between(20, 300));
    }
  }

  check(): void {
    for (const [name, published] of this.published) {
      for (const [i, { flow, atMs, fromMs }] of published.entries()) {
        const { fromMs: untilMs, surelyMs = untilMs } = published[i + 1] ?? {};
        if (fromMs === undefined) this.around.world.violate(`${name}: a publication was never heard of`);
        else if (flow?.program.schedule !== undefined && untilMs !== undefined && surelyMs !== undefined)
          this.checkVersion(name, flow, flow.program.schedule, { atMs, fromMs, untilMs, surelyMs });
      }
    }
  }

  private checkVersion(name: string, flow: SimulatedFlow, schedule: Schedule, { atMs, fromMs, untilMs, surelyMs }: Span): void {
    const runs = [...this.around.tables.runs.values()].filter(({ row }) => row.hash === flow.hash && row.trigger !== undefined);
    const what = `${name} ${flow.version}`;
    if (schedule.kind === 'on')
      return this.checkEvents(
        what,
        runs.map(({ row }) => row.trigger ?? ''),
      );
    const times = runs.map(({ row }) => timeOf(row.trigger) ?? 0).toSorted((a, b) => a - b);
    if (schedule.kind === 'after') {
      const ends = runs.map(({ row }) => this.ends.get(row.id) ?? 0);
      // A run of the last moment may still end after the schedule did.
      const wanted = [fromMs, ...ends].map((ms) => ms + schedule.afterMs).filter((ms) => ms <= untilMs);
      return this.compare(what, times, wanted, surelyMs);
    }
    const wanted: number[] = [];
    const cron = schedule.kind === 'cron' ? parseCron(schedule.cron, schedule.zone) : undefined;
    const next = (ms: number): number =>
      schedule.kind === 'every' ? atMs + (Math.max(0, Math.floor((ms - atMs) / schedule.everyMs)) + 1) * schedule.everyMs : (cron?.next(ms) ?? Infinity);
    for (let at = next(fromMs); at <= untilMs; at = next(at)) wanted.push(at);
    this.compare(what, times, wanted, surelyMs);
  }

  private checkEvents(what: string, triggers: readonly string[]): void {
    const { world } = this.around;
    if (new Set(triggers).size !== triggers.length) world.violate(`${what}: an event started two runs: ${triggers.toSorted().join(' ')}`);
    for (const id of this.matched) if (!triggers.includes(`event/${id}`)) world.violate(`${what}: the event ${id} started no run`);
  }

  private compare(what: string, times: readonly number[], wanted: readonly number[], surelyMs: number): void {
    const { world } = this.around;
    const show = (list: readonly number[]): string => list.map((ms) => ms - WALL_START_MS).join(' ');
    const twice = times.filter((ms, i) => ms === times[i - 1]);
    const missing = wanted.filter((ms) => ms <= Math.max(surelyMs, times.at(-1) ?? 0) && !times.includes(ms));
    const beside = times.filter((ms) => !wanted.includes(ms));
    if (twice.length > 0) world.violate(`${what}: two runs for ${show(twice)}`);
    if (missing.length > 0) world.violate(`${what}: no run for ${show(missing)}; there are ${show(times)}`);
    if (beside.length > 0) world.violate(`${what}: runs beside its times: ${show(beside)}`);
  }
}

function timeOf(trigger: unknown): number | undefined {
  const text = /^(?:schedule|after)\/(.+)$/.exec(String(trigger))?.[1];
  return text === undefined ? undefined : Date.parse(text);
}
