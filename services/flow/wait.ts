// Clients that wait for a run: until it has ended, or until it asks (engine/rest.ts). The run's own process is told after each commit;
// any other looks at the journal again.
// I1 A waiting client costs its run nothing but a callback. I2 Whatever is missed, a look follows within LOOK_MS or LOCAL_LOOK_MS.
import { ENDED, type RunStatus } from './contract.ts';
import { MOVES, restOf, type Rest } from './engine/rest.ts';
import type { RunEnd } from './engine/slot.ts';
import type { FlowParts } from './parts.ts';
import { readRun } from './read-run.ts';

/** Between two looks from another process than the owner's, and at sub-flows, whose commits are not heard here. */
export const LOOK_MS = 400;
const LOCAL_LOOK_MS = 2_000;
/** A run that asks is looked at again after so long: a listen has its look-back at events first. */
const SETTLED_MS = 100;
/** Of more sub-flows at once nobody is told that they all ask. */
const MOST_CHILDREN = 100;

/** Resolves at the run's next commit in this process, or after `limitMs`. Begun before looking, so that nothing falls between. */
export function hear(parts: FlowParts, id: string, limitMs: number, signal: AbortSignal, enough: (status: RunStatus) => boolean = () => true): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stop();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(0, limitMs));
    const stop = parts.engine.watching.watch(id, ({ status }) => {
      if (enough(status)) done();
    });
    signal.addEventListener('abort', done, { once: true });
  });
}

/** The end of a run that was begun here, out of memory: most end so soon. Undefined when it lives elsewhere, asks first, or after `limitMs`. */
export function endSoon(parts: FlowParts, id: string, ended: Promise<RunEnd>, limitMs: number): Promise<RunEnd | undefined> {
  return new Promise((resolve) => {
    const settle = (end?: RunEnd) => {
      clearTimeout(timer);
      stop();
      resolve(end);
    };
    const lookWhether = () => {
      if (parts.engine.rest(id)?.kind === 'asks') settle();
    };
    // One that is not here and has not ended in its first commit was begun elsewhere.
    const timer = setTimeout(settle, parts.engine.rest(id) === undefined ? 0 : limitMs);
    const stop = parts.engine.watching.watch(id, ({ status }) => {
      if (status === 'waiting' || status === 'paused') lookWhether();
    });
    void ended.then(settle);
    lookWhether();
  });
}

/** Until the run has ended, at most `limitMs`. One that is set aside goes nowhere by itself either. */
export async function waitForEnd(parts: FlowParts, tenant: string, id: string, limitMs: number, signal: AbortSignal): Promise<void> {
  const untilMs = performance.now() + limitMs;
  while (!signal.aborted && performance.now() < untilMs) {
    const local = parts.engine.peek(id);
    const heard = hear(parts, id, Math.min(untilMs - performance.now(), local === undefined ? LOOK_MS : LOCAL_LOOK_MS), signal, (s) => ENDED.has(s));
    if (isOver(local?.status ?? (await parts.reads.run(tenant, id))?.status)) return;
    await heard;
  }
}

const isOver = (status: RunStatus | undefined): boolean => status === 'quarantined' || (status !== undefined && ENDED.has(status));

/** Until the run has ended or asks, at most `limitMs`. */
export async function waitForRest(parts: FlowParts, tenant: string, id: string, limitMs: number, signal: AbortSignal): Promise<void> {
  const untilMs = performance.now() + limitMs;
  for (let asked = false; !signal.aborted && performance.now() < untilMs;) {
    const rest = await restWithChildren(parts, tenant, id);
    if (rest === 'ended' || (rest === 'asks' && asked)) return;
    asked = rest === 'asks';
    const pauseMs = asked ? SETTLED_MS : isAlone(parts, id) ? LOCAL_LOOK_MS : LOOK_MS;
    await hear(parts, id, Math.min(untilMs - performance.now(), pauseMs), signal, (status) => status !== 'running');
  }
}

/** Everything that could move it is heard of here. */
function isAlone(parts: FlowParts, id: string): boolean {
  const here = parts.engine.rest(id);
  return here !== undefined && (here.kind !== 'asks' || here.children.length === 0);
}

async function restWithChildren(parts: FlowParts, tenant: string, id: string): Promise<Rest['kind']> {
  const rest = parts.engine.rest(id) ?? (await readRest(parts, tenant, id));
  if (rest.kind !== 'asks') return rest.kind;
  if (rest.children.length > MOST_CHILDREN) return 'moves';
  // One that has ended moves its parent in a moment.
  for (const child of rest.children) if ((await restWithChildren(parts, tenant, child)) !== 'asks') return 'moves';
  return 'asks';
}

/** From the summary, which says of most that they move or have ended; otherwise from the journal. */
async function readRest(parts: FlowParts, tenant: string, id: string): Promise<Rest> {
  const row = await parts.reads.run(tenant, id);
  if (row === undefined) return MOVES;
  if (isOver(row.status)) return { kind: 'ended' };
  if (row.status !== 'waiting' && row.status !== 'paused') return MOVES;
  const { folded } = (await readRun(parts, tenant, id)) ?? {};
  return folded === undefined ? MOVES : restOf(folded.run);
}
