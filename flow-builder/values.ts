// The types of what stands in steps: values with expressions in them, durations, schemas, errors, retry policies.

/** JSON. */
export type Data = null | boolean | number | string | readonly Data[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Data;
}
/** Text that is an expression as a whole: what jq`...` makes. */
export type Expression = `\${${string}}`;
/** JSON whose texts may be expressions. */
export type Value = Data;

/** ISO 8601 without years and months, or an expression that yields a duration. */
export type Duration =
  | `P${string}`
  | Expression
  | { readonly days?: number; readonly hours?: number; readonly minutes?: number; readonly seconds?: number; readonly milliseconds?: number };

export interface Timeout {
  readonly after: Duration;
}
export interface Schema {
  readonly format?: string;
  readonly document: JsonObject | boolean;
}
/** An expression (bare or jq`...`), or a map with expressions in it. */
export type Transform = string | { readonly [key: string]: Value };
export interface Input {
  readonly schema?: Schema;
  readonly from?: Transform;
}
export interface Output {
  readonly schema?: Schema;
  readonly as?: Transform;
}
export type Export = Output;

export interface ErrorDefinition {
  readonly type: string;
  readonly status: number;
  readonly title?: string;
  readonly detail?: string;
  readonly instance?: string;
}
export type ErrorFilter = Partial<ErrorDefinition>;

type Backoff =
  | { readonly constant: JsonObject; readonly linear?: never; readonly exponential?: never }
  | { readonly linear: JsonObject; readonly constant?: never; readonly exponential?: never }
  | { readonly exponential: JsonObject; readonly constant?: never; readonly linear?: never };
export interface RetryPolicy {
  readonly when?: string;
  readonly exceptWhen?: string;
  readonly delay?: Duration;
  readonly backoff?: Backoff;
  readonly jitter?: { readonly from: Duration; readonly to: Duration };
  readonly limit?: { readonly attempt?: { readonly count?: number; readonly duration?: Duration }; readonly duration?: Duration };
}
