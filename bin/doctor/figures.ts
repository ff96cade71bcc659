// Checks by the server's own metrics: the canary, and what stands still.
// I1 A figure that is not there says nothing: another process may have it.
import type { Client } from '../client.ts';
import { good, idle, wrong, type Finding } from './finding.ts';

const LIMIT_MS = 5_000;
const LARGEST_BYTES = 4_194_304;
const CANARY_OLD_SECONDS = 300;

/** The server's answer at /metrics; undefined when it gives none. */
export async function readMetrics(client: Client): Promise<string | undefined> {
  try {
    const response = await client.open('/metrics', {}, AbortSignal.timeout(LIMIT_MS));
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const part of response as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > LARGEST_BYTES) return undefined;
      parts.push(part);
    }
    return Buffer.concat(parts).toString('utf8');
  } catch {
    return undefined;
  }
}

interface Stuck {
  readonly series: RegExp;
  readonly above: number;
  says(value: number): string;
  readonly fix: string;
}

const s = (value: number): string => `${Math.round(value)} s`;

/** What a person must look at, by the bounds of the alert rules. */
const STUCK: readonly Stuck[] = [
  {
    series: /^palace_shards_ownerless$/,
    above: 0,
    says: (n) => `${n} shards have no owner; their runs stand still`,
    fix: 'Read the server log for why; palace down and palace up take them again.',
  },
  {
    series: /^palace_inbox_age_seconds$/,
    above: 30,
    says: (n) => `a command has not been carried out for ${s(n)}`,
    fix: 'Look at the load and at the database; restart the server if it does nothing.',
  },
  {
    series: /^palace_stream_age_seconds\{/,
    above: 30,
    says: (n) => `an event has not been passed on for ${s(n)}`,
    fix: 'Look at the load and at the database; restart the server if it does nothing.',
  },
  {
    series: /^palace_timer_overdue_seconds$/,
    above: 30,
    says: (n) => `a timer has been due for ${s(n)}`,
    fix: 'Look at the load and at the database; restart the server if it does nothing.',
  },
  {
    series: /^palace_clock_jump_seconds$/,
    above: 0,
    says: (n) => `the clock of the database jumped by ${s(n)} and is in doubt`,
    fix: 'Set the clocks by NTP; restart one process if it stays so.',
  },
  { series: /^palace_runs\{state="quarantined"\}$/, above: 0, says: (n) => `${n} runs are set aside`, fix: 'palace get runs --status quarantined' },
  {
    series: /^palace_effects_in_doubt$/,
    above: 0,
    says: (n) => `${n} acts are in doubt: nobody knows whether they happened`,
    fix: 'palace get runs --status waiting; each page prints the command that decides',
  },
];

export function checkFigures(metrics: string, nowMs: number): Finding[] {
  const figures = parseMetrics(metrics);
  const stuck = STUCK.flatMap(({ series, above, says, fix }) => {
    const worst = Math.max(...figures.filter(([name]) => series.test(name)).map(([, value]) => Math.abs(value)), 0);
    return worst > above ? [wrong('work', says(worst), fix)] : [];
  });
  return [canary(figures, nowMs), ...(stuck.length > 0 ? stuck : [good('work', 'nothing stands still')])];
}

type Figures = readonly (readonly [series: string, value: number])[];

function parseMetrics(text: string): Figures {
  return text.split('\n').flatMap((line) => {
    const found = /^(palace_[^\s{]+(?:\{[^}]*\})?) (-?[\d.e+-]+)$/.exec(line);
    return found === null ? [] : [[found[1] ?? '', Number(found[2])] as const];
  });
}

function canary(figures: Figures, nowMs: number): Finding {
  const last = figures.find(([name]) => name === 'palace_canary_last_success_timestamp_seconds')?.[1] ?? 0;
  const failed = figures
    .filter(([name]) => name.startsWith('palace_canary_runs_total') && !name.includes('succeeded'))
    .reduce((sum, [, value]) => sum + value, 0);
  const fix = 'See the reason at /readyz and in the server log.';
  if (last === 0 && failed > 0) return wrong('canary', `no run has succeeded, ${failed} have not`, fix);
  if (last === 0) return idle('canary', 'none has run in this process yet');
  const agoSeconds = Math.max(0, nowMs / 1_000 - last);
  if (agoSeconds <= CANARY_OLD_SECONDS) return good('canary', `succeeded ${s(agoSeconds)} ago`);
  return wrong('canary', `the last success was ${s(agoSeconds)} ago`, fix);
}
