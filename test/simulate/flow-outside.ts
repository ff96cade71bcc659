// The world outside of AgentsFlow: three hosts that act, late, sometimes not at all, sometimes without an answer; and their books.
// I1 What was sent arrives before the hard deadline of its act or never; who asked may be dead by then.
// I2 An act of a unique step is performed once: for its key, and for what it means (run, address, body), whatever its key.
import type { Json } from '@palace/jq/jq.ts';
import { standardFault } from '@palace/flow/core/faults.ts';
import type { EffectCall, EffectOutcome, Executor } from '@palace/flow/executors/executor.ts';
import type { Switches } from './switches.ts';
import type { SimulatedProcess, World } from './world.ts';

interface Request {
  readonly call: EffectCall;
  readonly method: string;
  readonly endpoint: string;
  readonly untilMs: number;
  settle(outcome: EffectOutcome): void;
}

const failed = (detail: string, reach: 'not-sent' | 'answered' | 'unknown', status = 500): EffectOutcome => ({
  ok: false,
  fault: { ...standardFault(reach === 'answered' ? 'communication' : 'timeout', detail), status },
  reach,
});

interface Addressed {
  readonly method: string;
  readonly endpoint: string;
  readonly body: Json;
  readonly operationId: string;
}

/** An http call says it; an openapi call by the name of its operation. */
function addressed(args: Json): Addressed {
  const { document, operationId = '', parameters = null, ...http } = args as Partial<Addressed> & { document?: { endpoint: string }; parameters?: Json };
  if (document === undefined) return { method: http.method ?? 'GET', endpoint: http.endpoint ?? '', body: http.body ?? null, operationId };
  return { method: operationId.startsWith('get') ? 'GET' : 'POST', endpoint: `${document.endpoint}/${operationId}`, body: parameters, operationId };
}

export class FlowOutside {
  /** How often each key was performed. */
  readonly performed = new Map<string, number>();
  /** Once calm, everything answers. */
  calm = false;
  /** Requests still on their way. */
  open = 0;
  private readonly meant = new Map<string, number>();
  private readonly world: World;
  private readonly switches: Switches;
  private calls = 0;

  constructor(world: World, switches: Switches) {
    this.world = world;
    this.switches = switches;
  }

  executor(process: SimulatedProcess): Executor {
    return (call) => this.request(process, call);
  }

  /** What kind of act an operation is: a read of the document, which may fail as any read. */
  question(process: SimulatedProcess): Executor {
    return async (call) => {
      const { endpoint, operationId } = addressed(call.args);
      const outcome = await this.request(process, { ...call, args: { method: 'GET', endpoint } });
      const act = this.switches.flow === 'acts asked about and taken for weaker ones' ? 'idempotent' : 'unique';
      return outcome.ok ? { ok: true, result: operationId.startsWith('get') ? 'read' : act } : outcome;
    };
  }

  private request(process: SimulatedProcess, call: EffectCall): Promise<EffectOutcome> {
    const { world } = this;
    const { random } = world;
    const { method, endpoint } = addressed(call.args);
    const untilMs = world.nowMs + call.deadlineMs;
    return new Promise((resolve) => {
      let settled = false;
      let sent = false;
      const settle = (outcome: EffectOutcome): void => {
        if (settled) return;
        settled = true;
        cancel();
        resolve(outcome);
      };
      const cancel = world.after(call.deadlineMs, () => settle(failed('no answer in time', sent ? 'unknown' : 'not-sent', 408)), process);
      call.signal.addEventListener('abort', () => settle(failed('given up', sent ? 'unknown' : 'not-sent')));
      world.after(
        random.next() * 5,
        () => {
          if (settled || world.nowMs >= untilMs) return settle(failed('no connection in time', 'not-sent', 408));
          if (!this.calm && random.chance(0.05)) return settle(failed('connection refused', 'not-sent', 503));
          sent = true;
          this.travel(process, { call, method: method.toUpperCase(), endpoint, untilMs, settle });
        },
        process,
      );
    });
  }

  /** The request is on its way, whatever becomes of who sent it (I1). */
  private travel(process: SimulatedProcess, request: Request): void {
    const { world } = this;
    const { random } = world;
    const leftMs = request.untilMs - world.nowMs;
    const slow = !this.calm && random.chance(0.1);
    const lateMs = this.switches.flow === 'acts after their deadline' ? 3_000 : 0;
    const travelMs = slow ? random.next() * (leftMs + 500) + lateMs : Math.min(leftMs - 0.01, 1 + random.next() * 40);
    if (travelMs >= leftMs + lateMs) return;
    this.open++;
    world.after(travelMs, () => {
      this.open--;
      if (!this.calm && random.chance(0.05)) return;
      const outcome = this.answer(request);
      if (!this.calm && random.chance(0.1)) return;
      world.after(1 + random.next() * 40, () => request.settle(outcome), process);
    });
  }

  private answer(request: Request): EffectOutcome {
    const { random } = this.world;
    const { endpoint, method, call } = request;
    if (!this.calm && random.chance(endpoint.includes('flaky') ? 0.5 : 0.08)) return failed('a bad moment', 'answered', 503);
    if (endpoint.startsWith('http://books.sim/')) return this.look(endpoint, call);
    if (method !== 'GET') this.perform(request);
    return { ok: true, result: { by: endpoint, n: 1 } };
  }

  private look(endpoint: string, call: EffectCall): EffectOutcome {
    const key = endpoint.slice('http://books.sim/by-key/'.length);
    const found = this.performed.has(key);
    if (key !== call.key) this.world.violate(`the books are asked for ${key} in the name of ${call.key}`);
    return found ? { ok: true, result: { statusCode: 200, content: { found: true } } } : failed('no such act', 'answered', 404);
  }

  private perform({ call, endpoint }: Request): void {
    const key = this.switches.effects === 'keyed' ? call.key : `call ${this.calls++}`;
    if (endpoint.startsWith('http://keyed.sim/') && this.performed.has(key)) return;
    this.count(this.performed, key, call.key);
    if (this.switches.effects === 'unkeyed') this.count(this.performed, call.key, call.key);
    if (call.class !== 'unique' && !endpoint.startsWith('http://unkeyed.sim/')) return;
    const { body } = addressed(call.args);
    this.count(this.meant, `${call.run} ${endpoint} ${JSON.stringify(body)}`, call.key);
  }

  private count(book: Map<string, number>, name: string, key: string): void {
    const times = (book.get(name) ?? 0) + 1;
    book.set(name, times);
    this.world.note(`performed: ${name}`);
    if (times > 1) this.world.violate(`${name} was performed ${times} times (key ${key})`);
  }
}
