// What a script finds when it begins, beside the language itself: `console` and the parts of `process` and `node:fs` that OWS scripts use.
// It is JavaScript that runs inside the VM: nothing of it reaches the process around it but the text that `write` is given.
// I1 The host gives two functions, `write(stream, text)` and `exit(code)`, and one text; no other way leads out of the VM.
// I2 A script may change whatever it finds: that is its own loss, and over with its VM.

/** Called with write, exit and the JSON text of {arguments, environment}; gives the process object. */
export const PRELUDE = `(function (write, exit, given) {
  'use strict';
  const { stringify } = JSON;
  const show = (value) => {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return value.stack ? String(value) + '\\n' + value.stack.trimEnd() : String(value);
    if (typeof value === 'object' && value !== null) {
      try {
        return stringify(value) ?? String(value);
      } catch {
        return Object.prototype.toString.call(value);
      }
    }
    return typeof value === 'bigint' ? value + 'n' : String(value);
  };
  const to = (stream) => (...values) => write(stream, values.map(show).join(' ') + '\\n');
  const [out, err] = [to(1), to(2)];
  const stream = (fd) => ({ fd, write: (text) => (write(fd, String(text)), true) });
  const { arguments: list, environment } = JSON.parse(given);
  globalThis.console = { log: out, info: out, debug: out, error: err, warn: err, trace: err };
  const process = {
    argv: ['js', 'script.js', ...list],
    env: environment,
    exitCode: undefined,
    exit: (code) => {
      exit(Number(code ?? process.exitCode ?? 0));
      throw new Error('process.exit');
    },
    stdin: { fd: 0 },
    stdout: stream(1),
    stderr: stream(2),
  };
  globalThis.process = process;
  return process;
})`;

/** The one module there is: of the file system it knows the standard input. */
export const fsModule = (stdin: string): string => `
const stdin = ${JSON.stringify(stdin)};
export const readFileSync = (file) => {
  if (file === 0 || file === '/dev/stdin') return stdin;
  throw new Error('A script reads its standard input and no other file.');
};
export default { readFileSync };
`;

export const FS_NAMES: readonly string[] = ['node:fs', 'fs'];
