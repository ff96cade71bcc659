// The runner process: reads scripts from standard input, one after the other, and answers each on standard output. Started by runner.ts.
// I1 It does not outlive its server: it ends when its input does, and in the middle of a script when its parent is another.
// I2 It reads nothing but its own program and QuickJS, and no environment: the flags it is started with see to that.
import { readFileSync, writeSync } from 'node:fs';
import { lineReader, type Answer, type Job } from './job.ts';
import { runScript } from './vm.ts';

const wasm = new WebAssembly.Module(readFileSync(new URL(import.meta.resolve('quickjs-wasi/quickjs.wasm'))));

const server = process.ppid;

async function work(line: string): Promise<void> {
  const outcome = await runScript(wasm, JSON.parse(line) as Job, () => process.ppid !== server);
  const { user, system } = process.cpuUsage();
  const answer: Answer = { outcome, usage: { rssBytes: process.memoryUsage.rss(), cpuMs: (user + system) / 1_000 } };
  say(`${JSON.stringify(answer)}\n`);
}

/** Whole, whatever the pipe takes at a time. */
function say(text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

let last = Promise.resolve();
const take = lineReader((line) => {
  last = last.then(() => work(line));
});
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk: string) => {
  if (!take(chunk)) throw new Error('a job is too long');
});
