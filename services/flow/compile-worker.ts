// The thread in which large documents are compiled and read (compiler.ts).
import { parentPort } from 'node:worker_threads';
import type { ThreadRequest } from './compiler.ts';
import { compileFlow } from './core/compile.ts';
import { readData } from './core/language/read-data.ts';

parentPort?.on('message', (request: ThreadRequest) =>
  parentPort?.postMessage(request.what === 'read' ? readData(request.source) : compileFlow(request.source, request.options)),
);
