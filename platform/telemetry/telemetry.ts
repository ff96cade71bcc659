// Joins logs, metrics, and spans behind the telemetry port. One for each process; bin/ creates it, everyone is handed it.
// I1 Nothing leaves the machine unless an OTLP endpoint is configured.
// I2 The exporter is loaded on the first span that ends, spans before that wait in a bounded list.
import { createLog, type LogLevel } from './log.ts';
import type { SpanExport } from './otlp.ts';
import type { Telemetry } from './port.ts';
import { createPrometheus } from './prometheus.ts';
import { type FinishedSpan, startSpan } from './trace.ts';

export interface TelemetryOptions {
  readonly service: string;
  readonly level: LogLevel;
  /** Base address of an OTLP/HTTP collector; spans go to its /v1/traces. */
  readonly otlpEndpoint?: string;
  /** Gets each finished log line with its newline. Default: standard error. */
  readonly write?: (line: string) => void;
  readonly version?: string;
}

const MAX_WAITING_SPANS = 1_000;

/** Holds spans until the exporter is there. */
function lazyExport(endpoint: string, options: TelemetryOptions, onError: (error: unknown) => void): SpanExport {
  let waiting: FinishedSpan[] = [];
  let loading: Promise<SpanExport | undefined> | undefined;
  let ready: SpanExport | undefined;

  async function load(): Promise<SpanExport | undefined> {
    try {
      const { openOtlp } = await import('./otlp.ts');
      ready = openOtlp({ endpoint, service: options.service, version: options.version });
      for (const span of waiting) ready.add(span);
    } catch (error) {
      onError(error);
    }
    waiting = [];
    return ready;
  }

  return {
    add: (span) => {
      if (ready !== undefined) return ready.add(span);
      if (waiting.length < MAX_WAITING_SPANS) waiting.push(span);
      loading ??= load();
    },
    close: async () => {
      const loaded = await loading;
      await loaded?.close();
    },
  };
}

export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { log, flush } = createLog(options);
  const prometheus = createPrometheus();
  const spans =
    options.otlpEndpoint === undefined ? undefined : lazyExport(options.otlpEndpoint, options, (error) => log.warn('Spans cannot be exported', { error }));
  const onEnd = spans === undefined ? undefined : (span: FinishedSpan): void => spans.add(span);
  return {
    log,
    counter: prometheus.counter,
    gauge: prometheus.gauge,
    histogram: prometheus.histogram,
    span: (name, spanOptions = {}) => startSpan(name, spanOptions, onEnd),
    metrics: () => prometheus.text(),
    close: async () => {
      await spans?.close();
      prometheus.close();
      flush();
    },
  };
}
