// The HTTP client of the command line: one request, one clear sentence when it fails.
// I1 Only GET and requests with an Idempotency-Key are sent again, at most ATTEMPTS times, with the same key.
// I2 Redirects are not followed: the key goes to the named address only. Answers are bounded.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Problem } from '@palace/gateway/contract.ts';
import type { ExitCode } from './command.ts';
import { CommandFailure, refused } from './failure.ts';
import type { ErrorPlace } from '@palace/platform/errors.ts';
import type { Server } from './find-server.ts';
import { sentenceOf } from './report-failure.ts';

const ATTEMPTS = 4;
const LONGEST_PAUSE_MS = 5_000;
const LARGEST_ANSWER_BYTES = 64 * 1024 * 1024;
const ANSWER_LIMIT_MS = 90_000;

export interface Question {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** Makes a POST safe to send again. */
  readonly idempotencyKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Nothing came back, or something that is no answer of ours. */
export class NoAnswer extends CommandFailure {
  /** True when the request cannot have reached the server. */
  readonly notSent: boolean;
  constructor(sentence: string, notSent: boolean, next: string, cause?: unknown) {
    super(6, sentence, { next, cause });
    this.notSent = notSent;
  }
}

export class Client {
  readonly server: Server;
  constructor(server: Server) {
    this.server = server;
  }

  /** The body of a 2xx answer. Anything else is thrown as a CommandFailure. */
  async ask<T>(question: Question): Promise<T> {
    const safe = question.method === 'GET' || question.idempotencyKey !== undefined;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await this.#once(question);
        if (answer.status >= 200 && answer.status < 300) return answer.body as T;
        if (answer.status < 200 || (answer.status >= 300 && answer.status < 400)) throw this.#foreign(`answered with status ${answer.status}`);
        throw problemFailure(answer, this.server);
      } catch (error) {
        const pauseMs = safe && attempt < ATTEMPTS ? pauseBefore(error, attempt) : undefined;
        if (pauseMs === undefined) throw error;
        await sleep(pauseMs, undefined, question.signal === undefined ? {} : { signal: question.signal });
      }
    }
  }

  /** The body whatever the status says, asked once: health answers 503 with a body of its own. */
  async once<T>(question: Question): Promise<T> {
    return (await this.#once(question)).body as T;
  }

  /** The open answer to a GET, for streams. The caller reads and destroys it. */
  async open(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<IncomingMessage> {
    const response = await this.#send({ method: 'GET', path, headers, signal });
    if (response.statusCode === 200) return response;
    throw problemFailure({ status: response.statusCode ?? 0, body: parseBody(await readAll(response)) }, this.server);
  }

  async #once(question: Question): Promise<Answer> {
    const response = await this.#send(question);
    const text = await readAll(response).catch((error: unknown) => {
      throw this.#unreachable(error);
    });
    if (text === '') return { status: response.statusCode ?? 0, body: undefined };
    if (!/\bjson\b/.test(response.headers['content-type'] ?? '')) throw this.#foreign(`answered with ${response.headers['content-type'] ?? 'no content type'}`);
    return { status: response.statusCode ?? 0, body: withRetryAfter(parseBody(text), response.headers['retry-after']) };
  }

  #send(question: Question): Promise<IncomingMessage> {
    const { url, apiKey } = this.server;
    const body = question.body === undefined ? undefined : Buffer.from(JSON.stringify(question.body));
    const headers: Record<string, string | number> = {
      accept: 'application/json',
      authorization: `Bearer ${apiKey}`,
      'user-agent': 'palace-cli',
      ...question.headers,
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length }),
      ...(question.idempotencyKey === undefined ? {} : { 'idempotency-key': question.idempotencyKey }),
    };
    const target = new URL(url.pathname.replace(/\/+$/, '') + question.path, url);
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send(target, {
        method: question.method,
        headers,
        agent: false,
        timeout: ANSWER_LIMIT_MS,
        ...(question.signal === undefined ? {} : { signal: question.signal }),
      });
      request.once('response', resolve);
      request.once('timeout', () => request.destroy(new Error('timeout')));
      request.once('error', (error) => reject(question.signal?.aborted === true ? error : this.#unreachable(error)));
      request.end(body);
    });
  }

  #unreachable(error: unknown): NoAnswer {
    const { code, message } = error as NodeJS.ErrnoException;
    const { origin } = this.server.url;
    const start = `${this.server.startCommand} (palace doctor checks the usual causes).`;
    if (code === 'ECONNREFUSED') return new NoAnswer(`No server answers at ${origin}.`, true, start, error);
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
      return new NoAnswer(`The name ${this.server.url.hostname} was not found.`, true, 'Check --url or PALACE_URL.', error);
    if (message === 'timeout')
      return new NoAnswer(`${origin} did not answer within ${ANSWER_LIMIT_MS / 1000} s.`, false, 'Try again; palace doctor checks the server.', error);
    if (code?.includes('CERT') === true || code?.startsWith('ERR_TLS') === true)
      return new NoAnswer(
        `The certificate of ${origin} is not trusted (${code}).`,
        true,
        'Check the address; NODE_EXTRA_CA_CERTS names a certificate authority of your own.',
        error,
      );
    return new NoAnswer(`The connection to ${origin} failed (${code ?? message}).`, false, 'Try again; palace doctor checks the server.', error);
  }

  #foreign(what: string): CommandFailure {
    return refused(`${this.server.url.origin} is not an AgentsPalace server: it ${what}.`, { next: 'Check --url or PALACE_URL.' });
  }
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_ANSWER_BYTES) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Busy {
  readonly retryAfterMs: number;
}

function withRetryAfter(body: unknown, header: string | undefined): unknown {
  const seconds = Number(header);
  if (header === undefined || !Number.isFinite(seconds) || typeof body !== 'object' || body === null) return body;
  return { ...body, retryAfterMs: seconds * 1000 };
}

/** How long to wait before the same request is sent again; undefined: it is not. */
function pauseBefore(error: unknown, attempt: number): number | undefined {
  if (error instanceof NoAnswer) return error.notSent ? undefined : 200 * 2 ** attempt;
  if (!(error instanceof CommandFailure) || error.exit !== 6) return undefined;
  const { retryAfterMs = 500 * attempt } = (error.options.cause ?? {}) as Partial<Busy>;
  return retryAfterMs <= LONGEST_PAUSE_MS ? retryAfterMs : undefined;
}

/** JSON has no undefined: a field of `errors` is there or it is not. */
function problemFailure(answer: Answer, server: Server): CommandFailure {
  const problem = (typeof answer.body === 'object' && answer.body !== null ? answer.body : {}) as Partial<Problem>;
  const nothing = answer.status === 404 ? 'There is nothing here by that name' : undefined;
  const title = problem.title ?? nothing ?? `${server.url.origin} answered with status ${answer.status}`;
  const exit: ExitCode = problem.code === 'flow.invalid' ? 3 : answer.status === 429 || answer.status >= 500 ? 6 : 2;
  return new CommandFailure(exit, sentenceOf(title, problem.detail), {
    ...(problem.code === undefined ? {} : { code: problem.code }),
    ...(problem.next === undefined ? {} : { next: problem.next }),
    ...(problem.errors === undefined ? {} : { places: problem.errors as ErrorPlace[] }),
    ...(problem.traceId === undefined || answer.status < 500 ? {} : { traceId: problem.traceId }),
    cause: answer.body,
  });
}
