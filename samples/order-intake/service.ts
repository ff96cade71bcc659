// The sample service that the sample flows call: orders, customers, charges, refunds. Loopback only; started by `palace up`.
// I1 Its answers depend on the request alone (order id and attempt), so that every machine shows the same figures.
// I2 A charge is kept under its Idempotency-Key: the same key again is the same charge.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SampleService {
  readonly url: string;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 64 * 1024;
/** Older charges are forgotten beyond this number: a sample must not grow for ever. */
const MAX_CHARGES = 10_000;
const NAMES = ['Ada', 'Grace', 'Edsger', 'Barbara', 'Alan', 'Margaret', 'Ken', 'Radia'];
const TIERS = ['gold', 'silver', 'bronze'];

/** A number below `below` that the words alone decide. */
function draw(below: number, ...words: readonly string[]): number {
  return createHash('sha256').update(words.join(' ')).digest().readUInt32BE(0) % below;
}

type Answer = { readonly status: number; readonly type?: string; readonly body: unknown };
type Charges = Map<string, { charge: string; customer: string; month: number }>;

export async function startSampleService(port = 0): Promise<SampleService> {
  const orders = readFileSync(new URL('./orders.csv', import.meta.url), 'utf8');
  const charges: Charges = new Map();
  const server = createServer((request, response) => {
    answer(request, orders, charges).then(
      (said) => send(response, said),
      () => send(response, { status: 400, body: { error: 'the request cannot be read' } }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, orders: string, charges: Charges): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://sample.invalid');
  const [, noun, id = ''] = url.pathname.split('/');
  const attempt = String(request.headers['palace-attempt'] ?? '1');
  if (noun === 'orders.csv') return { status: 200, type: 'text/csv', body: orders };
  if (noun === 'customers' && request.method === 'GET') return customer(id, url.searchParams.get('order') ?? '', attempt);
  if (noun === 'charges' && request.method === 'POST') return charge(String(request.headers['idempotency-key'] ?? ''), await readJson(request), charges);
  if (noun === 'charges' && request.method === 'GET') {
    const found = charges.get(id);
    return found === undefined ? { status: 404, body: { error: 'no such charge' } } : { status: 200, body: found };
  }
  if (noun === 'refunds' && request.method === 'PUT') return { status: 200, body: { refund: `refund-of-${id}` } };
  return { status: 404, body: { error: 'not found' } };
}

/** One call in five fails, decided by order and attempt. */
function customer(id: string, order: string, attempt: string): Answer {
  if (draw(5, 'customer', order, attempt) === 0) return { status: 503, body: { error: 'the customer service is busy' } };
  return {
    status: 200,
    body: { customer: id, name: NAMES[draw(NAMES.length, 'name', id)], tier: TIERS[draw(TIERS.length, 'tier', id)], attempt: Number(attempt) },
  };
}

function charge(key: string, body: { customer?: string; month?: number; declined?: boolean }, charges: Charges): Answer {
  const known = charges.get(key);
  if (known !== undefined) return { status: 200, body: known };
  if (body.declined === true) return { status: 402, body: { error: 'the card was declined' } };
  const made = { charge: `charge-${body.customer ?? 'unknown'}-${body.month ?? 0}`, customer: body.customer ?? 'unknown', month: body.month ?? 0 };
  if (charges.size >= MAX_CHARGES) charges.delete(charges.keys().next().value as string);
  charges.set(key, made);
  return { status: 201, body: made };
}

async function readJson(request: IncomingMessage): Promise<Record<string, never>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) throw new Error('too large');
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}') as Record<string, never>;
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': type ?? 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
