// A service's own tables in the model of the database.
import type { Write } from '@palace/platform/durable/contract.ts';

/** Refuses a write as PostgreSQL would, with a SQLSTATE of class 22, 23 or 42. */
export class BadRow extends Error {
  readonly sqlstate: string;

  constructor(sqlstate: string, message: string) {
    super(message);
    this.sqlstate = sqlstate;
  }
}

/** The service's tables in the model. Both run in the instant of the commit. */
export interface ServiceTables {
  /** Throws BadRow; then nothing of the statement is kept. */
  check(writes: readonly Write[]): void;
  apply(write: Write): void;
}
