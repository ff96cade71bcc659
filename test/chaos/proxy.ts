// A TCP proxy before PostgreSQL that sees commits pass. It can strike at that moment, and lose the answer to a commit:
// the statement is forwarded, what comes back is dropped, both sides are closed.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** The engine's fenced commit, as it stands in the text of the statement. */
const COMMIT = Buffer.from('flow.commit(');
/** The server has the statement by then, and goes on with it when the client is gone. */
const CUT_AFTER_MS = 60;

export interface Proxy {
  readonly port: number;
  /** The next commit that passes loses its answer. Resolves when that has happened. */
  cutNextCommit(limitMs: number): Promise<boolean>;
  /** `strike` runs while the next commit is under way: the server has the statement, the client no answer. */
  atNextCommit(limitMs: number, strike: () => void): Promise<boolean>;
  close(): Promise<void>;
}

export async function openProxy(socketPath: string): Promise<Proxy> {
  const open = new Set<Socket>();
  let armed: { readonly cut: boolean; readonly tell: () => void } | undefined;
  const server = createServer((client) => {
    const upstream = connect(socketPath);
    let isCut = false;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.setNoDelay?.(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk: Buffer) => {
      if (armed !== undefined && chunk.includes(COMMIT)) {
        const { cut, tell } = armed;
        armed = undefined;
        isCut = cut;
        if (!cut) tell();
        else
          setTimeout(() => {
            client.destroy();
            upstream.destroy();
            tell();
          }, CUT_AFTER_MS);
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      if (!isCut) client.write(chunk);
    });
  });
  function arm(limitMs: number, cut: boolean, strike: () => void): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        armed = undefined;
        resolve(false);
      }, limitMs);
      armed = {
        cut,
        tell() {
          clearTimeout(timer);
          strike();
          resolve(true);
        },
      };
    });
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cutNextCommit: (limitMs) => arm(limitMs, true, () => undefined),
    atNextCommit: (limitMs, strike) => arm(limitMs, false, strike),
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
