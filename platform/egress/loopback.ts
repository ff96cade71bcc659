// Servers on loopback that remember what reached them, for the tests of this folder.
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import type { EgressRule } from './port.ts';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Recorder {
  readonly port: number;
  readonly seen: Seen[];
  /** Connections ever opened. */
  connections: number;
  /** Connections open now. */
  readonly open: Set<Socket>;
  close(): Promise<void>;
}

const listening = (server: Server | TcpServer, port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });

export type Answer = (request: Seen, response: ServerResponse) => void;

const readBody = async (request: IncomingMessage): Promise<string> => {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
};

/** Watches connections of any server. */
function watch(server: Server | TcpServer, recorder: Recorder): void {
  server.on('connection', (socket: Socket) => {
    recorder.connections += 1;
    recorder.open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => recorder.open.delete(socket));
  });
}

const closing = (server: Server | TcpServer, recorder: { readonly open: Set<Socket> }) => (): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of recorder.open) socket.destroy();
  });

export async function recordHttp(answer: Answer = (_request, response) => response.end('ok'), port = 0, host = '127.0.0.1'): Promise<Recorder> {
  const seen: Seen[] = [];
  const open = new Set<Socket>();
  const onRequest: RequestListener = (request, response) => {
    void readBody(request).then(
      (body) => {
        const entry = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
        seen.push(entry);
        answer(entry, response);
      },
      () => undefined,
    );
  };
  const server = createServer(onRequest);
  const recorder: Recorder = { port: await listening(server, port, host), seen, connections: 0, open, close: closing(server, { open }) };
  watch(server, recorder);
  return recorder;
}

/** A server that speaks bytes: `onData` gets each chunk. */
export async function recordTcp(onData: (socket: Socket, text: string) => void): Promise<Recorder> {
  const open = new Set<Socket>();
  const server = createTcpServer((socket) => socket.on('data', (chunk) => onData(socket, chunk.toString('latin1'))));
  const recorder: Recorder = { port: await listening(server, 0, '127.0.0.1'), seen: [], connections: 0, open, close: closing(server, { open }) };
  watch(server, recorder);
  return recorder;
}

export const rule = (host: string, port: number, action: 'allow' | 'deny' = 'allow', tenant = 'acme'): EgressRule => ({
  tenant,
  host,
  port,
  action,
  reason: 'test',
});

export async function eventually(holds: () => boolean, withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return true;
}
