// From the configuration to the gateway's bounds.
import { REFUSED_AT_ONCE, type GatewaySettings } from '@palace/gateway/settings.ts';
import type { Config } from '@palace/platform/config.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Not worth a setting: links and invitations are made anew. */
const FIXED = { rateInvitations: { quota: 100, windowMs: 60 * MINUTE_MS }, signInLinkMs: 10 * MINUTE_MS, invitationMs: 7 * DAY_MS };

export function gatewaySettings({ http, installation }: Config): GatewaySettings {
  const aMinute = (quota: number) => ({ quota, windowMs: MINUTE_MS });
  const aQuarter = (quota: number) => ({ quota, windowMs: 15 * MINUTE_MS });
  return {
    ...FIXED,
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
    rateRefused: { ...aMinute(http.rateRefused), atOnce: REFUSED_AT_ONCE },
    ratePerAccount: aQuarter(http.ratePerAccount),
    rateSignIn: aQuarter(http.rateSignIn),
    sessionMs: http.sessionDays * DAY_MS,
    sessionIdleMs: http.sessionIdleDays * DAY_MS,
    credentialCacheMs: http.credentialCacheMs,
    heartbeatMs: http.heartbeatMs,
    streamCheckMs: http.streamCheckMs,
    drainMs: installation.drainMs,
  };
}

/** The address that people use, where one was named. */
export const publicUrl = ({ http }: Config): { readonly publicUrl?: string } => (http.publicUrl === '' ? {} : { publicUrl: http.publicUrl });
