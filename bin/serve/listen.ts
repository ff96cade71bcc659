// Where a process may listen, checked before anything is opened.
import { createServer, isIPv4 } from 'node:net';
import type { Config } from '@palace/platform/config.ts';
import { PalaceError } from '@palace/platform/errors.ts';

export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** With the confirmation the house still asks for a key of one's own. */
export function refuseUnsafeListen({ http }: Config): void {
  if (!isLoopbackHost(http.host) && !http.allowRemote)
    throw new PalaceError('boot.unsafe-listen', { detail: `${http.host} can be reached from other machines` });
}

export async function refuseBusyPort(host: string, port: number): Promise<void> {
  if (port === 0) return;
  const code = await new Promise<string | undefined>((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    probe.listen(port, host, () => probe.close(() => resolve(undefined)));
  });
  if (code === 'EADDRINUSE') throw new PalaceError('boot.port-busy', { detail: `Another program listens on ${host}:${port}.` });
  if (code === 'EACCES')
    throw new PalaceError('boot.config', { errors: [{ path: '--port', message: `This account may not listen on port ${port}; choose one from 1024 on.` }] });
  if (code !== undefined) throw new PalaceError('boot.config', { errors: [{ path: '--listen', message: `Cannot listen on ${host}:${port} (${code}).` }] });
}
