// Spans with W3C ids. Without an exporter a span is two random ids and nothing else; no part of OpenTelemetry is loaded.
// I1 A child keeps its parent's trace id and flags; a malformed parent starts a new trace.
// I2 Ids are never all zeros.
import { randomFillSync } from 'node:crypto';
import type { Span } from './port.ts';
import { redact } from './redact.ts';

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface FinishedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: SpanAttributes;
  readonly error: string | undefined;
}

export interface SpanOptions {
  readonly parent?: string;
  readonly attributes?: SpanAttributes;
}

export interface TraceParent {
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: string;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;
const MAX_ATTRIBUTES = 64;
const ATTRIBUTE_LIMITS = { maxDepth: 2, maxEntries: MAX_ATTRIBUTES, maxChars: 1_024 };
const SAMPLED = '01';

export function parseTraceparent(header: string | undefined): TraceParent | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(header ?? '') ?? [];
  return traceId === undefined || spanId === undefined || flags === undefined ? undefined : { traceId, spanId, flags };
}

const pool = Buffer.alloc(4_096);
let used = pool.length;

/** Random hex digits from a pool: one call of the system's generator serves many spans. */
function randomHex(bytes: number): string {
  for (;;) {
    if (used + bytes > pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const hex = pool.toString('hex', used, used + bytes);
    used += bytes;
    if (!/^0+$/.test(hex)) return hex;
  }
}

/** `onEnd` undefined: ids only. */
export function startSpan(name: string, options: SpanOptions, onEnd: ((span: FinishedSpan) => void) | undefined): Span {
  const parent = parseTraceparent(options.parent);
  const traceId = parent?.traceId ?? randomHex(16);
  const spanId = randomHex(8);
  const flags = parent?.flags ?? SAMPLED;
  const traceparent = `00-${traceId}-${spanId}-${flags}`;
  const isSampled = (Number.parseInt(flags, 16) & 1) === 1;
  if (onEnd === undefined || !isSampled) return { traceId, traceparent, set: () => {}, end: () => {} };
  return recordedSpan({ name, traceId, spanId, parentSpanId: parent?.spanId, traceparent }, options.attributes, onEnd);
}

interface SpanIds {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly traceparent: string;
}

function recordedSpan(ids: SpanIds, attributes: SpanAttributes | undefined, onEnd: (span: FinishedSpan) => void): Span {
  const { name, traceId, spanId, parentSpanId, traceparent } = ids;
  const startMs = Date.now();
  const startedAt = performance.now();
  let held: SpanAttributes = { ...attributes };
  let ended = false;
  return {
    traceId,
    traceparent,
    set: (more) => {
      held = { ...held, ...more };
    },
    end: (outcome) => {
      if (ended) return;
      ended = true;
      const error = outcome?.error === undefined ? undefined : errorText(outcome.error);
      const safe = redact(held, ATTRIBUTE_LIMITS) as SpanAttributes;
      onEnd({ name, traceId, spanId, parentSpanId, startMs, endMs: startMs + (performance.now() - startedAt), attributes: safe, error });
    },
  };
}

const errorText = (error: unknown): string => redact(error instanceof Error ? error.message : String(error), ATTRIBUTE_LIMITS) as string;
