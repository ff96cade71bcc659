// The one-time token in an address, `#token=...`: read once and taken out.

const TOKEN = /^#(?:.*&)?token=([\w-]{20,200})(?:&|$)/;

/** Undefined when there is none. The address is without it afterwards, in the history too. */
export function takeToken(): string | undefined {
  const token = tokenIn(window.location.hash);
  if (window.location.hash !== '') window.history.replaceState(window.history.state, '', `${window.location.pathname}${window.location.search}`);
  return token;
}

export const tokenIn = (fragment: string): string | undefined => TOKEN.exec(fragment)?.[1];
