// What keeps an openapi call from being made: the document, the step's arguments, or both. Becomes a fault; nothing has been sent.
import type { StandardError } from '../program.ts';

export class StepProblem extends Error {
  readonly kind: StandardError;

  constructor(kind: StandardError, message: string) {
    super(message);
    this.name = 'StepProblem';
    this.kind = kind;
  }
}
