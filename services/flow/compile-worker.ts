// The thread in which large documents are compiled (compiler.ts).
import { parentPort } from 'node:worker_threads';
import { compileFlow, type CompileOptions } from './core/compile.ts';

parentPort?.on('message', ({ source, options }: { source: string; options: CompileOptions }) => parentPort?.postMessage(compileFlow(source, options)));
