// A gateway for tests: real embedded database, real HTTP, a toy service behind it. Two tenants with a key for each role.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll } from 'vitest';
import { openAudit } from '@palace/platform/audit/audit.ts';
import type { Audit } from '@palace/platform/audit/port.ts';
import { memoryCache } from '@palace/platform/cache/memory.ts';
import type { Cache } from '@palace/platform/cache/port.ts';
import type { Database } from '@palace/platform/database/port.ts';
import { testDatabase } from '@palace/platform/database/testing.ts';
import { createTelemetry } from '@palace/platform/telemetry/telemetry.ts';
import type { Telemetry } from '@palace/platform/telemetry/port.ts';
import { Secret } from '@palace/platform/secret.ts';
import type { Vault } from '@palace/platform/vault/port.ts';
import { openVault } from '@palace/platform/vault/vault.ts';
import type { ApiKey, Role } from './contract.ts';
import { openGateway } from './service.ts';
import type { Gateway, GatewayOptions } from './service.ts';
import { toyDoor } from './toy-door.ts';
import type { ToyDoor } from './toy-door.ts';

export interface Ground {
  readonly database: Database;
  readonly telemetry: Telemetry;
  readonly vault: Vault;
  readonly audit: Audit;
  close(): Promise<void>;
}

export async function openGround(): Promise<Ground> {
  const { database, close } = await testDatabase();
  const telemetry = createTelemetry({ service: 'gateway-test', level: 'silent' });
  const bytes = randomBytes(32);
  const vault = await openVault(database, { path: 'vault.key', keys: [{ id: 'test', bytes }] });
  return {
    database,
    telemetry,
    vault,
    audit: openAudit(database, { key: new Secret('an audit key of tests, not a real one'), keepDays: 400 }),
    async close() {
      await close();
      await telemetry.close();
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The parsed body; empty when it is not JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface House {
  readonly cache: Cache;
  readonly gateway: Gateway;
  readonly toy: ToyDoor;
  readonly url: string;
  readonly port: number;
  /** Whole keys of the tenant `a` by role, and of the owner of tenant `b`. */
  readonly keys: Readonly<Record<Role | 'foreign', string>>;
  readonly owner: ApiKey;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface CallOptions {
  /** Default: the owner of tenant `a`. `null`: no credential. */
  readonly key?: string | null;
  readonly body?: unknown;
  /** Sent as it is. */
  readonly text?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** For the tests of a file: a ground and a house on it. Told before anything else. */
export function openForFile(tell: (ground: Ground, house: House) => void): void {
  let ground: Ground;
  let house: House;
  beforeAll(async () => {
    ground = await openGround();
    house = await openHouse(ground);
    tell(ground, house);
  });
  afterAll(async () => {
    await house.close();
    await ground.close();
  });
}

export async function openHouse(ground: Ground, options: GatewayOptions = {}): Promise<House> {
  const toy = toyDoor();
  const cache = memoryCache({ maxEntries: 1_000 });
  const gateway = await openGateway({ ...ground, cache }, { doors: [toy], ...options, settings: { port: 0, ...options.settings } });
  const { url, port } = await gateway.listen();
  const keys: Record<string, string> = {};
  const owner = await gateway.keys.create('a', { name: 'owner', role: 'owner' });
  keys['owner'] = owner.secret;
  for (const role of ['admin', 'builder', 'operator', 'worker', 'viewer'] as const) keys[role] = (await gateway.keys.create('a', { name: role, role })).secret;
  keys['foreign'] = (await gateway.keys.create('b', { name: 'owner of b', role: 'owner' })).secret;
  return {
    cache,
    gateway,
    toy,
    url,
    port,
    owner,
    keys: keys as House['keys'],
    call: (method, path, callOptions) => call(url, keys['owner']!, method, path, callOptions),
    close: () => gateway.close(),
  };
}

export async function call(url: string, defaultKey: string, method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const headers: Record<string, string> = { ...options.headers };
  const key = options.key === undefined ? defaultKey : options.key;
  if (key !== null) headers['authorization'] ??= `Bearer ${key}`;
  const body = options.text ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
  if (body !== undefined) headers['content-type'] ??= 'application/json';
  const response = await fetch(url + path, { method, headers, ...(body !== undefined && { body }), redirect: 'manual' });
  const text = await response.text();
  return { status: response.status, headers: Object.fromEntries(response.headers), text, body: parsed(text) };
}

/** Bytes as they are, for requests that no client library sends. Resolves when the server has answered once or closed. */
export function raw(port: number, request: string, waitMs = 5_000): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    let text = '';
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(parseAnswer(text));
    };
    const timer = setTimeout(finish, waitMs);
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (isWhole(text)) finish();
    });
    socket.on('end', finish).on('error', (error) => (text === '' ? reject(error) : finish()));
  });
}

function isWhole(text: string): boolean {
  const head = text.indexOf('\r\n\r\n');
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
  return head !== -1 && length !== undefined && Buffer.byteLength(text.slice(head + 4)) >= Number(length);
}

function parseAnswer(text: string): Answer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const lines = head.split('\r\n');
  const headers = Object.fromEntries(lines.slice(1).map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  const body = rest.join('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0), headers, text: body, body: parsed(body) };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

/** Everything that hostile input could have left on the built-in prototypes (S26). */
export function prototypes(): string {
  return [Object.prototype, Array.prototype, Function.prototype, String.prototype, Promise.prototype]
    .map((prototype) => Reflect.ownKeys(prototype).map(String).sort().join())
    .join('\n');
}
