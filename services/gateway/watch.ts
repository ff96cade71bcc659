// What the gateway tells its operators: one count and one duration a request, a log line for each failure, a span.
import type { Span, Telemetry } from '@palace/platform/telemetry/port.ts';
import type { PalaceError } from '@palace/platform/errors.ts';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

const STATUS_AT_DOOR = { 'overload.busy': '503', 'overload.rate': '429' } as const;
/** Between two log lines about what is unavailable: an outage is one fact, however many ask. */
const UNAVAILABLE_LINE_MS = 1_000;

interface Watched {
  readonly span: Span;
  readonly route: string;
}

export interface Watch {
  spanOf(traceparent: string | undefined): Span;
  finished(exchange: Watched, status: number, seconds: number): void;
  refusedOrFailed(exchange: Watched, error: PalaceError): void;
  /** So many were refused before anything was made of them: the server is full, or they are over their rate. */
  refusedAtDoor(count: number, reason: keyof typeof STATUS_AT_DOOR): void;
}

export function openWatch(telemetry: Telemetry): Watch {
  const requests = telemetry.counter('palace_requests_total', 'HTTP requests answered, by route and status.', ['route', 'status']);
  const duration = telemetry.histogram('palace_request_seconds', 'Time to answer an HTTP request, by route.', SECONDS, ['route']);
  const refused = telemetry.counter('palace_refused_total', 'Requests refused before anything was written, by reason.', ['reason']);
  const unavailable = sparingly((what, about) => telemetry.log.error(what, about));
  return {
    spanOf(traceparent) {
      return telemetry.span('http.request', traceparent !== undefined && TRACEPARENT.test(traceparent) ? { parent: traceparent } : {});
    },
    finished({ span, route }, status, seconds) {
      requests.add(1, { route, status: String(status) });
      duration.observe(seconds, { route });
      span.set({ 'http.route': route, 'http.response.status_code': status });
      span.end();
    },
    refusedAtDoor(count, reason) {
      requests.add(count, { route: 'unmatched', status: STATUS_AT_DOOR[reason] });
      refused.add(count, { reason });
    },
    refusedOrFailed({ span, route }, error) {
      if (error.code.startsWith('overload.')) return refused.add(1, { reason: error.code });
      const about = { traceId: span.traceId, error: error.cause ?? error };
      if (error.code === 'unavailable.draining') return telemetry.log.debug(`${error.code} on ${route}`, about);
      if (!error.code.startsWith('unavailable.')) return telemetry.log.error(`${error.code} on ${route}`, about);
      refused.add(1, { reason: error.code });
      unavailable(`${error.code} on ${route}`, about);
    },
  };
}

type Line = (what: string, about: Readonly<Record<string, unknown>>) => void;

/** Writes a line, and then none for a while; the next one says how many were left out. */
function sparingly(write: Line): Line {
  let nextMs = 0;
  let leftOut = 0;
  return (what, about) => {
    const nowMs = performance.now();
    if (nowMs < nextMs) return void (leftOut += 1);
    write(what, leftOut === 0 ? about : { ...about, leftOut });
    nextMs = nowMs + UNAVAILABLE_LINE_MS;
    leftOut = 0;
  };
}
