import { describe, expect, it } from 'vitest';
import { isLoopback } from './find-server.ts';
import { isLoopbackHost } from './serve/listen.ts';

describe('loopback', () => {
  it('is an address or localhost, not a name that begins like one', () => {
    for (const host of ['localhost', '127.0.0.1', '127.8.9.10', '[::1]']) expect(isLoopback(new URL(`http://${host}:80`)), host).toBe(true);
    for (const host of ['127.example.com', '127.0.0.1.example.com', 'localhost.example.com', '10.0.0.1', '[::2]', '0.0.0.0']) {
      expect(isLoopback(new URL(`http://${host}:80`)), host).toBe(false);
      expect(isLoopbackHost(host.replace(/^\[|\]$/g, '')), host).toBe(false);
    }
  });
});
