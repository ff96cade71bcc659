// A client of /v1/runs over keep-alive connections: one run and its end, or a batch whose ends are streamed. Single runs go over bare
// sockets: a client library of our own runtime took as much of the two cores as the door that it asks.
import { Agent, request, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import type { Json } from '@palace/jq/jq.ts';
import { openAsker } from '../../load/asker.ts';
import { bodyOf, statusOf } from '../../load/wire.ts';

export interface HttpClient {
  /** Starts a run and awaits its end in the same request. */
  run(workload: string, input: Json): Promise<void>;
  /** Starts many in one request and resolves when the stream has told of every end. */
  batch(workload: string, inputs: readonly Json[]): Promise<void>;
  close(): void;
}

export function openHttpClient(port: number, secret: string): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const asker = openAsker(port, 64);
  const head = `POST /v1/runs HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${secret}\r\ncontent-type: application/json\r\ncontent-length: `;
  const post = (path: string, body: string, accept: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${secret}`, accept, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const sent = request({ host: '127.0.0.1', port, path, method: 'POST', agent, headers }, resolve);
      sent.on('error', reject);
      sent.end(body);
    });
  return {
    async run(workload, input) {
      const body = JSON.stringify({ flow: `bench/${workload}`, input, wait: '30s' });
      const answer = await asker.ask(`${head}${Buffer.byteLength(body)}\r\n\r\n${body}`);
      if (statusOf(answer) !== 201 || (JSON.parse(bodyOf(answer)) as { status?: string }).status !== 'completed') throw new Error(answer.slice(0, 500));
    },
    async batch(workload, inputs) {
      const items = inputs.map((input) => ({ flow: `bench/${workload}`, input }));
      const response = await post('/v1/runs/batch', JSON.stringify({ items }), 'text/event-stream');
      if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${(await textOf(response)).slice(0, 300)}`);
      let completed = 0;
      for await (const text of createInterface({ input: response })) {
        if (text.startsWith('data:') && text.includes('"status":"completed"')) completed += 1;
      }
      if (completed !== inputs.length) throw new Error(`${completed} of ${inputs.length} completed`);
    },
    close: () => {
      agent.destroy();
      asker.close();
    },
  };
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
