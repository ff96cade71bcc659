// What a browser may do with a page of the console. Each answer has a nonce of its own; Next puts it on its scripts, because
// it finds the policy on the request.
// I1 No script runs that does not carry the nonce or was loaded by one that does; none is ever made from text (S16, S63).
// I2 Nothing is loaded from elsewhere, nobody frames a page, no form leaves.

/** The `nonce` has 128 random bits in base64. Styles may stand in the page: React and the editor write them on elements. */
export function pagePolicy(nonce: string): string {
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** For what has no script at all; `style` is the hash of its one style element. */
export function stillPolicy(style: string): string {
  return `default-src 'none'; style-src 'sha256-${style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

export const PAGE_HEADERS: readonly (readonly [string, string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'same-origin'],
  ['permissions-policy', 'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
];
