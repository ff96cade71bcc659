// The telemetry port: metrics, structured logs (ECS JSON, one event one line) and spans. Nothing phones home.
// I1 Metric labels are bounded: never a run id, never free text.
// I2 Every log line of a run carries runId, flow, version, traceId.

export interface LogFields {
  readonly runId?: string;
  readonly flow?: string;
  readonly version?: string;
  readonly traceId?: string;
  readonly tenant?: string;
  readonly shard?: number;
  readonly error?: unknown;
  readonly [field: string]: unknown;
}

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  child(fields: LogFields): Log;
}

export interface Counter {
  add(value?: number, labels?: Readonly<Record<string, string>>): void;
}
export interface Gauge {
  set(value: number, labels?: Readonly<Record<string, string>>): void;
}
export interface Histogram {
  observe(value: number, labels?: Readonly<Record<string, string>>): void;
}

export interface Span {
  readonly traceId: string;
  readonly traceparent: string;
  set(attributes: Readonly<Record<string, string | number | boolean>>): void;
  end(outcome?: { error?: unknown }): void;
}

export interface Telemetry {
  readonly log: Log;
  /** Creating the same name twice gives the same metric. Names are `palace_<noun>_<unit>`; every one is listed in metrics.ts. */
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  gauge(name: string, help: string, labels?: readonly string[]): Gauge;
  /** Buckets in the unit of the name (seconds, bytes). */
  histogram(name: string, help: string, buckets: readonly number[], labels?: readonly string[]): Histogram;
  /** Starts a span; `parent` is a W3C traceparent. Costs nothing when no exporter is configured, but still gives ids. */
  span(name: string, options?: { parent?: string; attributes?: Readonly<Record<string, string | number | boolean>> }): Span;
  /** Prometheus text exposition. */
  metrics(): Promise<string>;
  close(): Promise<void>;
}
