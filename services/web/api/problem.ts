// A failure of the API as the console keeps it: the problem document, or why there was none.
import type { Problem } from '@palace/gateway/contract.ts';

export type ProblemKind =
  /** The server answered with a problem document. */
  | 'answered'
  /** No answer: the server is away, or the network is. */
  | 'unreachable'
  /** Something else answered, e.g. a proxy in front. */
  | 'strange';

export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  readonly kind: ProblemKind;
  readonly status: number;
  readonly problem: Problem | undefined;
  /** When the server said so. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: ProblemKind, status: number, problem?: Problem, retryAfterMs?: number) {
    super(problem?.title ?? kind);
    this.kind = kind;
    this.status = status;
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }

  get code(): string | undefined {
    return this.problem?.code;
  }
}

const MAX_RETRIES = 4;
const FIRST_RETRY_MS = 400;
const LONGEST_RETRY_MS = 10_000;

/** Reading again may help when nobody answered, or the server says "later". */
export function mayReadAgain(failures: number, error: unknown): boolean {
  if (failures >= MAX_RETRIES || !(error instanceof ApiProblem)) return false;
  return error.kind === 'unreachable' || error.status === 429 || error.status >= 500;
}

/** Grows twofold, and is never shorter than the server asks for. */
export function readAgainAfterMs(failures: number, error: unknown): number {
  const asked = error instanceof ApiProblem ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(asked, Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS));
}
