// The thread in which Next renders. A thread of its own, because Next changes what its whole thread shares: Date, timers,
// random numbers, what becomes of unhandled rejections and uncaught errors; and because a page that is slow to render then
// delays no run.
// I1 It knows the folder of one build and the socket it listens on: no setting, no secret, no database.
// I2 It is Next's renderer alone. Next's own router compiles text to code when it loads, which this process refuses; it
//    would add static files (static-files.ts), redirects and rewrites (the console has none).
// Started by renderer.ts.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

/** As much of Next as is used. Its own types would change those of `process.env` for the whole project. */
type Next = (options: { readonly dev: boolean; readonly dir: string; readonly quiet: boolean; readonly customServer: boolean }) => {
  prepare(): Promise<void>;
  getRequestHandler(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
};

const { folder, socket } = workerData as { readonly folder: string; readonly socket: string };
const next = createRequire(import.meta.url)('next') as Next;
const app = next({ dev: false, dir: folder, quiet: true, customServer: false });
await app.prepare();
const render = app.getRequestHandler();
const server = createServer({ maxHeaderSize: 65_536 }, (request, response) => {
  render(request, response).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    if (response.headersSent) response.destroy();
    else response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end('The page could not be rendered.\n');
  });
});
server.keepAliveTimeout = 60_000;
server.listen(socket, () => parentPort?.postMessage('listening'));
