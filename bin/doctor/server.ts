// Checks of the running server: does it answer, is it ready, is the key good, is something held back or broken, do the clocks agree, does
// its work go on.
import { Api } from '../api.ts';
import { Client } from '../client.ts';
import type { Call } from '../call.ts';
import { CommandFailure } from '../failure.ts';
import { findServer, readCredentials, type Server } from '../find-server.ts';
import { checkFigures, readMetrics } from './figures.ts';
import { haltText, resumeLine } from '../halt-text.ts';
import { oneLine } from '../terminal.ts';
import { good, idle, wrong, type Finding } from './finding.ts';

const CLOCK_TOLERANCE_MS = 5_000;
const RECENT_MS = 3_600_000;

export interface CheckedServer {
  readonly findings: readonly Finding[];
  /** As it was read at /metrics. */
  readonly metrics?: string;
}

export async function checkServer(call: Call, dir: string): Promise<CheckedServer> {
  try {
    const named = call.args.has('url') || readCredentials(dir) !== undefined;
    if (!named) return { findings: [idle('server', 'not started; palace up starts it')] };
    return await lookAt(findServer(call));
  } catch (error) {
    return { findings: [failed('server', error)] };
  }
}

async function lookAt(server: Server): Promise<CheckedServer> {
  const client = new Client(server);
  const health = await readiness(client);
  const metrics = await readMetrics(client);
  const figures = metrics === undefined ? [] : checkFigures(metrics, Date.now());
  if (health.state !== 'good' && metrics === undefined) return { findings: [health] };
  const findings = [health, await key(client), await halts(client), await breaches(client), await clock(server), ...figures];
  return { findings, ...(metrics !== undefined && { metrics }) };
}

async function readiness(client: Client): Promise<Finding> {
  const { origin } = client.server.url;
  try {
    const {
      parts,
      reasons = {},
      held,
    } = await client.once<{ parts?: Record<string, boolean>; reasons?: Record<string, string>; held?: string }>({ method: 'GET', path: '/readyz' });
    const names = Object.entries(parts ?? {});
    const missing = names.filter(([, ready]) => !ready).map(([name]) => name);
    if (missing.length === 0) return good('server', `${origin} is ready${held === undefined ? '' : `, and ${held.charAt(0).toLowerCase()}${held.slice(1)}`}`);
    const said = missing.map((part) => (reasons[part] === undefined ? part : `${part} (${reasons[part]})`));
    return wrong('server', `${origin} answers, but is not ready: ${said.join(', ')}`, 'Wait a moment; if it stays so, read the server log.');
  } catch (error) {
    return failed('server', error);
  }
}

async function key(client: Client): Promise<Finding> {
  try {
    const { tenant, role } = await client.ask<{ tenant: string; role: string }>({ method: 'GET', path: '/v1/me' });
    return good('key', `${role} of ${tenant}`);
  } catch (error) {
    return failed('key', error);
  }
}

async function halts(client: Client): Promise<Finding> {
  try {
    const { items } = await new Api(client).halts();
    const [first] = items;
    if (first === undefined) return good('halts', 'nothing is held back');
    const more = items.length === 1 ? '' : ` And ${items.length - 1} more: palace get halts.`;
    return wrong('halts', `${haltText(first)}${more}`, `If that is over: ${resumeLine(first)}`);
  } catch (error) {
    return failed('halts', error);
  }
}

async function breaches(client: Client): Promise<Finding> {
  try {
    const { items } = await new Api(client).breaches(50);
    const recent = items.filter(({ lastAt }) => Date.now() - Date.parse(lastAt) < RECENT_MS);
    const [open] = recent.filter(({ outcome }) => outcome === 'reported');
    if (open !== undefined) {
      const fix = open.subject.startsWith('run_') ? `palace why ${open.subject}` : 'palace get breaches lists them; read the server log.';
      return wrong('invariants', oneLine(open.text), fix);
    }
    return recent.length === 0
      ? good('invariants', 'none was found broken')
      : idle('invariants', `${recent.length} were broken within the hour and are mended: palace get breaches`);
  } catch (error) {
    return failed('invariants', error);
  }
}

async function clock(server: Server): Promise<Finding> {
  const before = Date.now();
  const answer = await fetch(new URL('/healthz', server.url), { redirect: 'error' });
  await answer.arrayBuffer();
  const middle = (before + Date.now()) / 2;
  const theirs = Date.parse(answer.headers.get('date') ?? '');
  if (Number.isNaN(theirs)) return idle('clock', 'the server does not say its time');
  const apartMs = Math.abs(theirs - middle);
  if (apartMs <= CLOCK_TOLERANCE_MS) return good('clock', 'agrees with the server');
  return wrong(
    'clock',
    `${Math.round(apartMs / 1000)} s apart from the server`,
    'Set the clock by NTP on both machines; runs are timed by the database and stay right.',
  );
}

function failed(check: string, error: unknown): Finding {
  if (!(error instanceof CommandFailure)) throw error;
  return wrong(check, error.message, error.options.next ?? 'palace up');
}
