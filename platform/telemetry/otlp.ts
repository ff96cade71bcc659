// Sends finished spans to the configured OTLP endpoint in batches. Loaded only when an endpoint is configured.
// I1 Nothing here slows or fails the work that is traced: the queue is bounded and a collector that is down loses spans, no more.
import { SpanKind, SpanStatusCode, TraceFlags, type HrTime } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace';
import type { FinishedSpan } from './trace.ts';

export interface OtlpOptions {
  readonly endpoint: string;
  readonly service: string;
  readonly version: string | undefined;
}

export interface SpanExport {
  add(span: FinishedSpan): void;
  /** Sends what is queued. */
  close(): Promise<void>;
}

const QUEUE = { maxQueueSize: 2_048, maxExportBatchSize: 512, scheduledDelayMillis: 2_000, exportTimeoutMillis: 5_000 };

const hrTime = (ms: number): HrTime => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];

const tracesUrl = (endpoint: string): string => (endpoint.endsWith('/v1/traces') ? endpoint : `${endpoint.replace(/\/+$/, '')}/v1/traces`);

export function openOtlp(options: OtlpOptions): SpanExport {
  const exporter = new OTLPTraceExporter({ url: tracesUrl(options.endpoint), timeoutMillis: QUEUE.exportTimeoutMillis });
  const processor = new BatchSpanProcessor({ exporter, ...QUEUE });
  const version = options.version ?? 'unknown';
  const resource = resourceFromAttributes({ 'service.name': options.service, 'service.version': version });
  const instrumentationScope = { name: 'agentspalace', version };

  function readable(span: FinishedSpan): ReadableSpan {
    const context = (spanId: string) => ({ traceId: span.traceId, spanId, traceFlags: TraceFlags.SAMPLED });
    return {
      name: span.name,
      kind: SpanKind.INTERNAL,
      spanContext: () => context(span.spanId),
      ...(span.parentSpanId === undefined ? {} : { parentSpanContext: context(span.parentSpanId) }),
      startTime: hrTime(span.startMs),
      endTime: hrTime(span.endMs),
      duration: hrTime(span.endMs - span.startMs),
      status: span.error === undefined ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: span.error },
      attributes: { ...span.attributes },
      links: [],
      events: [],
      ended: true,
      resource,
      instrumentationScope,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
  }

  return {
    add: (span) => processor.onEnd(readable(span)),
    close: () => processor.shutdown().catch(() => undefined),
  };
}
