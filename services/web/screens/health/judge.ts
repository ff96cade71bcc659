// What the figures mean: which are fine and which a person must look at, by the bounds of the alert rules. Pure.
import type { Health, Ready } from '../../api/health.ts';

export type State = 'good' | 'warn' | 'bad' | 'unknown';

export const FIGURES = ['commit', 'inbox', 'outbox', 'timers', 'ownerless', 'memory'] as const;
export type FigureName = (typeof FIGURES)[number];

export interface Figure {
  /** Undefined: nothing was measured yet. */
  readonly value: number | undefined;
  readonly unit: 'ms' | 'seconds' | 'count';
  readonly state: State;
}

const SLOW_COMMIT_MS = 250;
const LATE_SECONDS = 5;
const STUCK_SECONDS = 30;

const ofAge = (value: number): Figure => ({ value, unit: 'seconds', state: value > STUCK_SECONDS ? 'bad' : value > LATE_SECONDS ? 'warn' : 'good' });

export function figuresOf({ figures, shards }: Pick<Health, 'figures' | 'shards'>): Readonly<Record<FigureName, Figure>> {
  const { commit } = figures;
  return {
    commit: { value: commit?.p95Ms, unit: 'ms', state: commit === undefined ? 'unknown' : commit.p95Ms > SLOW_COMMIT_MS ? 'warn' : 'good' },
    inbox: ofAge(figures.inboxAgeSeconds),
    outbox: ofAge(figures.outboxAgeSeconds),
    timers: ofAge(figures.timerOverdueSeconds),
    ownerless: { value: shards.ownerless, unit: 'count', state: shards.ownerless > 0 ? 'warn' : 'good' },
    memory: { value: figures.runsInMemory, unit: 'count', state: 'good' },
  };
}

export interface Part {
  readonly state: State;
  /** One sentence of the server. */
  readonly reason?: string;
}

/** Of /readyz, by the end of its name: in a cluster the name of the service stands before it. */
export function partOf(ready: Ready | null | undefined, name: string): Part {
  if (ready === null || ready === undefined) return { state: 'unknown' };
  const found = Object.entries(ready.parts).filter(([part]) => part === name || part.endsWith(`.${name}`));
  if (found.length === 0) return { state: 'unknown' };
  const missing = found.find(([, is]) => !is)?.[0];
  if (missing === undefined) return { state: 'good' };
  const [, reason] = Object.entries(ready.reasons ?? {}).find(([part]) => part === missing || missing.endsWith(`.${part}`)) ?? [];
  return { state: 'bad', ...(reason !== undefined && { reason }) };
}

const ORDER: readonly State[] = ['bad', 'warn', 'unknown', 'good'];
/** What is wrong with one is wrong with all; what is not known of one says nothing of the others. */
export const worst = (states: readonly State[]): State => ORDER.find((state) => state !== 'unknown' && states.includes(state)) ?? 'unknown';

/** So old a backup is worth a word. */
const OLD_BACKUP_MS = 7 * 86_400_000;
export const backupState = (at: string | undefined, nowMs: number): State => (at === undefined || nowMs - Date.parse(at) > OLD_BACKUP_MS ? 'warn' : 'good');
