// HTTP to the installation under test: one request, or one that is repeated until it is answered.
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Record<string, unknown>;
}

export interface Door {
  /** Undefined: no answer. */
  ask(method: string, path: string, body?: unknown, key?: string): Promise<Answer | undefined>;
  /** Repeats what was not answered or answered 429/503, with the same key, for so long. Throws afterwards. */
  until(method: string, path: string, body?: unknown, key?: string, limitMs?: number): Promise<Answer>;
  /** As `until`, and the answer must be 2xx. */
  must(method: string, path: string, body?: unknown, key?: string): Promise<Answer>;
  close(): void;
}

const ANSWER_LIMIT_MS = 8_000;
const UNTIL_LIMIT_MS = 60_000;

interface DoorOptions {
  readonly answerMs?: number;
  readonly sockets?: number;
  /** Hears of each request alone, also of those that `until` repeats. */
  readonly told?: Told;
}

export type Told = (asked: { readonly method: string; readonly path: string }, answer: Answer | undefined) => void;

export function openDoor(where: () => { readonly url: string; readonly apiKey: string }, options: DoorOptions = {}): Door {
  const { answerMs = ANSWER_LIMIT_MS, sockets = 64, told = () => undefined } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: sockets });
  const door: Door = {
    ask: (method, path, body, key) =>
      new Promise((settle) => {
        const resolve = (answer: Answer | undefined): void => {
          told({ method, path }, answer);
          settle(answer);
        };
        const { url, apiKey } = where();
        const text = body === undefined ? undefined : JSON.stringify(body);
        const headers = {
          authorization: `Bearer ${apiKey}`,
          ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          ...(key !== undefined && { 'idempotency-key': key }),
        };
        const sent = request(new URL(path, url), { method, agent, headers, timeout: answerMs }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', () => resolve(undefined));
          response.on('end', () => resolve(answerOf(response.statusCode ?? 0, response.headers, Buffer.concat(chunks).toString('utf8'))));
        });
        sent.on('timeout', () => sent.destroy());
        sent.on('error', () => resolve(undefined));
        sent.end(text);
      }),
    async until(method, path, body, key, limitMs = UNTIL_LIMIT_MS) {
      const end = performance.now() + limitMs;
      for (;;) {
        const answer = await door.ask(method, path, body, key);
        if (answer !== undefined && answer.status !== 429 && answer.status < 500) return answer;
        if (performance.now() > end) throw new Error(`${method} ${path} was not answered within ${limitMs} ms; last: ${JSON.stringify(answer?.body)}`);
        await sleep(50 + Math.random() * 100);
      }
    },
    async must(method, path, body, key) {
      const answer = await door.until(method, path, body, key);
      if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer;
    },
    close: () => agent.destroy(),
  };
  return door;
}

function answerOf(status: number, headers: Answer['headers'], text: string): Answer | undefined {
  try {
    return { status, headers, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
  } catch {
    return undefined;
  }
}
