// Spans with W3C ids. Without an exporter a span is two random ids and nothing else; no part of OpenTelemetry is loaded.
// I1 A child keeps its parent's trace id and flags; a malformed parent starts a new trace.
// I2 Ids are never all zeros.
import { fewRandomBytes } from '../random-bytes.ts';
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

function randomHex(bytes: number): string {
  for (;;) {
    const hex = fewRandomBytes(bytes).toString('hex');
    if (!/^0+$/.test(hex)) return hex;
  }
}

/** `onEnd` undefined: ids only, made when somebody asks for them. */
export function startSpan(name: string, options: SpanOptions, onEnd: ((span: FinishedSpan) => void) | undefined): Span {
  if (onEnd === undefined) return new Ids(options.parent);
  const parent = parseTraceparent(options.parent);
  const traceId = parent?.traceId ?? randomHex(16);
  const spanId = randomHex(8);
  const flags = parent?.flags ?? SAMPLED;
  const traceparent = `00-${traceId}-${spanId}-${flags}`;
  const isSampled = (Number.parseInt(flags, 16) & 1) === 1;
  if (!isSampled) return new Ids(options.parent);
  return recordedSpan({ name, traceId, spanId, parentSpanId: parent?.spanId, traceparent }, options.attributes, onEnd);
}

/** A span that nobody exports. */
class Ids implements Span {
  private readonly given: string | undefined;
  private made: { readonly traceId: string; readonly traceparent: string } | undefined;

  constructor(given: string | undefined) {
    this.given = given;
  }

  get traceId(): string {
    return this.ids().traceId;
  }

  get traceparent(): string {
    return this.ids().traceparent;
  }

  private ids(): { readonly traceId: string; readonly traceparent: string } {
    if (this.made !== undefined) return this.made;
    const { traceId, flags } = parseTraceparent(this.given) ?? { traceId: randomHex(16), flags: SAMPLED };
    this.made = { traceId, traceparent: `00-${traceId}-${randomHex(8)}-${flags}` };
    return this.made;
  }

  set(): void {}
  end(): void {}
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
