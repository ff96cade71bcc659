// How a failed or rewound run goes on: what was open begins again, what was finished stays finished.
// I1 A leaf (call, wait, listen, sub-flow) begins anew; a scope goes on where it was: its data, cursor and iteration stay.
// I2 Nothing of the outside world is taken over: timers, listens, effects and children are asked for again.
import { firstStage, freshOwn, resetData, setStage, type Act } from './acts.ts';
import { goOn } from './hearing.ts';
import { goOnMapping, type Mapping } from './mapping.ts';
import type { LedgerAnswer } from './model.ts';
import { stepAt, type Run } from './run.ts';

export function restart(run: Run, effects: 'keep' | 'again' | 'dry', ledger: readonly LedgerAnswer[]): void {
  run.phase = 'running';
  run.mode = effects === 'dry' ? 'dry' : 'live';
  run.output = undefined;
  run.fault = undefined;
  run.failedAct = undefined;
  run.paused = undefined;
  run.place = undefined;
  run.endedMs = undefined;
  run.overdue = false;
  run.retries = 0;
  // What the runs and generations before came to still counts; news of a position goes before what was known of it.
  const known = [...run.ledger.values(), ...ledger];
  run.ledger = new Map(known.filter((answer) => answered(answer, effects)).map((answer) => [answer.position, answer]));
  for (const set of [run.timers, run.ready, run.effects, run.listens, run.unarmed]) set.clear();
  if (run.linked.program.timeout !== undefined) run.unarmed.add(0);
  for (const act of run.acts.values()) {
    act.timers = [];
    if (stepAt(run, act).timeout !== undefined) run.unarmed.add(act.id);
    restartAct(run, act);
  }
}

/** Only a dry run takes recorded reads for answers. What may have happened stays a question for a person, also when confirmed acts are to be repeated. */
function answered({ class: kind, state }: LedgerAnswer, effects: 'keep' | 'again' | 'dry'): boolean {
  if (effects === 'again') return state === 'in-doubt';
  return effects === 'dry' || kind === 'unique' || kind === 'irreversible';
}

function restartAct(run: Run, act: Act): void {
  const stage = act.stage === 'faulted' || act.stage === 'overdue' ? act.failedIn : act.stage;
  act.fault = undefined;
  act.failedIn = undefined;
  const { own } = act;
  switch (own.kind) {
    case 'do':
      return setStage(run, act, act.children.length > 0 ? 'waiting' : own.cursor < 0 ? 'done' : 'next');
    case 'for':
      return restartLoop(run, act, stage);
    case 'fork':
      return restartFork(run, act, own, stage);
    case 'try':
      own.attempt = 1;
      // Keys change with the generation: from here on the ledger alone answers for the past.
      own.kept = undefined;
      if (act.children.length > 0) return setStage(run, act, 'waiting');
      return setStage(run, act, stage === 'done' ? 'done' : own.caught !== undefined ? 'next' : 'again');
    case 'listen':
      own.open = false;
      // What it has heard stays heard; it listens again only when that was not enough.
      return own.enough ? goOn(run, act) : setStage(run, act, 'enter');
    case 'map':
      return restartMap(run, act, own);
    default:
      return restartLeaf(run, act, stage);
  }
}

function restartLoop(run: Run, act: Act, stage: Act['stage'] | undefined): void {
  if (act.own.kind !== 'for') return;
  if (act.children.length > 0) return setStage(run, act, 'waiting');
  if (act.own.items === undefined) return setStage(run, act, 'enter');
  // Its body was cut short: that iteration begins again.
  if (stage === 'waiting' && act.own.index >= 0) act.own.index -= 1;
  setStage(run, act, stage === 'done' ? 'done' : 'next');
}

/** Items that have their result keep it; the others begin anew. */
function restartMap(run: Run, act: Act, own: Mapping): void {
  if (own.items === undefined) return setStage(run, act, 'enter');
  own.running.clear();
  own.next = 0;
  goOnMapping(run, act, own);
}

function restartFork(run: Run, act: Act, own: Extract<Act['own'], { kind: 'fork' }>, stage: Act['stage'] | undefined): void {
  const step = stepAt(run, act);
  const branches = step.kind === 'fork' ? step.branches.length : 0;
  if (stage === 'done' && (own.won || own.left === 0)) return setStage(run, act, 'done');
  // Branches that a timeout cut short left no trace: the fork begins again.
  if (act.children.length < own.entered - (branches - own.left)) {
    act.own = freshOwn(step, 0);
    return setStage(run, act, 'next');
  }
  setStage(run, act, own.entered < branches ? 'next' : 'waiting');
}

function restartLeaf(run: Run, act: Act, stage: Act['stage'] | undefined): void {
  // An event that was emitted and a wait that was waited stay so.
  if (stage === 'done' && act.own.kind === 'leaf') return setStage(run, act, 'done');
  const step = stepAt(run, act);
  const done = act.own.kind === 'call' ? act.own.attempt : act.own.kind === 'run' ? act.own.requests : 0;
  act.own = freshOwn(step, done);
  resetData(act);
  setStage(run, act, firstStage(step));
}
