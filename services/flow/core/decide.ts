// decide(run, command, env): the events that follow from a command. The run it is given is evolved by them.
// I1 Pure: the same run, command, time and limits give the same events. No clock, no chance, no I/O.
// I2 Facts are journaled whatever the phase; new work begins only while the run is running.
// I3 One decision adds about `eventsPerDecision` events; with work left it says `more`, and `continue` goes on.
// I4 It throws only on a broken invariant; the run is then not to be used any more (the engine quarantines it).
// I5 A decision that leaves the run at rest with half of its history used ends with a new segment (segments.ts).
// Read on: commands.ts (what a command is), drain.ts (what follows), steps/ (each kind), failing.ts (faults), evolve.ts (the fold).
import { give } from './commands.ts';
import { drain } from './drain.ts';
import type { Command, DecideEnv, Decision } from './model.ts';
import { hasWork, type Run } from './run.ts';
import { isSegmentDue, openSegment, wantsNewest } from './segments.ts';
import type { Turn } from './turn.ts';

export function decide(run: Run, command: Command, env: DecideEnv): Decision {
  const turn: Turn = { run, env, events: [], lifecycle: [] };
  const unused = give(turn, command);
  drain(turn);
  const due = isSegmentDue(run, env.limits);
  // The shell looks the newest version up first, where the flow asks for it.
  const ask = due && wantsNewest(run) && command.type !== 'open-segment';
  if (due && !ask) openSegment(turn);
  const { events, lifecycle } = turn;
  return {
    events,
    ...(lifecycle.length > 0 && { lifecycle }),
    more: hasWork(run),
    ...(ask && { segmentDue: true }),
    ...(unused !== undefined && { unused }),
  };
}
