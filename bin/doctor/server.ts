// Checks of the running server: does it answer, is it ready, is the key good, do the clocks agree, does its work go on.
import { Client } from '../client.ts';
import type { Call } from '../call.ts';
import { CommandFailure } from '../failure.ts';
import { findServer, readCredentials, type Server } from '../find-server.ts';
import { checkFigures, readMetrics } from './figures.ts';
import { good, idle, wrong, type Finding } from './finding.ts';

const CLOCK_TOLERANCE_MS = 5_000;

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
  return { findings: [health, await key(client), await clock(server), ...figures], ...(metrics !== undefined && { metrics }) };
}

async function readiness(client: Client): Promise<Finding> {
  const { origin } = client.server.url;
  try {
    const { parts, reasons = {} } = await client.once<{ parts?: Record<string, boolean>; reasons?: Record<string, string> }>({
      method: 'GET',
      path: '/readyz',
    });
    const names = Object.entries(parts ?? {});
    const missing = names.filter(([, ready]) => !ready).map(([name]) => name);
    if (missing.length === 0) return good('server', `${origin} is ready`);
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
