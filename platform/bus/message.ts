// The one form of a bus message, and its bound. Called by every adapter.
import type { BusMessage } from './port.ts';

export const LARGEST_MESSAGE_BYTES = 4_096;

/** JSON of the message; throws when it is too large, which is the publisher's bug. */
export function encodeMessage(message: BusMessage): string {
  const text = JSON.stringify({ topic: message.topic, data: message.data });
  if (Buffer.byteLength(text) > LARGEST_MESSAGE_BYTES) {
    throw new RangeError(`a bus message of the topic ${message.topic} has ${Buffer.byteLength(text)} bytes; ${LARGEST_MESSAGE_BYTES} are allowed`);
  }
  return text;
}

/** The message in a text from outside; undefined when it is none. */
export function decodeMessage(value: unknown): BusMessage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { topic, data } = value as Partial<BusMessage>;
  return typeof topic === 'string' && typeof data === 'object' && data !== null ? { topic, data } : undefined;
}
