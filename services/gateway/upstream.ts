// Connections from the gateway to the service processes of the same installation. Fixed addresses from the configuration only:
// nothing a caller sends chooses where these go, so they stand beside the egress client and not behind it.
// I1 Sockets are kept and bounded; a service that does not answer costs one timeout and no thread of its own.
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { PalaceError } from '@palace/platform/errors.ts';
import { TIME_HEADER } from './identity.ts';

const MAX_SOCKETS = 256;
const ASK_TIMEOUT_MS = 1_000;
const MAX_ASK_BYTES = 4_194_304;

export class Upstream {
  readonly name: string;
  readonly url: URL;
  private readonly agent: HttpAgent;
  private offsetMs: number | undefined;

  constructor(name: string, url: string) {
    this.name = name;
    this.url = new URL(url);
    if (this.url.protocol !== 'http:' && this.url.protocol !== 'https:') {
      throw new PalaceError('boot.config', { detail: `The address of ${name} must start with http:// or https://.` });
    }
    const options = { keepAlive: true, maxSockets: MAX_SOCKETS, scheduling: 'lifo' } as const;
    this.agent = this.url.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
  }

  open(options: Pick<RequestOptions, 'method' | 'path' | 'headers' | 'timeout'>): ClientRequest {
    const request = this.url.protocol === 'https:' ? httpsRequest : httpRequest;
    return request({
      ...options,
      host: this.url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: this.url.port || undefined,
      agent: this.agent,
    });
  }

  /** The service's present time, as far as its answers told. Asks once when it never answered. */
  async timeMs(): Promise<number> {
    if (this.offsetMs === undefined) await this.ask('/healthz').catch(() => undefined);
    return Date.now() + (this.offsetMs ?? 0);
  }

  /** Every answer carries the service's clock. */
  noteTime(response: IncomingMessage): void {
    const timeMs = Number(response.headers[TIME_HEADER]);
    if (Number.isSafeInteger(timeMs) && timeMs > 0) this.offsetMs = timeMs - Date.now();
  }

  /** A small GET of the service's own description. */
  ask(path: string): Promise<{ readonly status: number; readonly body: string }> {
    return new Promise((resolve, reject) => {
      const request = this.open({ method: 'GET', path, timeout: ASK_TIMEOUT_MS });
      const timer = setTimeout(() => request.destroy(new Error('No answer in time.')), ASK_TIMEOUT_MS);
      request
        .on('error', reject)
        .on('close', () => clearTimeout(timer))
        .on('response', (response) => {
          this.noteTime(response);
          let body = '';
          response.setEncoding('utf8').on('data', (text: string) => {
            body += text;
            if (body.length > MAX_ASK_BYTES) request.destroy(new Error('The answer is too long.'));
          });
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body })).on('error', reject);
        });
      request.end();
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
