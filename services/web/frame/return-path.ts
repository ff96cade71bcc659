// Where a reader goes back to after signing in: a path of the console, never another place.

export const signInAddress = (from: string): string => (from === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(from)}`);

/** `/runs?status=failed` stays; anything that a browser could read as another origin is home. */
export function returnPath(next: string | null): string {
  if (next === null || !/^\/(?![/\\])/.test(next) || /[\u0000-\u001f\\]/.test(next)) return '/';
  const path = next.split(/[?#]/, 1)[0] ?? '/';
  return path.startsWith('/sign-in') || path.startsWith('/invitation') || path.startsWith('/v1') ? '/' : next;
}
