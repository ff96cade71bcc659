// Runs of several flows in memory over the real decide and evolve: calls answered by stubs, a virtual clock, and a process that
// dies at its commits. What the engine does around decisions is done here in its plainest form.
// I1 A crash before a commit loses the decision: the state is folded from the journal and the command comes again.
// I2 A crash after a commit loses the memory: the state is folded from the journal; what was under way is asked for again, and a
//    unique act is told to be lost (ENGINE E8).
// I3 Time passes only when nothing else can be done, to the next timer or the next thing that the scenario does.
import type { Json } from '@palace/jq/jq.ts';
import { decide } from '@palace/flow/core/decide.ts';
import { evolve } from '@palace/flow/core/evolve.ts';
import type { Linked } from '@palace/flow/core/link.ts';
import type { CloudEvent, Command, RunEvent } from '@palace/flow/core/model.ts';
import { makeRunId } from '@palace/flow/core/run-id.ts';
import { isEnded, newRun, openEffects, openTimers, type OpenEffect, type Run } from '@palace/flow/core/run.ts';
import { LIMITS, linkFlow } from '@palace/flow/core/virtual-shell.ts';

export type Crash = 'never' | 'before' | 'after';

/** What a call answers, one a time; the last one stays. `silence`: it never answers. */
export type Reply = { readonly result: Json } | { readonly status: number } | 'silence';

interface Kept {
  run: Run;
  readonly linked: Linked;
  readonly journal: RunEvent[];
  readonly awaited?: { readonly by: string; readonly act: number };
}

interface Planned {
  readonly atMs: number;
  readonly act: () => void;
}

const BEGAN_MS = 1_700_000_000_000;
const MAX_TURNS = 5_000;

export class Installation {
  readonly flows = new Map<string, Linked>();
  readonly runs = new Map<string, Kept>();
  readonly replies = new Map<string, Reply[]>();
  /** Of each call, by step name: how often it was performed. */
  readonly performed = new Map<string, number>();
  readonly emitted: CloudEvent[] = [];
  crash: Crash = 'never';
  crashes = 0;
  nowMs = BEGAN_MS;
  private readonly planned: Planned[] = [];
  private readonly silent = new Set<string>();
  /** What must happen once only: answers lost, acts told to be lost, ends told to parents. */
  private readonly once = new Set<string>();

  publish(yaml: string): Linked {
    const linked = linkFlow(yaml);
    const { namespace, name } = linked.program;
    this.flows.set(`${namespace}/${name}`, linked);
    return linked;
  }

  get elapsedMs(): number {
    return this.nowMs - BEGAN_MS;
  }

  at(ms: number, act: () => void): void {
    this.planned.push({ atMs: BEGAN_MS + ms, act });
  }

  start(linked: Linked, input: Json): string {
    const id = makeRunId(3, 1_000, new Uint8Array(9));
    this.runs.set(id, { run: newRun(linked, { id }), linked, journal: [] });
    this.give(id, { type: 'start', input });
    return id;
  }

  kept(id: string): Kept {
    const kept = this.runs.get(id);
    if (kept === undefined) throw new Error(`there is no run ${id}`);
    return kept;
  }

  give(id: string, command: Command): void {
    const kept = this.kept(id);
    if (this.crash === 'before' && this.diesBefore(kept, command)) return;
    const { events } = decide(kept.run, command, this.env());
    kept.journal.push(...(JSON.parse(JSON.stringify(events)) as RunEvent[]));
    if (this.crash === 'after' && events.length > 0) {
      this.crashes++;
      this.reload(kept);
      this.tellOfLostActs(id);
    }
    this.follow(id, events);
  }

  /** True: the command is lost too, because it was the answer of a call. */
  private diesBefore(kept: Kept, command: Command): boolean {
    const lost = decide(kept.run, command, this.env());
    this.reload(kept);
    if (lost.events.length === 0) return false;
    this.crashes++;
    if (command.type !== 'effect-done' && command.type !== 'effect-failed') return false;
    const asked = `${kept.run.id}/${command.act}/${command.attempt}`;
    if (this.once.has(asked)) return false;
    this.once.add(asked);
    this.tellOfLostActs(kept.run.id);
    return true;
  }

  /** Everything goes on until nothing moves. */
  play(): void {
    for (let turn = 0; turn < MAX_TURNS; turn++) if (!this.move()) return;
    throw new Error('the installation does not come to rest');
  }

  private env() {
    return { nowMs: this.nowMs, limits: LIMITS };
  }

  private reload(kept: Kept): void {
    kept.run = newRun(kept.linked, { id: kept.run.id, ...(kept.awaited !== undefined && { parent: kept.awaited.by }) });
    for (const event of kept.journal) evolve(kept.run, structuredClone(event));
  }

  private tellOfLostActs(id: string): void {
    for (const { act, attempt, key, state, class: effectClass } of openEffects(this.kept(id).run)) {
      const isGuarded = effectClass === 'unique' || effectClass === 'irreversible';
      if (state !== 'requested' || !isGuarded || this.once.has(`lost ${key}`)) continue;
      this.once.add(`lost ${key}`);
      this.give(id, { type: 'effect-lost', act, attempt });
    }
  }

  /** What a commit asks for, after it. */
  private follow(id: string, events: readonly RunEvent[]): void {
    const { run, awaited } = this.kept(id);
    for (const event of events) {
      if (event.type === 'child.requested') this.begin(id, event);
      else if (event.type === 'child.abandoned') this.cancel(event.run);
      else if (event.type === 'event.emitted') this.announce(event.event);
    }
    if (!isEnded(run) || awaited === undefined || this.once.has(`end ${id}`)) return;
    this.once.add(`end ${id}`);
    const end = run.phase === 'completed' ? { output: run.output ?? null } : { fault: run.fault ?? CANCELLED };
    this.give(awaited.by, { type: 'child-ended', act: awaited.act, child: id, ...end });
  }

  private begin(parent: string, { run, flow, input, depth, act, await: isAwaited }: Extract<RunEvent, { type: 'child.requested' }>): void {
    if (this.runs.has(run)) return;
    const linked = this.flows.get(`${flow.namespace}/${flow.name}`);
    if (linked === undefined) {
      const fault = { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/configuration', status: 400 };
      this.give(parent, { type: 'child-ended', act, child: run, fault });
      return;
    }
    this.runs.set(run, { run: newRun(linked, { id: run, parent }), linked, journal: [], ...(isAwaited && { awaited: { by: parent, act } }) });
    this.give(run, { type: 'start', input, depth });
  }

  cancel(id: string): void {
    if (this.runs.has(id)) this.give(id, { type: 'cancel', by: 'somebody' });
  }

  announce(event: CloudEvent): void {
    this.emitted.push(event);
    for (const [id, { run }] of this.runs) for (const act of [...run.listens]) if (run.listens.has(act)) this.give(id, { type: 'event', act, event });
  }

  private move(): boolean {
    for (const [id, { run }] of this.runs) {
      const before = run.seq;
      this.give(id, { type: 'continue' });
      if (this.kept(id).run.seq !== before) return true;
    }
    return this.answerOne() || this.passTime();
  }

  private answerOne(): boolean {
    for (const [id, { run }] of this.runs) {
      for (const effect of openEffects(run)) {
        const asked = `${effect.key}/${effect.attempt}/${effect.state}`;
        if (this.silent.has(asked) || (effect.state !== 'requested' && effect.state !== 'verifying')) continue;
        if (effect.state === 'verifying') this.verify(id, effect);
        else this.perform(id, effect, asked);
        return true;
      }
    }
    return false;
  }

  private perform(id: string, effect: OpenEffect, asked: string): void {
    const name = this.kept(id).linked.program.steps[effect.pc]?.name ?? '';
    const times = (this.performed.get(name) ?? 0) + 1;
    this.performed.set(name, times);
    const replies = this.replies.get(name) ?? [{ result: null }];
    const reply = replies[Math.min(times, replies.length) - 1] as Reply;
    if (reply === 'silence') return void this.silent.add(asked);
    const { act, attempt } = effect;
    if ('result' in reply) return this.give(id, { type: 'effect-done', act, attempt, result: reply.result });
    const fault = { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/communication', status: reply.status };
    this.give(id, { type: 'effect-failed', act, attempt, fault, reach: 'answered' });
  }

  /** The remote knows of every act that was performed. */
  private verify(id: string, effect: OpenEffect): void {
    const name = this.kept(id).linked.program.steps[effect.pc]?.name ?? '';
    const [reply] = this.replies.get(name) ?? [];
    const isDone = (this.performed.get(name) ?? 0) > 0;
    if (isDone && typeof reply === 'object' && 'result' in reply)
      this.give(id, { type: 'effect-verified', act: effect.act, verdict: 'happened', result: reply.result });
    else this.give(id, { type: 'effect-verified', act: effect.act, verdict: 'absent' });
  }

  private passTime(): boolean {
    const timers = [...this.runs].flatMap(([id, { run }]) => openTimers(run).map((timer) => ({ id, timer })));
    const timer = timers.toSorted((a, b) => a.timer.dueMs - b.timer.dueMs)[0];
    const plan = this.planned.toSorted((a, b) => a.atMs - b.atMs)[0];
    if (plan !== undefined && (timer === undefined || plan.atMs <= timer.timer.dueMs)) {
      this.planned.splice(this.planned.indexOf(plan), 1);
      this.nowMs = Math.max(this.nowMs, plan.atMs);
      plan.act();
      return true;
    }
    if (timer === undefined) return false;
    this.nowMs = Math.max(this.nowMs, timer.timer.dueMs);
    this.give(timer.id, { type: 'timer', id: timer.timer.id });
    return true;
  }
}

const CANCELLED = { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/runtime', status: 500, title: 'The run was cancelled' };
