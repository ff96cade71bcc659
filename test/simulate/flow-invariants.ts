// What must hold of every event in the instant of its commit, looked at before it is folded.
// I1 A position of a unique step is asked for again in one generation only after it certainly did not happen, and completed once.
// I2 In doubt is only a unique or irreversible step that nobody could verify. I3 What completed was performed.
// I4 Timers never fire early by true time. I5 A listen takes an event once. I6 A parent hears of the end of a child after that end.
// I7 No run meets the limit on its history: each of these flows comes to rest in time and goes on in a new segment.
// I8 What works on an event of a foreach works on the one that waits longest. I9 A lifecycle event is kept for each that is due.
// I10 A queued run is told things, begins or is cancelled; nothing else happens to it.
import type { Write } from '@palace/platform/durable/contract.ts';
import { ENDED } from '@palace/flow/contract.ts';
import { lifecycleOf } from '@palace/flow/core/lifecycle.ts';
import type { RunEvent } from '@palace/flow/core/model.ts';
import { eventName } from '@palace/flow/core/hearing.ts';
import { isGuarded } from '@palace/flow/core/release.ts';
import { openEffect, positionOf } from '@palace/flow/core/run.ts';
import { permitKey } from '@palace/flow/engine/placement.ts';
import type { FlowOutside } from './flow-outside.ts';
import type { FlowTables, FlowWatch, KeptRun } from './flow-tables.ts';
import { WALL_START_MS, type World } from './world.ts';

const EARLY_TOLERANCE_MS = 1;

const WHILE_QUEUED: ReadonlySet<RunEvent['type']> = new Set(['signal.received', 'context.changed', 'run.started', 'run.cancelled']);

type Of<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;
type Asked = 'open' | 'again' | 'completed';

export class FlowInvariants implements FlowWatch {
  readonly figures = { effects: 0, doubts: 0, timers: 0, heard: 0, gathered: 0, mapped: 0, segments: 0, upgrades: 0, queued: 0 };
  /** Signals by command id: how often a journal has them. */
  readonly signals = new Map<string, number>();
  /** When an effect came to be in doubt, by key. */
  readonly doubtedMs = new Map<string, number>();
  /** Lifecycle events that are due, by tenant, source and id. */
  readonly due = new Set<string>();
  private readonly asked = new Map<string, Asked>();
  /** Runs that went back and have opened no segment since. */
  private readonly wentBack = new Set<string>();
  private readonly world: World;
  private readonly tables: FlowTables;
  private readonly outside: FlowOutside;

  constructor(world: World, tables: FlowTables, outside: FlowOutside) {
    this.world = world;
    this.tables = tables;
    this.outside = outside;
  }

  applied(_write: Write): void {}

  event(run: KeptRun, event: RunEvent): void {
    const what = 'key' in event ? ` ${event.key}` : 'id' in event ? ` ${event.id}` : 'act' in event ? ` of act ${event.act}` : '';
    this.world.note(`${run.row.id} ${run.row.flow} ${run.live.seq + 1} ${event.type}${what}`);
    for (const { source, id } of lifecycleOf(run.live, event, 0)) this.due.add(`${run.row.tenant}\n${source}\n${id}`);
    const said = this.problem(run, event);
    if (said !== undefined) this.world.violate(`${run.row.id} (${run.row.flow}), event ${run.live.seq + 1} ${event.type}: ${said}`);
  }

  private problem(run: KeptRun, event: RunEvent): string | undefined {
    if (run.live.phase === 'queued' && !WHILE_QUEUED.has(event.type)) return 'the run waits for its place';
    switch (event.type) {
      case 'run.queued':
        this.figures.queued++;
        return run.row.permit === permitKey(run.row.tenant, event.permit) ? undefined : `it waits for ${event.permit}, and its row for ${run.row.permit}`;
      case 'run.rewound':
        if (event.queued !== undefined) this.figures.queued++;
        this.wentBack.add(run.row.id);
        return undefined;
      case 'effect.requested':
        return this.requested(run, event);
      case 'effect.completed':
        return this.completed(run, event);
      case 'effect.doubted':
        return this.doubted(run, event);
      case 'effect.absent':
      case 'effect.failed':
        return this.again(run, event);
      case 'timer.fired':
        return this.fired(run, event);
      case 'signal.received':
        this.count(event.id);
        return undefined;
      case 'listen.received':
        return this.heard(run, event);
      case 'child.ended':
        return this.childEnded(run, event);
      case 'segment.opened':
        this.figures.segments++;
        this.wentBack.delete(run.row.id);
        if (event.hash !== run.live.linked.hash) this.figures.upgrades++;
        return undefined;
      case 'run.failed':
        // A run that goes on from its end, or from somewhere before, has not rested: what it had used until then counts.
        if (this.wentBack.has(run.row.id)) return undefined;
        return event.fault.detail?.includes('PALACE_FLOW_HISTORY_EVENTS') === true ? event.fault.detail : undefined;
      case 'run.completed':
        return run.row.flow.endsWith('/sleeper') ? 'a child slept to the end although its parent had gone' : undefined;
      default:
        return undefined;
    }
  }

  private place(run: KeptRun, act: number): string {
    return `${run.row.id} ${run.live.generation} ${positionOf(run.live, act)}`;
  }

  private requested(run: KeptRun, event: Of<'effect.requested'>): string | undefined {
    this.figures.effects++;
    if (!isGuarded(event)) return this.gathered(run, event);
    const place = this.place(run, event.act);
    const before = this.asked.get(place);
    this.asked.set(place, 'open');
    return before === undefined || before === 'again' ? undefined : `the position ${place} is asked for again while ${before}`;
  }

  /** I8 */
  private gathered(run: KeptRun, event: Of<'effect.requested'>): string | undefined {
    const body = run.live.acts.get(run.live.acts.get(event.act)?.parent ?? 0);
    const own = run.live.acts.get(body?.parent ?? 0)?.own;
    if (own?.kind !== 'listen' || own.items === undefined) return undefined;
    this.figures.gathered++;
    const { n, at } = (event.args as { body: { n: number; at: number } }).body;
    const first = (own.received[0]?.event.data as { n: number } | undefined)?.n;
    return n === first && at === own.items.done ? undefined : `event ${n} is worked on as number ${at}; it is the turn of ${first}, number ${own.items.done}`;
  }

  private again(run: KeptRun, event: Of<'effect.absent'> | Of<'effect.failed'>): string | undefined {
    const effect = openEffect(run.live, event.act);
    if (effect === undefined || !isGuarded(effect)) return undefined;
    this.asked.set(this.place(run, event.act), 'again');
    return this.outside.performed.has(effect.key) ? `${effect.key} was performed` : undefined;
  }

  private completed(run: KeptRun, event: Of<'effect.completed'>): string | undefined {
    if (event.how === 'ledger' || event.how === 'dry') return undefined;
    const effect = openEffect(run.live, event.act);
    if (effect === undefined) return 'nothing was asked for';
    if (effect.class !== 'read' && !this.outside.performed.has(effect.key)) return `${effect.key} was never performed`;
    if (!isGuarded(effect)) return undefined;
    const place = this.place(run, event.act);
    const before = this.asked.get(place);
    this.asked.set(place, 'completed');
    return before === 'completed' ? `the position ${place} is completed again` : undefined;
  }

  private doubted(run: KeptRun, event: Of<'effect.doubted'>): string | undefined {
    const effect = openEffect(run.live, event.act) ?? event.intent;
    const act = run.live.acts.get(event.act);
    const step = act === undefined ? undefined : run.live.linked.program.steps[act.pc];
    if (effect === undefined || step?.kind !== 'call') return 'nothing was asked for';
    if (!isGuarded(effect)) return `an effect of class ${effect.class} is never in doubt`;
    if (event.verifying) return step.verify === undefined ? 'nobody can be asked' : undefined;
    this.figures.doubts++;
    this.doubtedMs.set(effect.key, this.world.nowMs);
    const wasAsked = event.intent === undefined && openEffect(run.live, event.act)?.state === 'requested';
    return step.verify !== undefined && wasAsked ? 'it could be verified' : undefined;
  }

  private fired(run: KeptRun, event: Of<'timer.fired'>): string | undefined {
    this.figures.timers++;
    const due = run.live.timers.get(event.id)?.dueMs ?? 0;
    const trueMs = WALL_START_MS + Math.floor(this.world.nowMs);
    return due - trueMs > EARLY_TOLERANCE_MS ? `the timer ${event.id} fired ${due - trueMs} ms early` : undefined;
  }

  private heard(run: KeptRun, event: Of<'listen.received'>): string | undefined {
    this.figures.heard++;
    const own = run.live.acts.get(event.act)?.own;
    const buffered = run.live.signals.some((signal) => signal.id === event.event.id && signal.type === event.event.type);
    const elsewhere = [...run.live.acts.values()].some(
      (act) => act.id !== event.act && act.own.kind === 'listen' && act.own.received.some((one) => one.event.id === event.event.id),
    );
    if (event.event.type.startsWith('agentspalace.signal.') && !buffered && !elsewhere) this.count(event.event.id);
    const name = eventName(event.event);
    const known = own?.kind !== 'listen' ? [] : [...own.received.map((one) => eventName(one.event)), ...(own.items?.early ?? []), ...(own.items?.late ?? [])];
    const twice = known.includes(name);
    return twice ? `the event ${event.event.id} came twice` : undefined;
  }

  private count(signal: string): void {
    this.signals.set(signal, (this.signals.get(signal) ?? 0) + 1);
  }

  private childEnded(run: KeptRun, event: Of<'child.ended'>): string | undefined {
    const own = run.live.acts.get(event.act)?.own;
    const id = own?.kind === 'map' ? own.running.get(event.index ?? -1) : own?.kind === 'run' ? own.child : undefined;
    if (id === undefined) return 'no child was waited for';
    if (own?.kind === 'map') this.figures.mapped++;
    const child = this.tables.runs.get(id);
    if (child === undefined) return event.fault?.type.endsWith('/configuration') === true ? undefined : `the child ${id} does not exist`;
    return ENDED.has(child.row.status) ? undefined : `the child ${id} is ${child.row.status}`;
  }
}
