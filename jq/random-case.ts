// One random program on one random input: it ends soon, with a result or a typed error; it gives the same answer twice;
// `first` is the first of `all`; and it leaves its input alone.
import { compile, JqCompileError, JqError, type Json } from './jq.ts';
import { randomFrom, Writer } from './random-programs.ts';

const OPTIONS = { variables: { v: [1, 'a'] }, nowMs: 1e12, limits: { fuel: 5_000 } };

export interface RandomCase {
  readonly source: string;
  readonly input: Json;
  /** False: the program does not compile, which is an answer too. */
  readonly ran: boolean;
  /** What must not have happened. */
  readonly violation?: string;
}

export function randomCase(seed: number): RandomCase {
  const writer = new Writer(randomFrom(seed));
  const source = writer.program(5);
  const input = writer.value(3);
  const program = compiled(source);
  if (program === undefined) return { source, input, ran: false };
  const before = JSON.stringify(input);
  const all = outcome(() => program.all(input, OPTIONS));
  const again = outcome(() => program.all(input, OPTIONS));
  const told = (violation: string): RandomCase => ({ source, input, ran: true, violation });
  if (again !== all) return told(`twice the same gave ${all} and ${again}`);
  if (JSON.stringify(input) !== before) return told('it changed its input');
  if (all.startsWith('result ')) {
    const [first] = JSON.parse(all.slice(7)) as Json[];
    const alone = outcome(() => program.first(input, OPTIONS));
    if (alone !== `result ${JSON.stringify(first)}`) return told(`the first of all is ${JSON.stringify(first)}, "first" gave ${alone}`);
  }
  return { source, input, ran: true };
}

/** A result in words, so that two runs can be compared. */
function outcome(run: () => Json | undefined): string {
  try {
    return `result ${JSON.stringify(run())}`;
  } catch (error) {
    if (error instanceof JqError) return `${error.kind} ${error.message}`;
    throw error;
  }
}

export function compiled(source: string): ReturnType<typeof compile> | undefined {
  try {
    return compile(source, { variables: ['v'] });
  } catch (error) {
    if (error instanceof JqCompileError) return undefined;
    throw error;
  }
}
