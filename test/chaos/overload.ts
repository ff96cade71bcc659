// Overload: starts offered at five times the capacity. Some are accepted, in good time; the rest is refused at once, with Retry-After.
// The load comes over raw sockets, one request under way on each, so that the client costs little beside the server.
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PLAIN } from './flows.ts';
import { openOneProcess, type OneProcess } from './houses.ts';
import type { Outcome } from './outcome.ts';

const CONNECTIONS = 400;
const CAPACITY_CONNECTIONS = 64;
const CAPACITY_SECONDS = 5;
const TIMES = 5;
const SAMPLE_MS = 1_000;
const ACCEPTED_P99_MS = 1_000;
const NORMAL_WITHIN_MS = 5_000;

interface Tally {
  offered: number;
  /** No connection was free: the server had not answered yet, so the request was never sent. */
  unsent: number;
  accepted: number[];
  refused: number;
  withoutRetryAfter: number;
  other: Map<number, number>;
  broken: number;
}

export async function overload(seconds: number): Promise<Outcome> {
  const house = await openOneProcess();
  const violations: string[] = [];
  try {
    const request = await requestOf(house);
    await closedLoop(house, request, CAPACITY_CONNECTIONS, 2);
    const warm = await closedLoop(house, request, CAPACITY_CONNECTIONS, CAPACITY_SECONDS);
    const capacity = Math.round(warm.accepted.length / CAPACITY_SECONDS);
    const memory = watchMemory(house.process().pid);
    const tally = await openLoop(house, request, capacity * TIMES, seconds);
    const samples = memory.stop();
    const normalMs = await untilNormal(house);
    const p99 = quantile(tally.accepted, 0.99);
    if (tally.accepted.length === 0) violations.push('nothing was accepted');
    if (p99 > ACCEPTED_P99_MS) violations.push(`accepted starts took ${p99} ms at p99`);
    if (tally.refused === 0) violations.push('nothing was refused');
    if (tally.withoutRetryAfter > 0) violations.push(`${tally.withoutRetryAfter} refusals without Retry-After`);
    for (const [status, count] of tally.other) violations.push(`${count} answers with status ${status}`);
    if (tally.broken > 0) violations.push(`${tally.broken} connections broke`);
    if (normalMs > NORMAL_WITHIN_MS) violations.push(`normal again after ${normalMs} ms`);
    const half = Math.max(...samples.slice(0, Math.ceil(samples.length / 2)));
    const peak = Math.max(...samples);
    if (peak > 1.25 * half + 50) violations.push(`memory grew from ${half} MB to ${peak} MB`);
    return {
      capacity,
      offeredPerSecond: capacity * TIMES,
      seconds,
      offered: tally.offered,
      sent: tally.offered - tally.unsent,
      accepted: tally.accepted.length,
      acceptedPerSecond: Math.round(tally.accepted.length / seconds),
      acceptedP50Ms: quantile(tally.accepted, 0.5),
      acceptedP99Ms: p99,
      refused: tally.refused,
      unsent: tally.unsent,
      memoryHalfMb: half,
      memoryPeakMb: peak,
      normalAgainMs: normalMs,
      violations,
    };
  } finally {
    await house.close();
  }
}

async function requestOf({ folder }: OneProcess): Promise<{ readonly port: number; readonly bytes: Buffer }> {
  const { url, apiKey } = JSON.parse(readFileSync(`${folder.dir}/data/credentials.json`, 'utf8')) as { url: string; apiKey: string };
  const body = JSON.stringify({ flow: PLAIN, input: { n: 1 } });
  const { host, port } = new URL(url);
  const head = [
    'POST /v1/runs HTTP/1.1',
    `host: ${host}`,
    `authorization: Bearer ${apiKey}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
  ];
  return { port: Number(port), bytes: Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`) };
}

interface Wire {
  readonly socket: Socket;
  text: string;
  sentMs: number;
  answered: (status: number, tookMs: number, retryAfter: boolean) => void;
  broke: () => void;
}

type Request = Awaited<ReturnType<typeof requestOf>>;

function openWire(port: number): Promise<Wire> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    const wire: Wire = { socket, text: '', sentMs: 0, answered: () => undefined, broke: () => undefined };
    socket.once('connect', () => resolve(wire));
    socket.once('error', reject);
    socket.on('error', () => undefined);
    socket.on('close', () => wire.broke());
    socket.on('data', (chunk: Buffer) => read(wire, chunk));
  });
}

/** One answer at a time; a length always stands in the head. */
function read(wire: Wire, chunk: Buffer): void {
  wire.text += chunk.toString('latin1');
  const end = wire.text.indexOf('\r\n\r\n');
  if (end < 0) return;
  const head = wire.text.slice(0, end).toLowerCase();
  const length = Number(/\r\ncontent-length: (\d+)/.exec(head)?.[1] ?? 0);
  if (wire.text.length < end + 4 + length) return;
  wire.text = '';
  wire.answered(Number(head.slice(9, 12)), performance.now() - wire.sentMs, head.includes('\r\nretry-after: '));
}

function count(tally: Tally, status: number, tookMs: number, retryAfter: boolean): void {
  if (status === 201) tally.accepted.push(tookMs);
  else if (status === 429 || status === 503) {
    tally.refused += 1;
    if (!retryAfter) tally.withoutRetryAfter += 1;
  } else tally.other.set(status, (tally.other.get(status) ?? 0) + 1);
}

const newTally = (): Tally => ({ offered: 0, unsent: 0, accepted: [], refused: 0, withoutRetryAfter: 0, other: new Map(), broken: 0 });

/** Each connection sends as soon as it was answered: what the server can do. */
async function closedLoop(_house: OneProcess, { port, bytes }: Request, connections: number, seconds: number): Promise<Tally> {
  const tally = newTally();
  const end = performance.now() + seconds * 1_000;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const wire = await openWire(port);
      await new Promise<void>((resolve) => {
        wire.broke = resolve;
        wire.answered = (status, tookMs, retryAfter) => {
          count(tally, status, tookMs, retryAfter);
          if (performance.now() < end) send(wire, bytes);
          else wire.socket.destroy();
        };
        send(wire, bytes);
      });
    }),
  );
  return tally;
}

function send(wire: Wire, bytes: Buffer): void {
  wire.sentMs = performance.now();
  wire.socket.write(bytes);
}

/** Requests come at their own rate, answered or not. A connection that the server closed after a refusal is opened again. */
async function openLoop(_house: OneProcess, { port, bytes }: Request, rate: number, seconds: number): Promise<Tally> {
  const tally = newTally();
  const idle: Wire[] = [];
  let open = 0;
  let running = true;
  const add = async (): Promise<void> => {
    open += 1;
    try {
      const wire = await openWire(port);
      let busy = false;
      wire.answered = (...answer) => {
        busy = false;
        count(tally, ...answer);
        idle.push(wire);
      };
      wire.broke = () => {
        open -= 1;
        if (busy && running) tally.broken += 1;
      };
      const write = wire.socket.write.bind(wire.socket);
      wire.socket.write = ((data: Buffer) => {
        busy = true;
        return write(data);
      }) as typeof wire.socket.write;
      idle.push(wire);
    } catch {
      open -= 1;
    }
  };
  for (let i = 0; i < CONNECTIONS; i += 100) await Promise.all(Array.from({ length: 100 }, add));
  const begin = performance.now();
  while (performance.now() - begin < seconds * 1_000) {
    const due = Math.floor(((performance.now() - begin) / 1_000) * rate);
    while (tally.offered < due) {
      tally.offered += 1;
      let wire = idle.shift();
      while (wire?.socket.destroyed === true) wire = idle.shift();
      if (wire === undefined) tally.unsent += 1;
      else send(wire, bytes);
    }
    for (let i = open; i < CONNECTIONS && i < open + 50; i++) void add();
    await sleep(2);
  }
  await sleep(1_000);
  running = false;
  for (const wire of idle) wire.socket.destroy();
  return tally;
}

function watchMemory(pid: number): { stop(): number[] } {
  const samples: number[] = [];
  const look = (): void => {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    samples.push(Math.round((pages * 4096) / 1_048_576));
  };
  look();
  const timer = setInterval(look, SAMPLE_MS);
  return {
    stop() {
      clearInterval(timer);
      return samples;
    },
  };
}

/** Ten runs in a row that end within 100 ms each, as on a quiet day. */
async function untilNormal({ door }: OneProcess): Promise<number> {
  const begin = performance.now();
  for (let good = 0; good < 10 && performance.now() - begin < 60_000;) {
    const sentMs = performance.now();
    const answer = await door.ask('POST', '/v1/runs', { flow: PLAIN, input: { n: 1 }, wait: '5s' });
    const fine = answer?.status === 201 && answer.body['status'] === 'completed' && performance.now() - sentMs < 100;
    good = fine ? good + 1 : 0;
    if (!fine) await sleep(50);
  }
  return Math.round(performance.now() - begin);
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0) * 10) / 10;
}
