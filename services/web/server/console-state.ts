// How far the console is. Pure: what happened to it and what it then is, as a table that the compiler holds complete.
// I1 `closed` is for ever. I2 Only what was started is ready. I3 A failed build is not tried again in this process.

export type Stage = 'looking' | 'waiting' | 'building' | 'starting' | 'ready' | 'failed' | 'closed';
/** `elsewhere`: another process builds the same; `lost`: the renderer ended by itself. */
export type Happening = 'elsewhere' | 'free' | 'found' | 'built' | 'started' | 'lost' | 'broke' | 'close';

export interface ConsoleState {
  readonly stage: Stage;
  readonly sinceMs: number;
  /** Why it failed: the last lines of what the build or the renderer said. */
  readonly lines: readonly string[];
}

/** What cannot happen leaves the stage as it is. */
const NEXT: Readonly<Record<Stage, Readonly<Record<Happening, Stage>>>> = {
  looking: row('looking', { elsewhere: 'waiting', free: 'building', found: 'starting', broke: 'failed' }),
  waiting: row('waiting', { free: 'building', found: 'starting', broke: 'failed' }),
  building: row('building', { built: 'starting', broke: 'failed' }),
  starting: row('starting', { started: 'ready', broke: 'failed' }),
  ready: row('ready', { lost: 'starting' }),
  failed: row('failed', {}),
  closed: row('closed', { close: 'closed' }),
};

function row(stage: Stage, known: Partial<Record<Happening, Stage>>): Record<Happening, Stage> {
  const stays = { elsewhere: stage, free: stage, found: stage, built: stage, started: stage, lost: stage, broke: stage };
  return { ...stays, close: 'closed', ...known };
}

export const FIRST_STATE: ConsoleState = { stage: 'looking', sinceMs: 0, lines: [] };

export function after(state: ConsoleState, happening: Happening, nowMs: number, lines: readonly string[] = []): ConsoleState {
  const stage = NEXT[state.stage][happening];
  return stage === state.stage ? state : { stage, sinceMs: nowMs, lines: stage === 'failed' ? lines : [] };
}

export const isSettled = ({ stage }: ConsoleState): boolean => stage === 'ready' || stage === 'failed' || stage === 'closed';
