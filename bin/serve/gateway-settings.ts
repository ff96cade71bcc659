// From the configuration to the gateway's bounds.
import type { GatewaySettings } from '@palace/gateway/settings.ts';
import type { Config } from '@palace/platform/config.ts';

const MINUTE_MS = 60_000;

export function gatewaySettings({ http, installation }: Config): GatewaySettings {
  const aMinute = (quota: number) => ({ quota, windowMs: MINUTE_MS });
  return {
    host: http.host,
    port: http.port,
    allowedHosts: http.publicHosts,
    allowedOrigins: http.allowedOrigins,
    trustedProxies: http.trustedProxies,
    maxOpenRequests: http.maxOpenRequests,
    maxParkedRequests: http.maxParkedRequests,
    maxStreams: http.maxStreams,
    maxConnections: http.maxConnections,
    maxHeaderBytes: http.maxHeaderBytes,
    maxUrlBytes: http.maxUrlBytes,
    maxBodyBytes: http.maxBodyBytes,
    headersTimeoutMs: http.headersTimeoutMs,
    requestTimeoutMs: http.requestTimeoutMs,
    keepAliveTimeoutMs: http.keepAliveTimeoutMs,
    idleSocketTimeoutMs: http.idleSocketTimeoutMs,
    ratePerKey: aMinute(http.ratePerKey),
    ratePerAddress: aMinute(http.ratePerAddress),
    rateRefused: aMinute(http.rateRefused),
    credentialCacheMs: http.credentialCacheMs,
    heartbeatMs: http.heartbeatMs,
    streamCheckMs: http.streamCheckMs,
    drainMs: installation.drainMs,
  };
}
