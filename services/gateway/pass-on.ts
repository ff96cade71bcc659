// An answer of another process, passed on as it comes.
// I1 A stream takes a place among the streams, or is refused. I2 What breaks over there breaks here: nobody takes half an answer for a whole one.
// Called by proxy.ts and web-door.ts, which choose the headers.
import type { IncomingMessage } from 'node:http';
import { hasBody } from './body.ts';
import { busy, type Exchange } from './exchange.ts';

/** `headers`: names and values in turn. Returns how to end it when it is a stream; throws `overload.busy` when there is no place for one. */
export function passOn(exchange: Exchange, answer: IncomingMessage, headers: readonly string[]): (() => void) | undefined {
  const { request, response } = exchange;
  const streams = answer.headers['content-type']?.startsWith('text/event-stream') === true;
  if (streams && !exchange.move('stream')) {
    answer.destroy();
    throw busy();
  }
  const unread = !request.complete && hasBody(request);
  response.writeHead(answer.statusCode ?? 502, unread ? [...headers, 'connection', 'close'] : [...headers]);
  const end = (): void => {
    answer.unpipe(response);
    response.end();
    answer.destroy();
  };
  answer.once('error', () => response.destroy()).once('aborted', () => (streams ? response.end() : response.destroy()));
  answer.pipe(response);
  return streams ? end : undefined;
}
